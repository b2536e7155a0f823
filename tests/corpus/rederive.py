#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sign every Apple-signed program of the corpus again and compare with the original.

usage: rederive.py --signet COMMAND [--cache DIR] [--offline] [--only SUBSTRING] [--keep DIR]
                   [--write-exceptions]

For each file of standalone.tsv that codesign signed (producers `apple` and `adhoc`), the options are read
from the original by csblob.py, an identity is made that looks like its signer (kind, team, common name),
and a copy is signed with signet. Every CodeDirectory, the requirement set and both entitlement blobs must
be those of the original, byte for byte. A slice that differs must be in exceptions.tsv, and the rule
named there must explain it: the original is rebuilt under the rule, and what signet wrote under today's
rules (model.py).

Then: signet verifies every original (with `anchor apple generic` where Apple's CA signed it, refusing
those with an unsigned slice) and every copy it signed, and openssl verifies every CMS it made.
"""
import argparse
import base64
import concurrent.futures
import csv
import os
import shlex
import subprocess
import sys
import tempfile
import threading

import csblob
import fetch
import model

HERE = os.path.dirname(os.path.abspath(__file__))
EXCEPTIONS = os.path.join(HERE, "exceptions.tsv")
COLUMNS = ["registry", "package", "version", "path", "arch", "rule", "reason"]
DIGEST_WORDS = {1: "sha1", 2: "sha256", 4: "sha384"}
NOT_OURS = ("linker", "third-party")
# What must come out for an original: one slice without signature, or a designated requirement that its
# own signature does not meet, is refused.
EXIT_FOR = {"intact": 0, "unsigned-slice": 1, "own-requirement-fails": 3}


class Bench:
    """The command, the folder for results, and identities made once each."""

    def __init__(self, command, folder):
        self.command, self.folder = shlex.split(command), folder
        self.lock, self.identities = threading.Lock(), {}

    def run(self, *args):
        return subprocess.run([*self.command, *args], capture_output=True, text=True)

    def identity(self, leaf):
        """A PKCS#12 file and the root of an identity that looks like the leaf."""
        kind = leaf["kind"] if leaf["kind"] != "other" else "self-signed"
        team = leaf["team"] if kind not in ("self-signed", "software-signing") else None
        key = (kind, team, leaf["name"])
        with self.lock:
            if key not in self.identities:
                base = os.path.join(self.folder, "identity-%d" % len(self.identities))
                args = ["identity", "make-test", "--kind", kind, "--common-name", leaf["name"],
                        "--root", base + ".pem", base + ".p12"]
                if team:
                    args[2:2] = ["--team", team]
                run = self.run(*args)
                if run.returncode != 0:
                    raise RuntimeError("identity make-test: " + run.stderr.strip())
                self.identities[key] = (base + ".p12", base + ".pem")
            return self.identities[key]


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)
    return path


def read(path):
    with open(path, "rb") as f:
        return f.read()


def metadata_options(every, name):
    """Options for what the original says and signet would not derive by itself."""
    chosen = [model.options_of(s) for s in every]
    first, args = chosen[0], []
    derived = os.path.splitext(name)[0] + "-55554944"
    if first["flags"] & csblob.FLAG_ADHOC and first["identifier"].startswith(derived):
        native = next((s for s in every if s.arch.startswith("arm64")), every[0])
        if first["identifier"] != derived + native.uuid.hex():
            args.append("--intel-host")
    else:
        args += ["--identifier", first["identifier"]]
    if first["flags"] & ~csblob.FLAG_ADHOC:
        args += ["--options", "0x%x" % (first["flags"] & ~csblob.FLAG_ADHOC)]
    if any(c["page_size"] != model.default_page_size(s) for c, s in zip(chosen, every)):
        same = {c["page_size"] for c in chosen}
        args += ["--pagesize", str(same.pop())] if len(same) == 1 else ["--preserve-metadata=pagesize"]
    if first["kinds"] != model.default_digests(every):
        args += ["--digest-algorithm", ",".join(DIGEST_WORDS[k] for k in first["kinds"])]
    if any(c["runtime"] not in (0, s.sdk) for c, s in zip(chosen, every)):
        runtime = first["runtime"]
        args += ["--runtime-version", "%d.%d.%d" % (runtime >> 16, runtime >> 8 & 255, runtime & 255)]
    extra = max(s.signature[1] - model.reserved(s, s.blobs(), c) for s, c in zip(every, chosen))
    if extra:
        args += ["--signature-size", str(18000 + extra)]
    return args


def own_requirements(blobs, root):
    """The original's requirements; where they name its certificate by hash, with our leaf's hash."""
    requirements, theirs = blobs[csblob.REQUIREMENTS], model.own_hash(blobs)
    if theirs is None:
        return requirements
    # The only such identity is self-signed: its root is its leaf.
    pem = read(root).split(b"-----")[2]
    return requirements.replace(theirs, csblob.digest(1, base64.b64decode(pem)))


