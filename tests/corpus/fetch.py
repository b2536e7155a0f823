#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fetch the public corpus named in the lists (standalone.tsv, bundles.tsv) into a cache folder.

usage: fetch.py [--list FILE] [--cache DIR] [--offline] [--only SUBSTRING]

Packages come from their registries through the ordinary clients (npm, pip, mvn, go) at fixed versions, and
every archive and every file taken out of it is held against its SHA-256. A list of bundles names no
files: its archives are unpacked as a whole (trees.py). Nothing is unpacked twice; nothing fetched belongs
to the repository. The cache is --cache, or SIGNET_CORPUS, or
${XDG_CACHE_HOME:-~/.cache}/signet/corpus.

What cannot be had (no network, client missing, version withdrawn) is named with the reason; the exit
status is 0 as long as nothing that was had is *wrong* (a digest that differs is exit 1).
"""
import argparse
import csv
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile

import trees

HERE = os.path.dirname(os.path.abspath(__file__))
LISTS = [os.path.join(HERE, name) for name in ("standalone.tsv", "bundles.tsv")]
CLIENT = {"npm": "npm", "pypi": "pip", "maven": "mvn", "go": "go"}


def default_cache():
    if os.environ.get("SIGNET_CORPUS"):
        return os.environ["SIGNET_CORPUS"]
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "signet", "corpus")


def read_list(path):
    with open(path, newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f, delimiter="\t"))


def local_path(cache, row):
    """Where a file of the list lies in the cache."""
    package = row["package"].replace("/", "__").replace(":", "__")
    if row["variant"] != "-":
        package += "-" + row["variant"].replace(":", "-")
    inner = os.path.basename(package) if row["path"] == "-" else row["path"].replace("!/", "/")
    return os.path.join(cache, row["registry"], package, row["version"], inner)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def sha256_file(path):
    h = hashlib.sha256()
    with open(path, "rb") as f:
        for chunk in iter(lambda: f.read(1 << 20), b""):
            h.update(chunk)
    return h.hexdigest()


class Unavailable(Exception):
    """The package cannot be had here; not a failure of the product."""


class Wrong(Exception):
    """The package was had and is not what the list says."""


def command_npm(row, out):
    return ["npm", "pack", "--silent", "--pack-destination", out,
            "%s@%s" % (row["package"], row["version"])]


def command_pypi(row, out):
    interpreter, abi, platform = row["variant"].split("-", 2)
    version = re.match(r"[a-z]+([0-9]*)", interpreter).group(1)
    args = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
            "--no-deps", "--only-binary", ":all:", "--dest", out]
    if platform != "any":
        args += ["--platform", platform.split(".")[0]]
    if abi != "none":
        args += ["--abi", abi, "--implementation", "cp", "--python-version", version]
    elif platform != "any":
        args += ["--python-version", "3.13"]
    return args + ["%s==%s" % (row["package"], row["version"])]


def command_maven(row, out):
    artifact = "%s:%s" % (row["package"], row["version"])
    kind = row["variant"] if row["variant"] != "-" else "jar"
    return ["mvn", "--batch-mode", "--quiet",
            "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy",
            "-Dartifact=%s:%s" % (artifact, kind), "-DoutputDirectory=" + out,
            "-Dmdep.useBaseVersion=true"]


def command_go(row, out):
    return ["env", "GOPATH=" + os.path.join(out, "go"), "GOFLAGS=-modcacherw", "go", "mod", "download",
            "%s@%s" % (row["package"], row["version"])]


COMMAND = {"npm": command_npm, "pypi": command_pypi, "maven": command_maven, "go": command_go}


def collect(row, folder):
    """Files that the client left in folder; Go's keeps the archive in the folders of its cache."""
    if row["registry"] != "go":
        return [n for n in os.listdir(folder) if os.path.isfile(os.path.join(folder, n))]
    return [os.path.join(at, n) for at, _, names in os.walk(os.path.join(folder, "go", "pkg", "mod", "cache"))
            for n in names if n.endswith(".zip")]


def client_missing(registry):
    if registry == "pypi":
        probe = subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True)
        return probe.returncode != 0
    return shutil.which(CLIENT[registry]) is None


