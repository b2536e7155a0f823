#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hold every #include below signer/ and include/ against the table in docs/architecture.md.

The table has the columns room, layer, may include, libraries. A library is written as the folder (or
name) of its headers, with the files that may use it: `openssl: evp.c`; without files, the whole room.
"""
import fnmatch
import os
import re

from common import finish, read, sources

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)
# First path component of headers of libraries; everything else in <> is the system's.
LIBRARIES = {"openssl", "plist", "libxml", "zlib.h", "jansson.h", "curl", "archive.h", "criterion",
             "archive_entry.h", "yaml.h", "lzma.h", "bzlib.h"}


def names(cell):
    return re.findall(r"[a-z0-9_]+", cell.replace("–", ""))


def library_rules(cell):
    rules = {}
    for part in cell.replace("`", "").split(";"):
        name, _, files = part.strip().partition(":")
        if name not in ("", "–", "-"):
            rules[name.strip()] = files.replace(",", " ").split() or ["*"]
    return rules


def read_table():
    rooms = {}
    text = read("docs/architecture.md")
    section = text.split("<!-- include table -->")[1].split("<!-- end -->")[0]
    for line in section.splitlines():
        cells = [c.strip() for c in line.strip("| ").split("|")]
        if len(cells) == 4 and re.fullmatch(r"L[0-9]", cells[1]):
            rooms[cells[0].strip("`")] = {
                "layer": int(cells[1][1:]), "may": names(cells[2]),
                "libraries": library_rules(cells[3])}
    return rooms


def check_table(rooms):
    """The table itself: arrows point down, or to a room of the same layer that is named."""
    for room, rule in rooms.items():
        for other in rule["may"]:
            if other not in rooms:
                yield "docs/architecture.md: %s may include %s, which is no room" % (room, other)
            elif rooms[other]["layer"] > rule["layer"]:
                yield "docs/architecture.md: %s points up to %s" % (room, other)
            elif room in rooms[other]["may"]:
                yield "docs/architecture.md: %s and %s point at each other" % (room, other)


def check_library(name, line, header, rule, room):
    top = header.split("/")[0]
    if top not in LIBRARIES:
        return None
    files = rule["libraries"].get(top, [])
    inside = name.split("/", 2)[2]
    if any(fnmatch.fnmatch(inside, f) or fnmatch.fnmatch(os.path.basename(inside), f)
           for f in files):
        return None
    return "%s:%d: %s may not use <%s> here" % (name, line, room, header)


def check_include(name, line, quote, header, rooms):
    room = name.split("/")[1] if name.startswith("signer/") else "include"
    rule = rooms.get(room)
    if rule is None:
        return "%s: room %s is not in docs/architecture.md" % (name, room)
    if quote == "<" and not header.startswith("signet/"):
        return check_library(name, line, header, rule, room)
    if header.startswith("signet/"):
        return None  # types of the public API are everyone's
    if not header.startswith("signer/"):
        return '%s:%d: "%s": write the path from the root, signer/...' % (name, line, header)
    other = header.split("/")[1]
    if other == room or other in rule["may"]:
        return None
    return "%s:%d: %s may not include %s (%s)" % (name, line, room, other, header)


def main():
    rooms = read_table()
    findings = list(check_table(rooms))
    count = 0
    for name in sources("signer", "include"):
        text = read(name)
        for match in INCLUDE.finditer(text):
            count += 1
            line = text.count("\n", 0, match.start()) + 1
            finding = check_include(name, line, match[1], match[2], rooms)
            if finding:
                findings.append(finding)
    finish("layers", findings, "%d rooms, %d includes" % (len(rooms), count))


if __name__ == "__main__":
    main()