def component_options(every, leaf, root, folder):
    """Options for entitlements and requirements."""
    blobs, args = every[0].blobs(), []
    with_claims = [s for s in every if csblob.ENTITLEMENTS in s.blobs()]
    if with_claims:
        payload = with_claims[0].blobs()[csblob.ENTITLEMENTS][8:]
        args += ["--entitlements", write(os.path.join(folder, "entitlements.plist"), payload)]
        if any(s.filetype != 2 for s in with_claims):
            args.append("--force-library-entitlements")
    if leaf:
        default = csblob.default_requirement(csblob.directories(blobs)[0].identifier, leaf)
        if default != blobs.get(csblob.REQUIREMENTS):
            args += ["--requirements", write(os.path.join(folder, "requirements.bin"),
                                             own_requirements(blobs, root))]
    return args


def signer_options(bench, leaf, team):
    if leaf is None:
        return ["--sign", "-"], None
    p12, root = bench.identity(leaf)
    args = ["--sign", p12, "--apple-root", root, "--timestamp=none"]
    if leaf["kind"] == "software-signing" and team:
        args += ["--team-identifier", team]
    return args, root


def explain(theirs, ours, rules):
    """None when the rules explain the difference, else what does not fit."""
    for rule in rules:
        if rule not in model.RULES:
            return "unknown rule %s" % rule
        if not model.rule_applies(rule, theirs):
            return "the original does not show the mark of rule %s" % rule
    old, new = theirs.blobs(), ours.blobs()
    expected = dict(old)
    if model.OWN_HASH in rules:
        expected[csblob.REQUIREMENTS] = old[csblob.REQUIREMENTS].replace(
            model.own_hash(old), model.own_hash(new) or b"")
    for kind in (csblob.REQUIREMENTS, csblob.ENTITLEMENTS):
        if expected.get(kind) != new.get(kind):
            return "blob %d differs, which no rule explains" % kind
    chosen = model.options_of(theirs)
    if model.predict(theirs, old, chosen, theirs.signature[1], rules) != [
            d.raw for d in csblob.directories(old)]:
        return "the original does not follow from the rule"
    size = ours.signature[1]
    if size != model.reserved(ours, new, chosen, 18000) or model.predict(
            theirs, new, chosen, size) != [d.raw for d in csblob.directories(new)]:
        return "what signet wrote does not follow from today's rules"
    return None


def compare(theirs, ours):
    """Names of the signed components that differ."""
    old, new = theirs.blobs(), ours.blobs()
    kinds = {k for k in [*old, *new] if k != csblob.CMS}
    names = {0: "CodeDirectory", 2: "requirements", 5: "entitlements", 7: "DER entitlements"}
    return [names.get(k, "alternate CodeDirectory" if k >= 0x1000 else "blob %d" % k)
            for k in sorted(kinds) if old.get(k) != new.get(k)]


def check_cms(blobs, folder):
    """openssl's word on the signature value over the primary CodeDirectory; None when content."""
    cms = blobs.get(csblob.CMS, b"")
    if len(cms) <= 8:
        return None
    run = subprocess.run(
        ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-noverify", "-in",
         write(os.path.join(folder, "cms.der"), cms[8:]), "-content",
         write(os.path.join(folder, "cd.bin"), blobs[csblob.DIRECTORY]), "-out", os.devnull],
        capture_output=True, text=True)
    return None if run.returncode == 0 else "openssl cms -verify: " + run.stderr.strip()[:300]


def rederive(bench, row, path, exceptions):
    """(slices, identical, explained, problems, findings for --write-exceptions) of one file."""
    name, problems, proposals = os.path.basename(path), [], []
    every = csblob.slices(read(path))
    cms = every[0].blobs().get(csblob.CMS, b"")
    leaf = csblob.leaf_of(cms[8:]) if len(cms) > 8 else None
    identical = explained = 0
    with tempfile.TemporaryDirectory(dir=bench.folder) as folder:
        out = os.path.join(folder, name)
        try:
            signer, root = signer_options(bench, leaf, model.options_of(every[0])["team"])
        except RuntimeError as why:
            return len(every), 0, 0, [str(why)], []
        args = ["sign", "--force", *signer, *metadata_options(every, name),
                *component_options(every, leaf, root, folder), "--output", out, path]
        run = bench.run(*args)
        if run.returncode != 0:
            return len(every), 0, 0, ["sign: exit %d: %s (%s)" % (run.returncode, run.stderr.strip(), shlex.join(args))], []
        for theirs, ours in zip(every, csblob.slices(read(out))):
            problem = check_cms(ours.blobs(), folder)
            if problem:
                problems.append("%s: %s" % (theirs.arch, problem))
            different = compare(theirs, ours)
            if not different:
                identical += 1
                continue
            key = (row["registry"], row["package"], row["version"], row["path"], theirs.arch)
            rules = exceptions.get(key, [])
            marks = [r for r in model.RULES if model.rule_applies(r, theirs)]
            wrong = explain(theirs, ours, rules) if rules else "not in exceptions.tsv"
            if wrong is None:
                explained += 1
            else:
                problems.append("%s: %s: %s" % (theirs.arch, ", ".join(different), wrong))
            if marks and explain(theirs, ours, marks) is None:
                proposals.append([*key, "+".join(marks), "; ".join(model.RULES[m] for m in marks)])
        trust = ["--apple-root", root] if root else []
        run = bench.run("verify", *trust, out)
        if run.returncode != 0:
            problems.append("verify of the copy: exit %d: %s" % (
                run.returncode, (run.stderr or run.stdout).strip()[:300]))
    return len(every), identical, explained, problems, proposals


