#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What other tools say about what signet writes, and signet about what they write.

usage: run.py --signet COMMAND [--install]

  openssl   verifies the CMS of every slice (signature value, message digest)
  LIEF      (Python package) parses the signed file and finds the code signature where signet put it
  rcodesign (Rust crate apple-codesign) verifies, reads and signs; signet must accept what it signed

A tool that is missing is named and skipped. --install gets LIEF into an environment of its own in the
cache; rcodesign takes minutes to build, so it is used when it is there, or built when SIGNET_ORACLE=full.
"""
import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "corpus"))
import csblob  # noqa: E402  (found through the line above)

PROGRAM = os.path.join(ROOT, "vectors", "macho", "get-windows")
LIEF, RCODESIGN = "lief==0.17.6", "apple-codesign@0.29.0"
CLAIMS = b"""<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict><key>com.apple.security.cs.allow-jit</key><true/></dict></plist>
"""
LIEF_PROGRAM = """
import json, sys, lief
out = []
fat = lief.MachO.parse(sys.argv[1])  # the binaries live as long as this name
for binary in fat:
    signature = binary.code_signature
    out.append([signature.data_offset, signature.data_size])
print(json.dumps(out))
"""


def cache():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "signet", "tools")


class Skip(Exception):
    """The tool is not here."""


class Bench:
    def __init__(self, command, folder, install):
        self.command, self.folder, self.install = shlex.split(command), folder, install
        self.p12 = os.path.join(folder, "id.p12")
        self.root = os.path.join(folder, "root.pem")
        self.signed = os.path.join(folder, "get-windows")

    def signet(self, *args):
        run = subprocess.run([*self.command, *args], capture_output=True, text=True)
        assert run.returncode == 0, "signet %s: %s" % (shlex.join(args), run.stderr)
        return run.stdout

    def prepare(self):
        claims = os.path.join(self.folder, "claims.plist")
        with open(claims, "wb") as f:
            f.write(CLAIMS)
        self.signet("identity", "make-test", "--root", self.root, self.p12)
        self.signet("sign", "--force", "--sign", self.p12, "--apple-root", self.root,
                    "--timestamp=none", "--options", "runtime", "--entitlements", claims,
                    "--output", self.signed, PROGRAM)


def slices(path):
    with open(path, "rb") as f:
        return csblob.slices(f.read())


def check_openssl(bench):
    if not shutil.which("openssl"):
        raise Skip("openssl is not installed")
    for s in slices(bench.signed):
        blobs = s.blobs()
        cms, directory = (os.path.join(bench.folder, n) for n in ("cms.der", "cd.bin"))
        for path, data in ((cms, blobs[csblob.CMS][8:]), (directory, blobs[csblob.DIRECTORY])):
            with open(path, "wb") as f:
                f.write(data)
        # Apple's marker extensions are critical and unknown to openssl: the chain is not its business.
        args = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-noverify", "-in", cms,
                "-content", directory, "-out", os.devnull]
        run = subprocess.run(args, capture_output=True, text=True)
        assert run.returncode == 0, "%s: %s" % (s.arch, run.stderr)
        with open(directory, "ab") as f:
            f.write(b"\0")
        run = subprocess.run(args, capture_output=True, text=True)
        assert run.returncode != 0, "%s: openssl accepted other content" % s.arch
    return "CMS of 2 slices verified, and refused for changed content"


def lief_python(bench):
    """An interpreter that has LIEF."""
    for python in (sys.executable, os.path.join(cache(), "lief", "bin", "python")):
        if os.path.exists(python) and subprocess.run(
                [python, "-c", "import lief"], capture_output=True).returncode == 0:
            return python
    if not bench.install:
        raise Skip("the Python package lief is not installed (run with --install)")
    folder = os.path.join(cache(), "lief")
    for args in ([sys.executable, "-m", "venv", folder],
                 [os.path.join(folder, "bin", "python"), "-m", "pip", "install", "--quiet",
                  "--disable-pip-version-check", LIEF]):
        run = subprocess.run(args, capture_output=True, text=True)
        if run.returncode != 0:
            raise Skip("lief could not be installed: %s failed" % shlex.join(args[:4]))
    return os.path.join(folder, "bin", "python")


def check_lief(bench):
    run = subprocess.run([lief_python(bench), "-c", LIEF_PROGRAM, bench.signed],
                         capture_output=True, text=True)
    assert run.returncode == 0, "exit %d: %s" % (run.returncode, run.stderr)
    mine = [list(s.signature) for s in slices(bench.signed)]
    theirs = [[int(n) for n in pair] for pair in json.loads(run.stdout)]
    assert mine == theirs, "LIEF sees %s, the file says %s" % (theirs, mine)
    return "code signature at the same place in %d slices" % len(mine)


def rcodesign(bench):
    for path in (shutil.which("rcodesign"), os.path.join(cache(), "bin", "rcodesign")):
        if path and os.path.exists(path):
            return path
    if os.environ.get("SIGNET_ORACLE") != "full":
        raise Skip("rcodesign is not installed (SIGNET_ORACLE=full builds it, which takes minutes)")
    if not shutil.which("cargo"):
        raise Skip("cargo is not installed, so rcodesign cannot be built")
    run = subprocess.run(["cargo", "install", "--quiet", "--locked", "--root", cache(), RCODESIGN],
                         capture_output=True, text=True)
    if run.returncode != 0:
        raise Skip("rcodesign could not be built: " + run.stderr.strip()[-200:])
    return os.path.join(cache(), "bin", "rcodesign")


def check_rcodesign(bench):
    tool = rcodesign(bench)
    run = subprocess.run([tool, "extract", "--data", "linkedit-segment-info", bench.signed],
                         capture_output=True, text=True)
    if run.returncode != 0:  # older versions spell it differently
        run = subprocess.run([tool, "print-signature-info", bench.signed], capture_output=True,
                             text=True)
    assert run.returncode == 0, run.stderr
    run = subprocess.run([tool, "verify", bench.signed], capture_output=True, text=True)
    said = (run.stdout + run.stderr).strip()
    # rcodesign's own text: it judges the chain by its list of Apple roots, which a test root is not in.
    for bad in ("digest mismatch", "code digest", "cryptographic signature is invalid"):
        assert bad not in said.lower(), said
    # Its PKCS#12 reader knows no SHA-256 MAC, so it gets key and certificates as PEM.
    theirs, pem = (os.path.join(bench.folder, n) for n in ("theirs", "id.pem"))
    subprocess.run(["openssl", "pkcs12", "-in", bench.p12, "-passin", "pass:", "-nodes", "-out", pem],
                   check=True, capture_output=True)
    run = subprocess.run([tool, "sign", "--pem-file", pem, "--timestamp-url", "none", PROGRAM, theirs],
                         capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    bench.signet("verify", "--apple-root", bench.root, theirs)
    return "reads what signet wrote; signet verifies what it wrote"


def main():
    parser = argparse.ArgumentParser(description="ask other tools")
    parser.add_argument("--signet", required=True)
    parser.add_argument("--install", action="store_true", help="get LIEF when it is missing")
    args = parser.parse_args()
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(args.signet, folder, args.install)
        try:
            bench.prepare()
        except AssertionError as why:
            print("FAIL preparing: %s" % why)
            print("0 passed, 1 failed")
            return 1
        for name, check in (("openssl", check_openssl), ("lief", check_lief),
                            ("rcodesign", check_rcodesign)):
            try:
                print("ok   %s: %s" % (name, check(bench)))
                counts["passed"] += 1
            except Skip as why:
                print("SKIP %s: %s" % (name, why))
                counts["skipped"] += 1
            except AssertionError as why:
                print("FAIL %s: %s" % (name, why))
                counts["failed"] += 1
    print("%(passed)d passed, %(failed)d failed, %(skipped)d skipped" % counts)
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
