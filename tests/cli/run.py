#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden transcripts: run the commands of tests/cli/*.txt and compare what they print.

usage: SIGNET=path/to/signet tests/cli/run.py [--print] [NAME...]

One file shows one behaviour; each command runs in the same fresh folder. Lines of a file:

    # what is shown                  (the first line; more may follow)
    @ macho NAME ARCH...             make a synthetic Mach-O file
    @ app NAME                       make a synthetic app, macho.py has its content
    @ copy PATH NAME                 a file of this tree
    @ write NAME TEXT                with \\n and \\t
    @ env NAME=VALUE                 for all commands
    @ patch NAME OFFSET HEX          change bytes
    @ run COMMAND                    must succeed; what it prints does not matter
    $ COMMAND                        a line for sh; the command `signet` is the one under test
    > TEXT                           expected on standard output
    ! TEXT                           expected on standard error
    ? N                              expected exit status, 0 when missing

In expected lines <ANY> stands for any text, <N> for a number, <HEX> for hexadecimal digits, <TIME> for
a UTC time, <CWD> for the folder; a line <...> for any number of lines. `@` lines may stand between
commands. --print shows what the commands really print, in the form of a transcript.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

import macho

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
HOLES = {"<ANY>": ".*", "<N>": "[0-9]+", "<HEX>": "[0-9a-f]+",
         "<TIME>": r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"}
KEPT = ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "LLVM_PROFILE_FILE")


class Failure(Exception):
    pass


class Sandbox:
    """The folder in which one transcript runs."""

    def __init__(self, folder, signet):
        self.folder = folder
        tools = os.path.join(folder, ".bin")
        os.mkdir(tools)
        os.symlink(signet, os.path.join(tools, "signet"))
        self.work = os.path.join(folder, "work")
        os.mkdir(self.work)
        self.env = {k: os.environ[k] for k in KEPT if k in os.environ}
        self.env.update(PATH=tools + ":/usr/bin:/bin", HOME=folder, LC_ALL="C", TZ="UTC")

    def run(self, command):
        return subprocess.run(["sh", "-c", command], cwd=self.work, env=self.env, timeout=120,
                              stdin=subprocess.DEVNULL, capture_output=True)

    def path(self, name):
        return os.path.join(self.work, name)

    def do(self, line):
        verb, _, rest = line.partition(" ")
        getattr(self, "do_" + verb)(rest)

    def do_macho(self, rest):
        name, *arches = rest.split()
        with open(self.path(name), "wb") as f:
            f.write(macho.build(arches))
        os.chmod(self.path(name), 0o755)

    def do_app(self, rest):
        macho.app(self.path(rest))

    def do_copy(self, rest):
        source, name = rest.split()
        shutil.copy(os.path.join(ROOT, source), self.path(name))

    def do_write(self, rest):
        name, _, text = rest.partition(" ")
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text.replace("\\n", "\n").replace("\\t", "\t"))

    def do_env(self, rest):
        name, _, value = rest.partition("=")
        self.env[name] = value

    def do_patch(self, rest):
        name, offset, digits = rest.split()
        with open(self.path(name), "r+b") as f:
            f.seek(int(offset, 0))
            f.write(bytes.fromhex(digits))

    def do_run(self, rest):
        result = self.run(rest)
        if result.returncode != 0:
            raise Failure("setup: %s\n%s" % (rest, result.stderr.decode(errors="replace")))


def pattern(line, folder):
    out = ""
    for part in re.split("(<ANY>|<N>|<HEX>|<TIME>|<CWD>)", line):
        out += HOLES.get(part) or re.escape(os.path.realpath(folder) if part == "<CWD>" else part)
    return re.compile(out + r"\Z")


def matches(expected, actual, folder):
    """Lines against lines; <...> takes as many as it needs."""
    if not expected:
        return not actual
    if expected[0] == "<...>":
        return any(matches(expected[1:], actual[i:], folder) for i in range(len(actual) + 1))
    return bool(actual) and bool(pattern(expected[0], folder).match(actual[0])) and matches(
        expected[1:], actual[1:], folder)


def lines(data):
    text = data.decode("utf-8", "backslashreplace")
    return text[:-1].split("\n") if text.endswith("\n") else text.split("\n") if text else []


def steps(path):
    """[("@", text)] and [("$", command, out, err, status)], in order."""
    out = []
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f.read().split("\n"), 1):
            mark, text = line[:1], line[2:]
            if mark == "@":
                out.append(["@", text])
            elif mark == "$":
                out.append(["$", text, [], [], 0])
            elif mark in (">", "!", "?") and out and out[-1][0] == "$":
                if mark == "?":
                    out[-1][4] = int(text)
                else:
                    out[-1][2 if mark == ">" else 3].append(text)
            elif mark not in ("#", ""):
                raise SystemExit("%s:%d: not understood: %s" % (path, number, line))
    return out


def transcript(command, out, err, status):
    marked = ["$ " + command] + ["> " + x for x in out] + ["! " + x for x in err]
    return "\n".join(x.rstrip() if len(x) == 2 else x for x in marked + ["? %d" % status] * (status != 0))


def check(path, signet, show):
    """None, or what is wrong."""
    with tempfile.TemporaryDirectory(prefix="signet-") as folder:
        sandbox = Sandbox(folder, signet)
        for step in steps(path):
            if step[0] == "@":
                if show:
                    print("@ " + step[1])
                sandbox.do(step[1])
                continue
            _, command, out, err, status = step
            result = sandbox.run(command)
            actual = lines(result.stdout), lines(result.stderr), result.returncode
            if show:
                print(transcript(command, *actual))
            elif actual[2] != status or not matches(out, actual[0], sandbox.work) or not matches(
                    err, actual[1], sandbox.work):
                raise Failure("expected:\n%s\ngot:\n%s" % (transcript(command, out, err, status),
                                                          transcript(command, *actual)))


def main():
    arguments = sys.argv[1:]
    show = "--print" in arguments
    names = [a for a in arguments if a != "--print"]
    signet = os.path.abspath(os.environ.get("SIGNET") or shutil.which("signet") or "")
    if not os.access(signet, os.X_OK) or os.path.isdir(signet):
        raise SystemExit("SIGNET does not name the program to test")
    failed = 0
    paths = [os.path.join(HERE, n + ".txt") for n in names] or sorted(glob.glob(HERE + "/*.txt"))
    for path in paths:
        try:
            check(path, signet, show)
        except Failure as failure:
            failed += 1
            print("FAIL %s\n%s\n" % (os.path.basename(path), failure))
    if not show:
        print("%d transcripts, %d failed" % (len(paths), failed))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