def verify_original(bench, row, path):
    """None, or what is wrong with signet's verdict on an original."""
    every = csblob.slices(read(path))
    cms = next((s.blobs()[csblob.CMS] for s in every if csblob.CMS in s.blobs()), b"")
    args = ["verify"]
    if len(cms) > 8 and csblob.leaf_of(cms[8:])["kind"] != "other":
        args += ["-R", "=anchor apple generic"]
    run = bench.run(*args, path)
    if run.returncode == EXIT_FOR[row["verdict"]]:
        return None
    return "%s, but exit is %d: %s" % (row["verdict"], run.returncode,
                                       (run.stderr or run.stdout).strip()[:300])


def read_exceptions():
    out = {}
    if os.path.exists(EXCEPTIONS):
        for row in fetch.read_list(EXCEPTIONS):
            out[tuple(row[c] for c in COLUMNS[:5])] = row["rule"].split("+")
    return out


def write_exceptions(proposals):
    with open(EXCEPTIONS, "w", newline="", encoding="utf-8") as f:
        out = csv.writer(f, delimiter="\t", lineterminator="\n")
        out.writerow(COLUMNS)
        out.writerows(sorted(proposals))


def work(bench, row, path, exceptions):
    verdict = verify_original(bench, row, path)
    result = None
    if row["producer"] not in NOT_OURS:
        result = rederive(bench, row, path, exceptions)
    return row, verdict, result


class Totals:
    def __init__(self):
        self.slices = self.identical = self.explained = self.files = 0
        self.originals = self.accepted = 0
        self.failed, self.proposals = 0, []

    def add(self, row, verdict, result):
        place = "%s %s %s" % (row["package"], row["version"], row["path"])
        problems = []
        self.originals += 1
        if verdict is None:
            self.accepted += 1
        else:
            problems.append("original: " + verdict)
        if result:
            count, identical, explained, more, proposals = result
            self.files += 1
            self.slices += count
            self.identical += identical
            self.explained += explained
            self.proposals += proposals
            problems += more
        for problem in problems:
            print("FAIL %s: %s" % (place, problem), flush=True)
        self.failed += bool(problems)

    def print(self, unused, skipped):
        print("originals: signet's verdict is right on %d of %d" % (self.accepted, self.originals))
        print("%d of %d slices identical, %d more explained by a rule of "
              "exceptions.tsv, %d unexplained; %d files" % (
                  self.identical, self.slices, self.explained,
                  self.slices - self.identical - self.explained, self.files))
        if unused:
            print("exceptions.tsv: %d rows were not needed: %s" % (len(unused), unused[:3]))
        print("%d passed, %d failed, %d skipped" % (self.originals - self.failed,
                                                    self.failed + bool(unused), skipped))


def main():
    parser = argparse.ArgumentParser(description="re-derive the public corpus")
    parser.add_argument("--signet", required=True, help="the command to test")
    parser.add_argument("--cache", default=fetch.default_cache())
    parser.add_argument("--only", default="", help="only packages whose name contains this")
    parser.add_argument("--keep", help="folder for the identities instead of a temporary one")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--write-exceptions", action="store_true",
                        help="write exceptions.tsv from what the rules explain; review the result")
    args = parser.parse_args()
    rows = [r for r in fetch.read_list(os.path.join(HERE, "standalone.tsv")) if args.only in r["package"]]
    here = [(r, fetch.local_path(args.cache, r)) for r in rows]
    missing = [r for r, p in here if not os.path.isfile(p)]
    if missing:
        print("SKIP %d files are not in %s; fetch.py gets them" % (len(missing), args.cache))
    if len(missing) == len(rows):
        return 77
    exceptions, totals = read_exceptions(), Totals()
    with tempfile.TemporaryDirectory() as temporary, \
            concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        bench = Bench(args.signet, args.keep or temporary)
        tasks = [pool.submit(work, bench, r, p, exceptions) for r, p in here if os.path.isfile(p)]
        for task in tasks:
            totals.add(*task.result())
    if args.write_exceptions:
        write_exceptions(totals.proposals)
    needed = {tuple(p[:5]) for p in totals.proposals}
    unused = [] if missing or args.only else [k for k in exceptions if k not in needed]
    totals.print(unused, len(missing))
    return 1 if totals.failed or unused else 0


if __name__ == "__main__":
    sys.exit(main())
