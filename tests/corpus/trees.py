# SPDX-License-Identifier: Apache-2.0
"""Whole archives unpacked into the cache, links and modes kept: a bundle is more than its bytes.

Info-ZIP's `unzip` restores symbolic links and modes, which Python's zipfile does not; `tar` does the rest.
"""
import os
import shutil
import subprocess


class NoTool(Exception):
    """The client that unpacks this archive is not installed."""


def top(cache, row):
    return os.path.join(cache, "trees", row["archive_sha256"][:16])


def local_path(cache, row):
    """Where a bundle of the list lies in the cache; '!/' steps into an inner archive."""
    return os.path.join(top(cache, row), row["path"].replace("!/", ".d/"))


def command(archive, folder):
    if archive.endswith((".zip", ".whl", ".jar")):
        return ["unzip", "-q", "-d", folder, archive], (0, 1)  # 1: a warning, everything was unpacked
    return ["tar", "--no-same-owner", "-xf", archive, "-C", folder], (0,)


def unpack(archive, folder):
    """Unpacks archive to folder, which exists only when all of it was unpacked."""
    if os.path.isdir(folder):
        return False
    part = folder + ".part"
    shutil.rmtree(part, ignore_errors=True)
    os.makedirs(part)
    args, good = command(archive, part)
    if shutil.which(args[0]) is None:
        shutil.rmtree(part)
        raise NoTool("%s is not installed" % args[0])
    run = subprocess.run(args, capture_output=True, text=True, env=dict(os.environ, LC_ALL="C.UTF-8"))
    if run.returncode not in good:
        raise OSError("%s: exit %d: %s" % (args[0], run.returncode, run.stderr.strip()[:200]))
    os.rename(part, folder)
    return True


def unpack_row(cache, row, archive):
    """Unpacks what the row's path leads through; True when something was unpacked."""
    folder = top(cache, row)
    fresh = unpack(archive, folder)
    for step in row["path"].split("!/")[:-1]:
        inner = os.path.join(folder, step)
        folder = inner + ".d"
        fresh |= unpack(inner, folder)
    return fresh
