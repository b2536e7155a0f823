#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sign every intact bundle of bundles.tsv again and compare with the original.

usage: rederive_bundles.py --signet COMMAND [--cache DIR] [--only SUBSTRING] [--write-exceptions]

Three passes:

- level: a copy of each bundle is signed with an identity that looks like its signer (as in rederive.py);
  code inside it keeps its own signature. CodeResources, every CodeDirectory, the requirements and both
  forms of the entitlements of every slice must be the original's, byte for byte; without a Mach-O, the
  separate files of the signature. Only what signet would not derive by itself is taken over from the old
  signature (preserved()).
- whole: bundles whose nested code all has their own signer are signed with all of it. Every CodeResources
  and every Mach-O file of the tree is compared.
- default: each bundle is signed with all code in it, and nothing taken over; the result must verify.

A difference must be in bundle_exceptions.tsv, and the rule named there must explain it (bundle.py). And
signet accepts every intact original and every copy it signed, and refuses the broken and the unsigned.

Packages from npm and wheels lose the links of frameworks; the copies get them back first (restore_links()).
"""
import argparse
import concurrent.futures
import csv
import os
import shutil
import subprocess
import sys
import tempfile

import bundle
import csblob
import fetch
import model
import rederive
import trees

HERE = os.path.dirname(os.path.abspath(__file__))
LIST = os.path.join(HERE, "bundles.tsv")
EXCEPTIONS = os.path.join(HERE, "bundle_exceptions.tsv")
COLUMNS = ["registry", "package", "version", "path", "rule", "reason"]
EVERYTHING = ["identifier", "entitlements", "requirements", "flags", "runtime", "pagesize", "digests"]


def key_of(row):
    return tuple(row[c] for c in COLUMNS[:4])


def copy(source, folder):
    """A copy of the bundle with its links, modes and times; lost links restored."""
    target = os.path.join(folder, os.path.basename(source))
    subprocess.run(["cp", "-a", source, target], check=True)
    bundle.restore_links(target)
    return target


class Original:
    """What the test has to know of a bundle: its parts and its signer."""

    def __init__(self, path):
        self.path, self.parts = path, bundle.Parts(path)
        self.every = csblob.slices(rederive.read(self.parts.main)) if self.parts.is_macho else []
        self.blobs = self.every[0].blobs() if self.every else self.parts.separate()
        cms = self.blobs.get(csblob.CMS, b"")
        self.leaf = csblob.leaf_of(cms[8:]) if len(cms) > 8 else None
        self.directory = csblob.directories(self.blobs)[0] if self.blobs else None

    def signer(self):
        """Signatures with the same word come from the same identity."""
        return tuple(sorted(self.leaf.items())) if self.leaf else "adhoc"


def preserved(original):
    """What signet would derive otherwise than the original has it."""
    first, every, words = original.directory, original.every, ["entitlements", "flags"]
    default = csblob.EMPTY_REQUIREMENTS
    if original.leaf:
        default = csblob.default_requirement(first.identifier, original.leaf)
    chosen = [model.options_of(s) for s in every]
    kinds = [d.hash_kind for d in csblob.directories(original.blobs)]
    differs = {
        "identifier": first.identifier != original.parts.identifier,
        "requirements": original.blobs.get(csblob.REQUIREMENTS) != default,
        "digests": kinds != (model.default_digests(every) if every else [1, 2]),
        "pagesize": any(c["page_size"] != model.default_page_size(s) for c, s in zip(chosen, every)),
        "runtime": any(c["runtime"] not in (0, s.sdk) for c, s in zip(chosen, every)),
    }
    return words + [word for word in EVERYTHING if differs.get(word)]


def sign(bench, original, target, words, *more):
    """None and the root for verifying, or what went wrong."""
    signer, root = rederive.signer_options(bench, original.leaf, original.directory.team)
    if not original.leaf:
        signer.append("--timestamp=none")
    keep = ["--preserve-metadata=" + ",".join(words)] if words else []
    if any(map(bundle.has_pre_encrypt, csblob.directories(original.blobs))):
        keep.append("--generate-pre-encrypt-hashes")
    run = bench.run("sign", "--force", *signer, *keep, *more, target)
    problem = None if run.returncode == 0 else "sign: exit %d: %s" % (run.returncode, run.stderr.strip()[:400])
    return problem, root


def verify(bench, target, root=None, strictness="--strict"):
    trust = ["--apple-root", root] if root else []
    run = bench.run("verify", "--deep", strictness, *trust, target)
    return run.returncode, (run.stderr or run.stdout).strip()[:400]


def differences(old, new):
    """Names of signed components that differ between two bundles."""
    out = []
    if old.parts.resources() != new.parts.resources():
        out.append("CodeResources")
    if not old.every:
        theirs, ours = old.parts.separate_files(), new.parts.separate_files()
        if theirs.keys() != ours.keys():
            out.append("names of the separate files")
        return out + [name for name, data in theirs.items() if name != "CodeSignature" and ours.get(name) != data]
    for theirs, ours in zip(old.every, new.every):
        out += ["%s %s" % (theirs.arch, name) for name in rederive.compare(theirs, ours)]
    return out


# --- the passes ------------------------------------------------------------------------------------

class Result:
    def __init__(self, row):
        self.row, self.problems = row, []
        self.level = self.explained = self.proposal = None
        self.whole = None  # (equal seals, seals, equal slices, slices)
        self.refused = self.accepted = self.default = None
        self.lax = self.linked = False  # accepted with --no-strict only; links restored

    def check(self, what, problem):
        if problem:
            self.problems.append("%s: %s" % (what, problem))
        return problem is None


def expect_valid(bench, target, root=None):
    status, text = verify(bench, target, root)
    return None if status == 0 else "verify: exit %d: %s" % (status, text)


def pass_level(bench, source, folder, result, rules):
    target = copy(source, folder)
    old = Original(source)
    problem, root = sign(bench, old, target, preserved(old), "--skip", "??*")
    if not result.check("level", problem):
        return
    new = Original(target)
    different = differences(old, new)
    result.level = not different
    if different:
        marks = [r for r in bundle.RULES if bundle.rule_applies(r, old)]
        wrong = bundle.explain(old, new, rules) if rules else "not in bundle_exceptions.tsv"
        result.explained = result.check("level", wrong and "%s: %s" % (", ".join(different), wrong))
        if marks and bundle.explain(old, new, marks) is None:
            result.proposal = [*key_of(result.row), "+".join(marks), "; ".join(bundle.RULES[m] for m in marks)]
    for ours in new.every or [new]:
        blobs = ours.blobs() if new.every else ours.blobs
        result.check("level", rederive.check_cms(blobs, folder))
    result.check("level", expect_valid(bench, target, root))


def pass_whole(bench, source, folder, result):
    target = copy(source, folder)
    old = Original(source)
    problem, root = sign(bench, old, target, EVERYTHING)
    if not result.check("whole", problem):
        return
    counts = [0, 0, 0, 0]
    for name in bundle.files(source):
        theirs, ours = os.path.join(source, name), os.path.join(target, name)
        if name.endswith("_CodeSignature/CodeResources"):
            same = rederive.read(theirs) == rederive.read(ours)
            counts[0] += same
            counts[1] += 1
            result.check("whole", None if same else name + " differs")
        elif bundle.is_macho(theirs):
            for a, b in zip(csblob.slices(rederive.read(theirs)), csblob.slices(rederive.read(ours))):
                different = rederive.compare(a, b)
                counts[2] += not different
                counts[3] += 1
                result.check("whole", "%s %s: %s" % (name, a.arch, ", ".join(different)) if different else None)
    if sorted(bundle.files(source)) != sorted(bundle.files(target)):
        result.check("whole", "other files than before")
    result.whole = tuple(counts)
    result.check("whole", expect_valid(bench, target, root))


def pass_default(bench, source, folder, result):
    target = copy(source, folder)
    problem, root = sign(bench, Original(source), target, [])
    result.default = result.check("default", problem or expect_valid(bench, target, root))


def pass_original(bench, source, folder, result, rules):
    """signet's verdict on the original, or on a copy that got its links back."""
    target = source
    if bundle.lost_links(source):
        status, text = verify(bench, source)
        result.check("without links", None if status == 1 else "exit %d: %s" % (status, text))
        target = copy(source, folder)
        result.linked = True
    status, text = verify(bench, target)
    if result.row["state"] != "intact":
        result.refused = result.check("original", None if status == 1 else
                                      "is %s, but exit is %d" % (result.row["state"], status))
        return
    if bundle.SEAL_V1 in rules:
        result.check("original", None if status == 1 and "-67007" in text else
                     "strict: exit %d: %s" % (status, text))
        result.lax = True
        status, text = verify(bench, target, None, "--no-strict")
    result.accepted = result.check("original", None if status == 0 else "exit %d: %s" % (status, text))


