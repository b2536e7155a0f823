#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""libsignet.a: every global symbol starts with sgn_, no writable global data, and every function that
the public headers declare is there.

usage: symbols.py LIBRARY
"""
import re
import subprocess
import sys

from common import finish, read, sources

# Writable globals, each with the reason why it is safe. A new one is a decision.
WRITABLE = {
    "chosen_sha1": "hash/sha_choose.c: the kernels in use, a C11 atomic",
    "chosen_sha256": "hash/sha_choose.c: the same",
    "slots": "base/temps.c: temporary files to remove on a signal, C11 atomics",
    "loading": "base/library.c: one library is opened at a time, a pthread_mutex_t",
    "libcurl": "net/curl.c: is it open, a C11 atomic",
    "libxml2": "codec/plist_xml_lib.c: the same",
    "table": "both: its functions, written once before that atomic",
    "inside": "base/pool.c: what this thread works in, thread-local",
    "alloc_count": "base/mem.c: the fault tests' hook, one thread only",
    "alloc_fail_at": "base/mem.c: the same",
}


def symbols(library):
    """(class letter, name, section) of each defined symbol."""
    run = subprocess.run(["nm", "--defined-only", "--format=sysv", library], capture_output=True,
                         text=True)
    if run.returncode != 0:
        print("nm: " + run.stderr.strip())
        sys.exit(1)
    for line in run.stdout.splitlines():
        words = [w.strip() for w in line.split("|")]
        if len(words) == 7 and words[0] != "Name":
            yield words[2], words[0], words[6]


def main():
    findings, defined, count = [], set(), 0
    for kind, name, section in symbols(sys.argv[1]):
        if kind.isupper():
            count += 1
            defined.add(name)
            if not name.startswith("sgn_"):
                findings.append("global symbol %s does not start with sgn_" % name)
        base = re.sub(r"\.\d+$", "", name)
        # .data.rel.ro: constants that hold addresses; read-only once the program is loaded.
        if kind in "bBdDC" and not section.startswith(".data.rel.ro") and base not in WRITABLE:
            findings.append("writable global %s (%s)" % (name, section))
    for path in sources("include"):
        for name in re.findall(r"^(?!typedef|\s|#)[\w \*]+?\b(sgn_\w+)\(", read(path), re.M):
            if name not in defined:
                findings.append("%s: %s() is declared, but not in the library" % (path, name))
    finish("symbols", findings, "%d global symbols" % count)


if __name__ == "__main__":
    main()
