# SPDX-License-Identifier: Apache-2.0
"""Other signers, measured where they are installed; nothing is assumed about one that is not.

Looked for in this order: the environment (SIGNET_PEER_RCODESIGN, SIGNET_PEER_ZSIGN), PATH, and
~/.cache/signet/bin.
"""
import os
import shutil
import subprocess


class Peer:
    """What is needed to sign path ad hoc with it: argv(path). kinds: the inputs that it takes."""

    def __init__(self, name, version_option, words, kinds):
        self.name, self.version_option, self.words, self.kinds = name, version_option, words, kinds
        self.program, self.version = None, None

    def argv(self, path):
        return [self.program] + self.words + [path]

    def find(self):
        named = os.environ.get("SIGNET_PEER_" + self.name.upper())
        kept = os.path.join(os.path.expanduser("~"), ".cache", "signet", "bin", self.name)
        self.program = shutil.which(named) if named else shutil.which(self.name) or shutil.which(kept)
        if named and not self.program:
            raise SystemExit("SIGNET_PEER_%s names no program: %s" % (self.name.upper(), named))
        if self.program:
            done = subprocess.run([self.program, self.version_option], capture_output=True, text=True)
            self.version = ((done.stdout + done.stderr).split() or ["of unknown version"])[-1]
        return self


def look():
    """zsign knows the flat apps of iOS only."""
    return [Peer("rcodesign", "--version", ["sign"], {"thin", "universal", "frameworks", "flat"}).find(),
            Peer("zsign", "-v", ["-a", "-f"], {"thin", "universal", "flat"}).find()]