def same_signer_inside(row, rows, cache):
    """Whether the list has bundles inside this one, and all have its signer and are intact.

    Flat bundles seal the bytes of code inside, certificate signature and all; no other signer gets the
    same, so of those only ad hoc ones count."""
    inside = [r for r in rows if r["archive_sha256"] == row["archive_sha256"] and
              r["path"].startswith(row["path"] + "/")]
    if not inside or any(r["state"] != "intact" for r in inside):
        return False
    mine = Original(trees.local_path(cache, row)).signer()
    if mine != "adhoc" and row["kind"].startswith("shallow"):
        return False
    return all(Original(trees.local_path(cache, r)).signer() == mine for r in inside)


def work(bench, row, rows, cache, rules):
    result, source = Result(row), trees.local_path(cache, row)
    passes = [lambda f: pass_original(bench, source, f, result, rules)]
    if row["state"] == "intact":
        passes += [lambda f: pass_level(bench, source, f, result, rules),
                   lambda f: pass_default(bench, source, f, result)]
        if same_signer_inside(row, rows, cache):
            passes.append(lambda f: pass_whole(bench, source, f, result))
    for one in passes:
        with tempfile.TemporaryDirectory(dir=bench.folder) as folder:
            one(folder)
    return result


# --- telling -----------------------------------------------------------------------------------------

