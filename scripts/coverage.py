#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Add up gcov's JSON for the sources below signer/.

usage: coverage.py BUILD-FOLDER
"""
import collections
import gzip
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def counters(build):
    """{file: {line: hits}} over all object files."""
    lines = collections.defaultdict(lambda: collections.defaultdict(int))
    notes = [os.path.join(f, n) for f, _, names in os.walk(build) for n in names
             if n.endswith(".gcda") and "room_" in f or n.endswith(".gcda") and "signet.dir" in f]
    with tempfile.TemporaryDirectory() as folder:
        for note in notes:
            subprocess.run(["gcov", "--json-format", os.path.abspath(note)], cwd=folder,
                           capture_output=True, check=False)
            for name in os.listdir(folder):
                path = os.path.join(folder, name)
                with gzip.open(path) as f:
                    report = json.load(f)
                os.remove(path)
                for entry in report["files"]:
                    name = os.path.relpath(os.path.join(report["current_working_directory"],
                                                        entry["file"]), ROOT)
                    if name.startswith("signer/"):
                        for line in entry["lines"]:
                            lines[name][line["line_number"]] += line["count"]
    return lines


def main():
    lines = counters(sys.argv[1])
    rooms = collections.defaultdict(lambda: [0, 0])
    for name in sorted(lines):
        hit = sum(1 for count in lines[name].values() if count)
        total = len(lines[name])
        print("%6.1f%% %5d/%-5d %s" % (100 * hit / max(total, 1), hit, total, name))
        for key in (name.split("/")[1], "all"):
            rooms[key][0] += hit
            rooms[key][1] += total
    for room, (hit, total) in sorted(rooms.items(), key=lambda r: (r[0] == "all", r[0])):
        print("room %-8s %6.1f%% of %d lines" % (room, 100 * hit / max(total, 1), total))


if __name__ == "__main__":
    main()
