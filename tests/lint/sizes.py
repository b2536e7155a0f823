#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Functions and files short enough to know: none over 80 lines, none over 700.

A function is what starts with a brace in column 1 and ends with the next one; clang-format sees to
that. Kernels below signer/hash/x86 and signer/hash/arm are exempt from the function limit: an unrolled
kernel is one thing.
"""
import re

from common import finish, read, sources

FUNCTION_LIMIT, FILE_LIMIT = 80, 700
EXEMPT = ("signer/hash/x86/", "signer/hash/arm/")
DATA = re.compile(r"[\s0-9a-fA-FxX,]*$")


def functions(name):
    """(lines, name, first line) of each function of a file."""
    lines = read(name).splitlines()
    start = None
    for number, line in enumerate(lines):
        if line == "{" and start is None:
            start = number
            head = number - 1
            while head > 0 and lines[head - 1].strip() and not lines[head - 1].startswith(
                    ("/*", " */", "#", "}")) and not lines[head - 1].endswith((";", "*/")):
                head -= 1
        elif line.startswith("}") and start is not None:
            words = re.findall(r"([A-Za-z_]\w*)\s*\(", " ".join(lines[head:start]))
            yield number - head + 1, words[0] if words else "?", head + 1
            start = None


def main():
    findings, every = [], []
    names = sources("signer", "include", "tests")
    for name in names:
        length = sum(1 for line in read(name).splitlines() if not line or not DATA.match(line))
        if length > FILE_LIMIT:
            findings.append("%s: %d lines, the limit is %d" % (name, length, FILE_LIMIT))
        if not name.endswith(".c"):
            continue
        for size, function, line in functions(name):
            if name.startswith("signer/"):
                every.append((size, function, name))
            if size > FUNCTION_LIMIT and not name.startswith(EXEMPT):
                findings.append("%s:%d: %s() has %d lines, the limit is %d" % (
                    name, line, function, size, FUNCTION_LIMIT))
    every.sort(reverse=True)
    for size, function, name in every[:5]:
        print("longest: %3d %s() %s" % (size, function, name))
    sizes = [e[0] for e in every] or [0]
    finish("sizes", findings, "%d functions, median %d, p90 %d lines; %d files" % (
        len(every), sizes[len(sizes) // 2], sizes[len(sizes) // 10], len(names)))


if __name__ == "__main__":
    main()
