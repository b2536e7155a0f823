#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each public header compiles alone, as C17 and as C++17, with every warning an error.

usage: run.py [--cc COMPILER] [--cxx COMPILER]
"""
import argparse
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FLAGS = ["-Wall", "-Wextra", "-pedantic", "-Wconversion", "-Wshadow", "-Werror", "-fsyntax-only",
         "-I" + os.path.join(ROOT, "include")]


def compile_header(compiler, language, standard, header):
    # Twice: the include guard is part of the header.
    source = "#include <signet/%s>\n#include <signet/%s>\nint main(void) { return 0; }\n" % (
        header, header)
    run = subprocess.run([compiler, "-x", language, "-std=" + standard, *FLAGS, "-"], input=source,
                         capture_output=True, text=True)
    if run.returncode != 0:
        print("%s as %s:\n%s" % (header, standard, run.stderr))
    return run.returncode == 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--cxx", default=shutil.which("g++") or shutil.which("c++"))
    args = parser.parse_args()
    headers = sorted(os.listdir(os.path.join(ROOT, "include", "signet")))
    ok = True
    for header in headers:
        ok &= compile_header(args.cc, "c", "c17", header)
        if args.cxx:
            ok &= compile_header(args.cxx, "c++", "c++17", header)
    print("headers: %d alone as C17%s" % (len(headers), " and C++17" if args.cxx else
                                          "; C++17 left out, there is no C++ compiler"))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
