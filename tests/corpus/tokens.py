#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Timestamps of real programs: what signet says of them, beside `openssl ts -verify`.

usage: tokens.py --signet COMMAND [--cache DIR] [--only SUBSTRING]

Every token in the signatures of the corpus (standalone.tsv): signet must name its time and find nothing
wrong with it; openssl must accept it for the very signature value, with Apple's root and timestamp
authority, or with the root that came with the token where another server made it. A token with a changed
byte must be refused by both.
"""
import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile

import csblob
import fetch

HERE = os.path.dirname(os.path.abspath(__file__))
APPLE = os.path.join(HERE, "..", "..", "signer", "pki", "apple")
ATTRIBUTE = bytes.fromhex("060b2a864886f70d010910020e")  # id-aa-timeStampToken


def parts_of(cms):
    """(signature value, token or None) of a SignedData with one signer."""
    signed_data = csblob.children(csblob.children(cms)[1])[0]
    signer = csblob.children(csblob.children(signed_data)[-1])[0]
    parts = csblob.children(signer)
    value = next(csblob.value(p) for p in parts if p[0] == 0x04)
    for unsigned in (p for p in parts if p[0] == 0xA1):
        for attribute in csblob.children(unsigned):
            oid, values = csblob.children(attribute)[:2]
            if oid == ATTRIBUTE:
                return value, csblob.children(values)[0]
    return value, None


def time_of(token):
    """genTime as ISO text: the first GeneralizedTime in the TSTInfo."""
    signed_data = csblob.children(csblob.children(token)[1])[0]
    content = csblob.children(csblob.children(signed_data)[2])[1]
    info = csblob.value(csblob.children(content)[0])
    text = next(csblob.value(p) for p in csblob.children(info) if p[0] == 0x18).decode()
    return "%s-%s-%sT%s:%s:%sZ" % (text[:4], text[4:6], text[6:8], text[8:10], text[10:12], text[12:14])


class Openssl:
    def __init__(self, folder):
        self.folder = folder
        self.apple = self.pem("apple.pem", [self.read(n) for n in (
            "AppleIncRootCertificate.cer", "AppleTimestampCA.cer", "AppleRootCA-G2.cer",
            "AppleRootCA-G3.cer")])

    @staticmethod
    def read(name):
        with open(os.path.join(APPLE, name), "rb") as f:
            return f.read()

    def path(self, name, data):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as f:
            f.write(data)
        return path

    def pem(self, name, certificates):
        text = b""
        for raw in certificates:
            text += subprocess.run(["openssl", "x509", "-inform", "DER"], input=raw, check=True,
                                   capture_output=True).stdout
        return self.path(name, text)

    def accepts(self, value, token):
        """None, or why not."""
        inside = self.pem("inside.pem", csblob.certificates(token))
        moment = subprocess.run(["date", "-u", "-d", time_of(token), "+%s"], check=True,
                                capture_output=True, text=True).stdout.strip()
        said = ""
        for roots in (self.apple, inside):
            run = subprocess.run(
                ["openssl", "ts", "-verify", "-token_in", "-in", self.path("token", token), "-data",
                 self.path("value", value), "-CAfile", roots, "-untrusted", inside, "-attime", moment],
                capture_output=True, text=True)
            if run.returncode == 0:
                return None
            said = run.stderr.strip()
        return said[-300:]


def check(command, openssl, path):
    """(number of tokens, problems) of one file."""
    with open(path, "rb") as f:
        every = [s.blobs().get(csblob.CMS, b"") for s in csblob.slices(f.read())]
    tokens = [parts_of(cms[8:]) for cms in every if len(cms) > 8]
    tokens = [(v, t) for v, t in tokens if t]
    if not tokens:
        return 0, []
    problems = []
    run = subprocess.run([*command, "verify", "--json", path], capture_output=True, text=True)
    report = json.loads(run.stdout)["results"][0]
    if report["timestamp"] not in {time_of(t) for _, t in tokens}:
        problems.append("signet says %s, not %s" % (report["timestamp"], time_of(tokens[0][1])))
    problems += ["signet: " + f["text"] for f in report["findings"] if "timestamp" in f["id"]]
    for value, token in tokens:
        why = openssl.accepts(value, token)
        if why:
            problems.append("openssl: " + why)
        if not openssl.accepts(value[:-1] + bytes([value[-1] ^ 1]), token):
            problems.append("openssl takes it for another signature")
    return len(tokens), problems


def main():
    parser = argparse.ArgumentParser(description="timestamps of the public corpus")
    parser.add_argument("--signet", required=True, help="the command to test")
    parser.add_argument("--cache", default=fetch.default_cache())
    parser.add_argument("--only", default="", help="only packages whose name contains this")
    args = parser.parse_args()
    rows = [r for r in fetch.read_list(os.path.join(HERE, "standalone.tsv")) if args.only in r["package"]]
    here = [(r, fetch.local_path(args.cache, r)) for r in rows]
    present = [(r, p) for r, p in here if os.path.isfile(p)]
    if not present:
        print("SKIP no file of the corpus is in %s; fetch.py gets them" % args.cache)
        return 77
    files = total = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        openssl = Openssl(folder)
        for row, path in present:
            count, problems = check(shlex.split(args.signet), openssl, path)
            files, total, failed = files + (count > 0), total + count, failed + bool(problems)
            for problem in problems:
                print("FAIL %s %s %s: %s" % (row["package"], row["version"], row["path"], problem))
    print("%d timestamps in %d of %d files: %d files wrong" % (total, files, len(present), failed))
    return 1 if failed or not total else 0


if __name__ == "__main__":
    sys.exit(main())
