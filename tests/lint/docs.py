#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Public headers: every function, struct and enum has its comment, and the comment is complete.

A comment names the thing, every parameter (or field) as @name, and has a Return: section when
something is returned. A one-line comment is enough for what cannot fail (no `err` parameter); it then
says in its sentence what comes back.
"""
import re

from common import finish, read, sources

DECLARATION = re.compile(r"/\*\*(?P<doc>(?:(?!\*/).)*)\*/\s*(?P<code>[^;{#]*\b(?P<name>\w+)\s*"
                         r"\((?P<args>[^;{]*)\)\s*(?:SGN_\w+(?:\([^)]*\))?\s*)?;)", re.S)
PROTOTYPE = re.compile(r"^(?!\s|typedef|#|extern|static|struct \w+ \{|enum)[A-Za-z][\w \t\*]*?\b"
                       r"(sgn_\w+)\s*\(", re.M)
RECORD = re.compile(r"(?P<doc>/\*\*(?:(?!\*/).)*\*/\s*)?^(?P<kind>struct|enum) (?P<name>\w+) \{"
                    r"(?P<body>.*?)^\};", re.S | re.M)


def parameter_names(args):
    """Names in a parameter list; a function pointer counts by its name."""
    flat, names = args, []
    flat = re.sub(r"\(\s*\*\s*(\w+)\s*\)\s*\([^)]*\)", r" \1", flat)
    for part in flat.split(","):
        words = re.findall(r"\w+", part.split("[")[0])
        if words and words != ["void"]:
            names.append(words[-1])
    return names


def check_function(name, match):
    doc, function = match["doc"], match["name"]
    place = "include/signet/%s: %s()" % (name, function)
    if not re.match(r"\s*\*?\s*%s\(\) - \S" % re.escape(function), doc):
        yield place + ": the comment does not start with its name"
    names = parameter_names(match["args"])
    returns = not re.match(r"\s*void\s+\w+\s*\(", match["code"])
    if "\n" not in doc.strip() and "err" not in names:
        return
    for parameter in names:
        if "@%s" % parameter not in doc:
            yield "%s: @%s is not described" % (place, parameter)
    for described in re.findall(r"^\s*\*\s*@(\w+):", doc, re.M):
        if described not in names:
            yield "%s: @%s is described, but there is no such parameter" % (place, described)
    if returns and "Return:" not in doc:
        yield place + ": no Return: section"


def fields(kind, body):
    code = re.sub(r"/\*.*?\*/", "", body, flags=re.S)
    if kind == "enum":
        return []
    names = []
    for statement in code.split(";"):
        if not statement.strip():
            continue
        pointer = re.search(r"\(\s*\*\s*(\w+)\s*\)\s*\(", statement)
        if pointer:
            names.append(pointer[1])
            continue
        first, *rest = statement.split(",")
        for part in [first] + rest:
            words = re.findall(r"[A-Za-z_]\w*", part.split("[")[0])
            if words:
                names.append(words[-1])
    return names


def check_record(name, match):
    place = "include/signet/%s: %s %s" % (name, match["kind"], match["name"])
    doc = match["doc"]
    if not doc:
        yield place + ": no comment"
        return
    for field in fields(match["kind"], match["body"]):
        if "@%s" % field not in doc:
            yield "%s: @%s is not described" % (place, field)


def main():
    findings, count = [], 0
    for path in sources("include"):
        name, text = path.split("/")[-1], read(path)
        documented = set()
        for match in DECLARATION.finditer(text):
            documented.add(match["name"])
            findings += check_function(name, match)
        for match in PROTOTYPE.finditer(text):
            count += 1
            if match[1] not in documented:
                findings.append("%s: %s() has no comment" % (path, match[1]))
        for match in RECORD.finditer(text):
            findings += check_record(name, match)
    finish("docs", findings, "%d public functions" % count)


if __name__ == "__main__":
    main()