def tell(result):
    row = result.row
    place = "%s %s" % (row["package"], row["path"])
    for problem in result.problems:
        print("FAIL %s: %s" % (place, problem), flush=True)
    if result.whole:
        print("whole %s: %d of %d CodeResources and %d of %d slices identical" % (place, *result.whole), flush=True)


def summary(results, unused, skipped):
    intact = [r for r in results if r.row["state"] == "intact"]
    others = [r for r in results if r.row["state"] != "intact"]
    by_apple = [r for r in intact if r.row["signer"] == "apple"]
    identical = sum(1 for r in intact if r.level)
    explained = sum(1 for r in intact if r.explained)
    whole = [r.whole for r in results if r.whole]
    print("%d of %d intact bundles identical (%d of %d with a certificate of Apple's CA), %d more explained by a "
          "rule of bundle_exceptions.tsv, %d unexplained" % (
              identical, len(intact), sum(1 for r in by_apple if r.level), len(by_apple), explained,
              len(intact) - identical - explained))
    print("whole trees: %d of %d CodeResources and %d of %d slices identical in %d bundles" % (
        *(sum(w[i] for w in whole) for i in range(4)), len(whole)))
    print("originals: %d of %d intact ones accepted (%d of them with --no-strict only), %d of %d broken or unsigned "
          "ones refused" % (sum(bool(r.accepted) for r in intact), len(intact), sum(r.lax for r in intact),
                            sum(bool(r.refused) for r in others), len(others)))
    print("signed anew without options: %d of %d valid; %d bundles got the links back that their package lost" % (
        sum(bool(r.default) for r in intact), len(intact), sum(r.linked for r in results)))
    if unused:
        print("bundle_exceptions.tsv: %d rows were not needed: %s" % (len(unused), unused[:3]))
    failed = sum(bool(r.problems) for r in results)
    print("%d passed, %d failed, %d skipped" % (len(results) - failed, failed, skipped))
    return failed


def read_exceptions():
    if not os.path.exists(EXCEPTIONS):
        return {}
    return {key_of(row): row["rule"].split("+") for row in fetch.read_list(EXCEPTIONS)}


def write_exceptions(proposals):
    with open(EXCEPTIONS, "w", newline="", encoding="utf-8") as f:
        out = csv.writer(f, delimiter="\t", lineterminator="\n")
        out.writerow(COLUMNS)
        out.writerows(sorted(proposals))


def run_all(bench, rows, everything, cache, exceptions, jobs):
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        started = [pool.submit(work, bench, r, everything, cache, exceptions.get(key_of(r), [])) for r in rows]
        results = []
        for one in started:
            results.append(one.result())
            tell(results[-1])
    return results


def main():
    parser = argparse.ArgumentParser(description="re-derive the bundles of the public corpus")
    parser.add_argument("--signet", required=True, help="the command to test")
    parser.add_argument("--cache", default=fetch.default_cache())
    parser.add_argument("--only", default="", help="only packages whose name contains this")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--write-exceptions", action="store_true",
                        help="write bundle_exceptions.tsv from what the rules explain; review the result")
    args = parser.parse_args()
    everything = fetch.read_list(LIST)
    here = [r for r in everything if os.path.isdir(trees.local_path(args.cache, r))]
    wanted = [r for r in everything if args.only in r["package"]]
    # The notarized app takes longest.
    rows = sorted((r for r in here if r in wanted), key=lambda r: r["package"] != "qviple")
    skipped = len(wanted) - len(rows)
    if skipped:
        print("SKIP %d bundles are not in the cache %s; fetch.py gets them" % (skipped, args.cache))
    if not rows:
        return 77
    exceptions = read_exceptions()
    with tempfile.TemporaryDirectory(prefix="signet-bundles-") as folder:
        results = run_all(rederive.Bench(args.signet, folder), rows, here, args.cache, exceptions, args.jobs)
    if args.write_exceptions:
        write_exceptions([r.proposal for r in results if r.proposal])
    used = {key_of(r.row) for r in results if r.explained}
    unused = [k for k in exceptions if k not in used and any(key_of(r) == k for r in rows)]
    return 1 if summary(results, unused, skipped) or unused else 0


if __name__ == "__main__":
    sys.exit(main())
