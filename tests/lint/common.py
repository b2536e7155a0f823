# SPDX-License-Identifier: Apache-2.0
"""What the lint scripts share: the files of the tree, and how a finding is told."""
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def tree():
    """Paths, relative to the root, of what is or would be committed."""
    run = subprocess.run(["git", "-C", ROOT, "ls-files", "--cached", "--others",
                          "--exclude-standard", "-z"], capture_output=True)
    if run.returncode == 0:
        names = run.stdout.decode().split("\0")
    else:  # a release archive has no .git
        names = [os.path.relpath(os.path.join(folder, name), ROOT)
                 for folder, _, files in os.walk(ROOT) for name in files
                 if "/build/" not in folder + "/"]
    return sorted(n for n in names if n and os.path.isfile(os.path.join(ROOT, n)))


def sources(*folders):
    """C sources and headers below the given folders."""
    return [n for n in tree() if n.startswith(tuple(f + "/" for f in folders))
            and n.endswith((".c", ".h"))]


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8", errors="replace") as f:
        return f.read()


def finish(what, findings, summary):
    """Print findings and a summary line; end the program."""
    for finding in findings:
        print(finding)
    print("%s: %s, %d findings" % (what, summary, len(findings)))
    sys.exit(1 if findings else 0)
