#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Pages that list what a table of the code holds: no row may be missing, differ, or be left over.

docs/errors.md     enum sgn_status, signer/base/osstatus.def (number, symbol, text of Apple's tools)
docs/findings.md   signer/ops/findings.def (id, severity, phase, OSStatus)
docs/limits.md     signer/base/limits.h (name, value)
"""
import re

from common import finish, read

STRING = r'(?:"(?:\\.|[^"\\])*"\s*)+'
COMMENT = re.compile(r"/\*.*?\*/", re.S)


def rows(page):
    """The cells of every table row of a page, without emphasis and code marks."""
    for line in read(page).splitlines():
        if line.startswith("|") and not re.match(r"\|[\s:|-]+$", line):
            yield [c.strip().replace("`", "") for c in re.split(r"(?<!\\)\|", line)[1:-1]]


def joined(literals):
    """Adjacent C string literals as one text."""
    return "".join(re.findall(r'"((?:\\.|[^"\\])*)"', literals)).replace('\\"', '"')


def osstatus_rows():
    """(number, symbol, text or None)."""
    code = COMMENT.sub("", read("signer/base/osstatus.def"))
    for match in re.finditer(r"OSSTATUS\((-?\d+),\s*(\w+),\s*(NULL|%s)\)" % STRING, code):
        text = None if match[3] == "NULL" else joined(match[3])
        yield match[1], match[2], text


def page_number(cell):
    return cell.replace("−", "-")


def check_statuses():
    header = read("include/signet/error.h")
    body = re.search(r"enum sgn_status \{(.*?)\};", header, re.S)[1]
    names = set(re.findall(r"\b(SGN_\w+) = ", body))
    told = {row[0] for row in rows("docs/errors.md") if row[0].startswith("SGN_")}
    for name in sorted(names - told):
        yield "docs/errors.md: no row for %s" % name
    for name in sorted(told - names):
        yield "docs/errors.md: %s is no sgn_status" % name


def check_osstatus():
    told = {page_number(r[0]): r for r in rows("docs/errors.md") if re.match(r"[−-]\d", r[0])}
    known = set()
    for number, symbol, text in osstatus_rows():
        known.add(number)
        row = told.get(number)
        if not row or row[1] != symbol:
            yield "docs/errors.md: no row for %s %s" % (number, symbol)
        elif text and text not in " ".join(row) and text != symbol:
            yield "docs/errors.md: %s lacks the text of Apple's tools, \"%s\"" % (number, text)
        elif any(not cell for cell in row[:5]) or len(row) != 5:
            yield "docs/errors.md: %s: number, symbol, meaning, cause, cure, please" % number
    for number in sorted(set(told) - known):
        yield "docs/errors.md: %s is not in osstatus.def" % number
    if not known:
        yield "signer/base/osstatus.def: no rows found"


def check_findings():
    numbers = {symbol: number for number, symbol, _ in osstatus_rows()}
    told = {row[0]: row for row in rows("docs/findings.md") if len(row) > 4}
    code = COMMENT.sub("", read("signer/ops/findings.def"))
    known = set()
    for match in re.finditer(r'FINDING\((\w+),\s*"([\w-]+)",\s*(\w+),\s*(\w+),\s*(\w+),', code):
        _, ident, severity, phase, symbol = match.groups()
        want = [severity.lower(), phase.lower(),
                "–" if symbol == "0" else "%s %s" % (numbers.get(symbol, "?"), symbol)]
        known.add(ident)
        row = told.get(ident)
        if not row:
            yield "docs/findings.md: no row for %s" % ident
        elif [row[1], row[2], page_number(row[3])] != want:
            yield "docs/findings.md: %s: says %s, findings.def says %s" % (
                ident, ", ".join(row[1:4]), ", ".join(want))
        elif any(not cell for cell in row):
            yield "docs/findings.md: %s has an empty cell" % ident
    for ident in sorted(set(told) - known - {"Id"}):
        yield "docs/findings.md: %s is not in findings.def" % ident
    if not known:
        yield "signer/ops/findings.def: no rows found"


def spellings(value):
    """How a page may write a number: as it is, or in a larger unit that divides it."""
    yield str(value)
    for power, unit in enumerate(("KiB", "MiB", "GiB"), 1):
        if value % 1024 ** power == 0 and value:
            yield "%d %s" % (value // 1024 ** power, unit)


def check_limits():
    text = COMMENT.sub(" ", read("signer/base/limits.h").replace("\\\n", " "))
    told = {row[0]: row for row in rows("docs/limits.md")}
    known = set()
    for name, expression in re.findall(r"^#define (SGN_LIMIT_\w+) +(.+?) *$", text, re.M):
        known.add(name)
        value = 1
        for factor in re.findall(r"0x[0-9a-f]+|\d+", expression):
            value *= int(factor, 0)
        row = told.get(name)
        if not row:
            yield "docs/limits.md: no row for %s" % name
        elif row[1] not in spellings(value):
            yield "docs/limits.md: %s is %d, the page says %s" % (name, value, row[1])
    for name in sorted(n for n in set(told) - known if n.startswith("SGN_LIMIT_")):
        yield "docs/limits.md: %s is not in limits.h" % name
    if not known:
        yield "signer/base/limits.h: no limits found"


def main():
    findings = [f for check in (check_statuses, check_osstatus, check_findings, check_limits)
                for f in check()]
    finish("docs_tables", findings, "errors.md, findings.md, limits.md")


if __name__ == "__main__":
    main()