def download(row, folder):
    """Fetch the archive of a row into folder; return its path."""
    if client_missing(row["registry"]):
        raise Unavailable("%s is not installed" % CLIENT[row["registry"]])
    with tempfile.TemporaryDirectory() as tmp:
        args = COMMAND[row["registry"]](row, tmp)
        try:
            run = subprocess.run(args, capture_output=True, text=True, timeout=600, cwd=tmp)
        except subprocess.TimeoutExpired:
            raise Unavailable("%s did not answer within 600 s" % args[0]) from None
        got = collect(row, tmp)
        if run.returncode != 0 or len(got) != 1:
            lines = (run.stderr or run.stdout).strip().splitlines()
            raise Unavailable("%s failed: %s" % (CLIENT[row["registry"]],
                                                 re.sub(r"https?://\S+", "(registry)", lines[-1][:200])
                                                 if lines else "no file came"))
        os.makedirs(folder, exist_ok=True)
        target = os.path.join(folder, os.path.basename(got[0]))
        shutil.move(os.path.join(tmp, got[0]), target)
        return target


def archive_of(cache, row, offline):
    """The archive of a row: from the cache, or fetched; checked against the list."""
    key = row["archive_sha256"][:16]
    folder = os.path.join(cache, "archives", key)
    have = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    if have:
        path = os.path.join(folder, have[0])
    elif offline:
        raise Unavailable("offline, and not in the cache")
    else:
        path = download(row, folder)
    if sha256_file(path) != row["archive_sha256"]:
        os.rename(path, os.path.join(cache, "rejected-" + os.path.basename(path)))
        raise Wrong("the archive's SHA-256 is not the listed one")
    return path


def read_member(blob, name, member):
    """One member of an archive given as bytes."""
    if name.endswith((".zip", ".jar", ".whl", ".jnilib", ".exe", ".dylib")) and blob[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(blob)) as z:
            return z.read(member)
    with tarfile.open(fileobj=io.BytesIO(blob)) as t:
        for prefix in ("", "./"):
            try:
                return t.extractfile(prefix + member).read()
            except KeyError:
                continue
    raise KeyError(member)


def extract(archive, row):
    """The bytes of a row's file; '!/' in the path steps into an inner archive."""
    with open(archive, "rb") as f:
        blob = f.read()
    if row["path"] == "-":
        return blob
    name = archive
    for step in row["path"].split("!/"):
        try:
            blob = read_member(blob, name, step)
        except (KeyError, zipfile.BadZipFile, tarfile.TarError):
            raise Wrong("no member %s" % step) from None
        name = step
    return blob


def fetch_tree(cache, row, offline):
    """True when something had to be unpacked, False when it was there."""
    if os.path.isdir(trees.local_path(cache, row)):
        return False
    try:
        fresh = trees.unpack_row(cache, row, archive_of(cache, row, offline))
    except trees.NoTool as why:
        raise Unavailable(str(why)) from None
    except OSError as why:
        raise Wrong(str(why)) from None
    if not os.path.isdir(trees.local_path(cache, row)):
        raise Wrong("no such folder in the archive")
    return fresh


def fetch_row(cache, row, offline):
    """True when the file had to be made, False when it was there."""
    if "sha256" not in row:
        return fetch_tree(cache, row, offline)
    target = local_path(cache, row)
    if os.path.isfile(target) and sha256_file(target) == row["sha256"]:
        return False
    data = extract(archive_of(cache, row, offline), row)
    if sha256(data) != row["sha256"]:
        raise Wrong("the file's SHA-256 is not the listed one")
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target + ".part", "wb") as f:
        f.write(data)
    os.replace(target + ".part", target)
    return True


def main():
    parser = argparse.ArgumentParser(description="fetch the public corpus")
    parser.add_argument("--list", help="one list instead of both")
    parser.add_argument("--cache", default=default_cache())
    parser.add_argument("--offline", action="store_true", help="use only what the cache has")
    parser.add_argument("--only", default="", help="only packages whose name contains this")
    args = parser.parse_args()
    lists = [args.list] if args.list else LISTS
    rows = [r for name in lists for r in read_list(name) if args.only in r["package"]]
    counts = {"fetched": 0, "present": 0, "skipped": 0, "wrong": 0}
    failed = {}
    for row in rows:
        key = (row["registry"], row["package"], row["version"], row["variant"])
        try:
            if key in failed:
                raise Unavailable(failed[key])
            counts["fetched" if fetch_row(args.cache, row, args.offline) else "present"] += 1
        except Unavailable as why:
            if key not in failed:
                print("SKIP %s %s %s: %s" % (*key[:3], why), flush=True)
            failed[key] = str(why)
            counts["skipped"] += 1
        except Wrong as why:
            print("WRONG %s %s %s %s: %s" % (*key[:3], row["path"], why), flush=True)
            counts["wrong"] += 1
    print("corpus in %s: %d files and bundles listed, %d present, %d fetched, %d skipped, %d wrong" % (
        args.cache, len(rows), counts["present"], counts["fetched"], counts["skipped"],
        counts["wrong"]))
    return 1 if counts["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
