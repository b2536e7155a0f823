#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Calls that have no place in this code, and why."""
import re

from common import finish, read, sources

BANNED = {
    "strcpy": "no bound", "strcat": "no bound", "sprintf": "no bound", "vsprintf": "no bound",
    "gets": "no bound", "strncpy": "may leave no NUL", "strncat": "its bound is not the buffer's",
    "atoi": "no error", "atol": "no error", "atof": "no error", "strtok": "hidden state",
    "alloca": "unbounded stack", "system": "a shell", "popen": "a shell", "mktemp": "a race",
    "tmpnam": "a race", "tempnam": "a race", "setjmp": "skips clean-up", "longjmp": "skips clean-up",
    "rand": "not random", "localtime": "not thread-safe",
    "gmtime": "not thread-safe", "ctime": "not thread-safe", "asctime": "not thread-safe",
}
# Allocation goes through base/mem.c, so that the fault tests can make each one fail.
ALLOCATION = {"malloc", "calloc", "realloc", "strdup", "strndup", "asprintf", "vasprintf"}
# Tests ask other tools, and build strings whose sizes stand beside them.
TEST_MAY = {"system", "popen", "strncat"}
CALL = re.compile(r"(?<![\w.>])([a-z_]\w*)\s*\(")
NOISE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
MARKS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def blank(match):
    """Same number of lines, no words."""
    return re.sub(r"[^\n]", " ", match[0])


def check(name):
    text = read(name)
    for number, line in enumerate(text.splitlines(), 1):
        mark = MARKS.search(line)
        if mark:
            yield "%s:%d: %s: finish it, or write an issue" % (name, number, mark[0])
    code = NOISE.sub(blank, text)
    product = name.startswith("signer/")
    for match in CALL.finditer(code):
        call, line = match[1], code.count("\n", 0, match.start()) + 1
        if call in BANNED and (product or call not in TEST_MAY):
            yield "%s:%d: %s(): %s" % (name, line, call, BANNED[call])
        elif product and call in ALLOCATION and not name.startswith(
                ("signer/base/mem.", "signer/cli/")):
            yield "%s:%d: %s(): allocate through signer/base/mem.h" % (name, line, call)


def main():
    names = sources("signer", "include", "tests")
    findings = [f for name in names for f in check(name)]
    finish("banned", findings, "%d files" % len(names))


if __name__ == "__main__":
    main()
