# SPDX-License-Identifier: Apache-2.0
"""What is measured: the rows of the tables in docs/performance.md."""
import os
import subprocess

import inputs
from measure import Case

# What --quick makes smaller, for a smoke test. Sizes in MB.
FULL = {"large": 100, "peers": 147, "frameworks": (23, 178), "files": 2000, "memory": 1073.74,
        "sizes": [1, 10, 100, 1000], "counts": [10, 100, 1000, 10000], "rate": 1000, "kernel": 100}
QUICK = {"large": 3, "peers": 2, "frameworks": (3, 1.5), "files": 40, "memory": 4,
         "sizes": [1, 2], "counts": [10, 30], "rate": 5, "kernel": 2}
PASSWORD = "SIGNET_BENCH_PW"
AD_HOC = ["-f", "-s", "-"]


def has_in_place(tools):
    done = subprocess.run([tools.signet, "help", "sign"], capture_output=True, text=True, check=True)
    return "--in-place" in done.stdout


class Maker:
    """Makes the cases of one run. plan: FULL or QUICK."""

    def __init__(self, tools, peers, plan):
        self.tools, self.peers, self.plan = tools, peers, plan
        self.folder, self.out = tools.folder, tools.folder + "/out"
        self.p12, self.root = self.folder + "/id.p12", self.folder + "/root.pem"
        self.in_place = has_in_place(tools)
        self.cases = []

    def make(self):
        os.environ[PASSWORD] = "pw"
        self.tools.prepare("identity", "make-test", "--password-env", PASSWORD, "--root", self.root, self.p12)
        self.start_up()
        for kind in ("thin", "universal"):
            self.large(kind)
        for kind in ("thin", "universal"):
            self.beside_peers("sign ad hoc, %s, %g MB" % (kind, self.plan["peers"]), kind,
                              self.with_room(kind, self.plan["peers"]))
        self.bundles()
        self.growth()
        os.sync()
        return self.cases

    def certificate(self):
        return ["-f", "-s", self.p12, "--password-env", PASSWORD, "--timestamp=none"]

    def add(self, group, words, tool="signet", before=None, passed=None, check=None):
        self.cases.append(Case(group, tool, [self.tools.signet] + words, before, passed, check))

    def to_output(self, group, who, path):
        """Signing a file to another place: nothing to copy before."""
        self.add(group, ["sign"] + who + ["--output", self.out, path], passed=(path, True),
                 before=lambda: inputs.remove(self.out))

    def start_up(self):
        small = inputs.program(self.folder + "/small", "thin", 0.016)
        self.add("signet --version", ["--version"])
        self.to_output("sign ad hoc, thin, 16 KB", AD_HOC, small)

    def large(self, kind):
        size = self.plan["large"]
        path = inputs.program("%s/large-%s" % (self.folder, kind), kind, size)
        signed = path + ".signed"
        self.tools.prepare("sign", *self.certificate(), "--output", signed, path)
        if kind != "thin" or size not in self.plan["sizes"]:
            self.to_output("sign ad hoc, %s, %g MB" % (kind, size), AD_HOC, path)
        self.to_output("sign with a certificate, %s, %g MB" % (kind, size), self.certificate(), path)
        self.add("verify a certificate's, %s, %g MB" % (kind, size), [
            "verify", "--apple-root", self.root, signed], passed=(path, False))

    def with_room(self, kind, size):
        """Signed with small pages and a certificate: an ad hoc signature of any tool fits into its place, so
        nobody has to move anything. zsign is fastest then."""
        path = inputs.program("%s/plain-%s" % (self.folder, kind), kind, size)
        signed = "%s/room-%s" % (self.folder, kind)
        self.tools.prepare("sign", "-P", "4096", *self.certificate(), "--output", signed, path)
        inputs.remove(path)
        return signed

    def beside_peers(self, group, kind, source):
        """Everybody signs a copy of source where it lies."""
        copy = self.folder + "/Copy" + (".app" if os.path.isdir(source) else "")

        def fresh():
            inputs.copy(source, copy)

        self.add(group, ["sign"] + AD_HOC + [copy], before=fresh, passed=(source, True), check=copy)
        if self.in_place:
            self.add(group, ["sign", "--in-place"] + AD_HOC + [copy], "signet --in-place", fresh, check=copy)
        for peer in self.peers:
            if peer.program and kind in peer.kinds:
                self.cases.append(Case(group, peer.name, peer.argv(copy), fresh, check=copy))

    def signed_copy(self, app):
        signed = app[:-4] + "-signed.app"
        inputs.copy(app, signed)
        self.tools.prepare("sign", *AD_HOC, signed)
        return signed

    def bundles(self):
        count, size = self.plan["frameworks"]
        files = self.plan["files"]
        for title, kind, app in (
                ("app of %d frameworks, %g MB" % (count, size), "frameworks",
                 inputs.frameworks_app(self.folder + "/Frameworks.app", count, size)),
                ("app of %s files" % format(files, ","), "flat",
                 inputs.flat_app(self.folder + "/Files.app", files, 1024, 65536))):
            self.beside_peers("sign ad hoc, " + title, kind, app)
            signed = self.signed_copy(app)
            self.add("verify, " + title, ["verify", "--deep", signed], passed=(signed, False))

    def growth(self):
        for size in self.plan["sizes"]:
            path = inputs.program("%s/thin%g" % (self.folder, size), "thin", size)
            self.tools.prepare("sign", *AD_HOC, "--output", path + ".signed", path)
            self.to_output("sign ad hoc, thin, %g MB" % size, AD_HOC, path)
            self.add("verify, thin, %g MB" % size, ["verify", path + ".signed"], passed=(path, False))
        for count in self.plan["counts"]:
            app = inputs.flat_app("%s/Count%d.app" % (self.folder, count), count, 500, 8000)
            copy, signed = self.folder + "/Copy.app", self.signed_copy(app)
            self.add("sign ad hoc, %d files" % count, ["sign"] + AD_HOC + [copy], passed=(app, True),
                     before=lambda app=app: inputs.copy(app, copy))
            self.add("verify, %d files" % count, ["verify", signed], passed=(signed, False))


def memory(maker):
    """Rows (what, tool, MB of input, anonymous peak, all peak) in KiB; None, and why, when it failed."""
    tools, size = maker.tools, maker.plan["memory"]
    path = inputs.program(maker.folder + "/memory", "thin", size)
    inputs.remove(maker.out)
    jobs = [("sign ad hoc", "signet", [tools.signet, "sign"] + AD_HOC + ["--output", maker.out, path]),
            ("verify", "signet", [tools.signet, "verify", maker.out])]
    jobs += [("sign ad hoc", peer.name, peer.argv(path)) for peer in maker.peers if peer.program]
    rows = []
    for what, tool, argv in jobs:
        _, _, peak, anonymous, status = tools.run(argv, watch_memory=True)
        rows.append((what, tool, size, anonymous, peak, tools.said() if status else None))
    return rows
