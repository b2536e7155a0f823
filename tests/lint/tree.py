#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files as such: licence line, no path of a machine, no address of a registry, provenance of vectors."""
import os
import re

from common import ROOT, finish, read, tree

SOURCE = (".c", ".h", ".def", ".py", ".sh", ".cmake")
# Spelled so that this file does not contain what it looks for.
PLACES = re.compile(r"/(?:wo[r]k|fa[r]m|ho[m]e/[a-z]|Use[r]s/[a-z]|tm[p]/[a-z0-9_.-]+/)")
HOSTS = re.compile(r"regis[t]ry\.npmjs|pypi\.or[g]|pythonhos[t]ed|sta[t]ic\.crates|pro[x]y\.golang|"
                   r"rep[o]1?\.maven|deb\.debia[n]")
# Paths in the sample output of Apple's tools and in option examples are not a machine's.
SAMPLE_PATHS = ("docs/", "tests/cli/", "vectors/")
LARGEST = 1 << 20


def is_text(name):
    with open(os.path.join(ROOT, name), "rb") as f:
        return b"\0" not in f.read(4096)


def check(name):
    if os.path.islink(os.path.join(ROOT, name)):
        return
    size = os.path.getsize(os.path.join(ROOT, name))
    if size > LARGEST:
        yield "%s: %d bytes; the tree takes files up to %d" % (name, size, LARGEST)
    if not is_text(name):
        return
    text = read(name)
    head = text[:400]
    script = head.startswith("#!") and not name.startswith("vectors/")
    if (name.endswith(SOURCE) or script) and "SPDX-License-Identifier: Apache-2.0" not in head:
        yield "%s: no SPDX line" % name
    for number, line in enumerate(text.splitlines(), 1):
        if HOSTS.search(line):
            yield "%s:%d: address of a registry" % (name, number)
        if PLACES.search(line) and not name.startswith(SAMPLE_PATHS):
            yield "%s:%d: path of a machine: %s" % (name, number, PLACES.search(line)[0])
    if text and not text.endswith("\n") and name.endswith(SOURCE + (".md", ".txt")) \
            and not name.startswith("vectors/"):
        yield "%s: no newline at the end" % name


def main():
    names = tree()
    findings = [f for name in names for f in check(name)]
    finish("tree", findings, "%d files" % len(names))


if __name__ == "__main__":
    main()
