#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every page that something refers to exists, and so does the section it names.

Looked at: links of Markdown pages, and every `docs/...` in pages, sources and scripts. A section is
written behind the page, in quotes, and begins or is a word of one of its headings, in any case:
docs/format/codedirectory.md, "hashes". What only looks like a page (docs/NAME.md) has capitals.
"""
import os
import re

from common import ROOT, finish, read, tree

LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
MENTION = re.compile(r"(?<![\w./-])docs/[A-Za-z0-9_./-]*[A-Za-z0-9_/]")
SECTION = re.compile(r"(docs/[a-z0-9_/-]+\.md)((?:,\s*(?:and\s+)?\"[^\"]{1,60}\")+)")
OLD = re.compile(r"\bformat/(?:\d\d\b|[a-z]+\))[^)\n]*|[(]§\d[^)]*[)]")
FENCE = re.compile(r"^```.*?^```", re.S | re.M)
# Sources say `"` as `\"` in strings and wrap comments; both must not hide a reference.
WRAP = re.compile(r"\n[ \t]*(?:\*(?!/)|#|//)?[ \t]*")


def looked_at(name):
    if name.startswith(("vectors/", "tests/lint/")):
        return False
    return name.endswith((".md", ".c", ".h", ".def", ".py", ".txt", ".1", ".h.in")) or \
        name.startswith(("scripts/", ".ci/"))


def headings(page):
    text = FENCE.sub("", read(page))
    return [h.strip("# ").lower() for h in re.findall(r"^#+ .*$", text, re.M)]


def anchor(heading):
    """As the usual viewers make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def check_links(name, text):
    for target in LINK.findall(FENCE.sub("", text)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, fragment = target.partition("#")
        page = os.path.normpath(os.path.join(os.path.dirname(name), path)) if path else name
        if not os.path.exists(os.path.join(ROOT, page)):
            yield "%s: link to %s, which does not exist" % (name, page)
        elif fragment and page.endswith(".md") and \
                fragment not in [anchor(h) for h in headings(page)]:
            yield "%s: link to %s, which has no section #%s" % (name, page, fragment)


def check_mentions(name, text):
    for path in sorted(set(MENTION.findall(text))):
        if re.search(r"[A-Z]", path.replace("README", "")):
            continue
        if not os.path.exists(os.path.join(ROOT, path)):
            yield "%s: %s does not exist" % (name, path)


def check_sections(name, text):
    flat = WRAP.sub(" ", text.replace('\\"', '"'))
    for page, quoted in SECTION.findall(flat):
        if not os.path.exists(os.path.join(ROOT, page)):
            continue
        for section in re.findall(r'"([^"]+)"', quoted):
            pattern = r"\b%s" % re.escape(section.lower())
            if not any(re.search(pattern, h) for h in headings(page)):
                yield "%s: %s has no section \"%s\"" % (name, page, section)


def check_old(name, text):
    if name.startswith("signer/") or name.startswith("include/"):
        for match in OLD.finditer(text):
            yield "%s:%d: %s: name a page below docs/" % (
                name, text.count("\n", 0, match.start()) + 1, match[0])


def main():
    names = [n for n in tree() if looked_at(n)]
    findings = []
    for name in names:
        text = read(name)
        checks = [check_mentions, check_sections, check_old]
        if name.endswith(".md"):
            checks.append(check_links)
        findings += [f for check in checks for f in check(name, text)]
    finish("doc_links", findings, "%d files" % len(names))


if __name__ == "__main__":
    main()
