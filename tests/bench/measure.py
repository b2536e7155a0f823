# SPDX-License-Identifier: Apache-2.0
"""One command, run again and again with others between, beside its floor."""
import json
import os
import statistics
import subprocess

import inputs

CPUS = len(os.sched_getaffinity(0))


class Tools:
    """The programs that measure, and the scratch folder."""

    def __init__(self, signet, build, folder):
        self.signet, self.folder = os.path.abspath(signet), folder
        self.helpers = os.path.join(os.path.abspath(build), "tests", "bench")
        self.log = folder + "/log"

    def helper(self, name, *words, **more):
        done = subprocess.run([os.path.join(self.helpers, name)] + list(words), check=True, text=True,
                              stdout=subprocess.PIPE, cwd=self.folder, **more)
        return done.stdout

    def run(self, argv, watch_memory=False):
        """(wall seconds, CPU seconds, peak KiB, anonymous peak KiB, exit status)"""
        out = self.helper("bench_run", *(["-m"] if watch_memory else []), self.log, *argv).split()
        return int(out[0]) / 1e9, int(out[1]) / 1e6, int(out[2]), int(out[3]), int(out[4])

    def said(self):
        """The first line that the last command printed, without the scratch folder's name."""
        with open(self.log, encoding="utf-8", errors="replace") as f:
            lines = [line.strip() for line in f if line.strip()]
        return (lines or ["no message"])[0].replace(self.folder + "/", "")

    def prepare(self, *words):
        subprocess.run([self.signet] + list(words), check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def rates(self, milliseconds):
        """Bytes per second of SHA-256 on one, two, and all CPUs, and the kernel's name."""
        one, two, kernel = self.helper("bench_floor", "rate", "2", str(milliseconds)).split()
        every = two
        if CPUS != 2:
            every = self.helper("bench_floor", "rate", str(CPUS), str(milliseconds)).split()[1]
        return float(one), float(two), float(every), kernel

    def kernels(self, milliseconds):
        """The rows of `signet bench`."""
        done = subprocess.run([self.signet, "bench", "--json", "--time", str(milliseconds)], check=True,
                              stdout=subprocess.PIPE)
        return json.loads(done.stdout)["results"][0]["speeds"]

    def small_files(self):
        """Rows of bench_many: kernel, mean size, and three speeds."""
        return [line.split("\t") for line in self.helper("bench_many").splitlines()[1:]]


class Case:
    """One command. group and tool say where its row and column are; before() makes a fresh input outside
    of the measured time; passed is (path, signs?) for the floor; check is what must be valid afterwards."""

    def __init__(self, group, tool, argv, before=None, passed=None, check=None):
        self.group, self.tool, self.argv = group, tool, argv
        self.before, self.passed, self.check = before or (lambda: None), passed, check
        self.walls, self.cpus, self.floors = [], [], []
        self.peak, self.problem, self.refused = 0, None, None

    def run(self, tools, warm_up=False):
        if self.problem:
            return
        # The floor comes first: a rename may leave the system writing back for a while.
        passed = floor(tools, *self.passed) if self.passed and not warm_up else None
        self.before()
        wall, cpu, peak, _, status = tools.run(self.argv)
        if status != 0:
            self.problem = "exit status %d: %s" % (status, tools.said())
            return
        if warm_up:
            if self.check and tools.run([tools.signet, "verify", self.check])[4] != 0:
                self.refused = tools.said()
            return
        self.walls.append(wall)
        self.cpus.append(cpu)
        self.peak = max(self.peak, peak)
        if passed is not None:
            self.floors.append(passed)

    def wall(self, how=min):
        return how(self.walls) if self.walls else None

    def median(self):
        return self.wall(statistics.median)

    def floor(self):
        return min(self.floors) if self.floors else None

    def over_floor(self):
        return self.wall() / self.floor() if self.walls and self.floors else None


def floor(tools, path, sign):
    """Seconds; with a thread per CPU or with one alone, which is faster for little, or for one file that
    the system lets one thread write at a time."""
    outputs = tools.folder + "/floor"
    lines = inputs.floor_list(path, sign, outputs)
    taken = []
    for threads in {1, CPUS}:
        inputs.remove(outputs)
        os.mkdir(outputs)
        taken.append(int(tools.helper("bench_floor", "pass", str(threads), input=lines)) / 1e9)
    inputs.remove(outputs)
    return min(taken)
