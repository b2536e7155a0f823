# SPDX-License-Identifier: Apache-2.0
"""A second, independent reader of bundles, and the rules of older signers for them.

Only as much of docs/format/bundles.md as the corpus has: deep bundles, flat ones, frameworks with versions,
and bundles without an executable.
"""
import os
import plistlib
import re

import csblob
import model

MAGICS = (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf")
UNIVERSAL = b"\xca\xfe\xba\xbe"
SLOT_INFO, SLOT_RESOURCES = 1, 3
SEAL_V1 = "seal-v1"
RULES = {
    SEAL_V1: "CodeResources of version 1 only (codesign before OS X 10.9)",
    **{r: model.RULES[r] for r in ("legacy-der", "old-directory")},
}
# Names in _CodeSignature for signatures outside of a Mach-O file; "CodeRequirements-1" is codesign's name for
# the first alternate CodeDirectory.
SEPARATE = {"CodeDirectory": csblob.DIRECTORY, "CodeRequirements-1": csblob.ALTERNATE,
            "CodeRequirements": csblob.REQUIREMENTS, "CodeEntitlements": csblob.ENTITLEMENTS,
            "CodeSignature": csblob.CMS}


def read(path):
    with open(path, "rb") as f:
        return f.read()


def is_macho(path):
    """Whether all of it is Mach-O; static libraries may be universal, too, and Java classes look it."""
    if os.path.islink(path) or not os.path.isfile(path):
        return False
    with open(path, "rb") as f:
        head = f.read(20)
        if head[:4] == UNIVERSAL and len(head) == 20 and head[4:7] == bytes(3):
            f.seek(int.from_bytes(head[16:20], "big"))
            head = f.read(4)
    return head[:4] in MAGICS


def files(root):
    """Paths of regular files, from root; links are not followed."""
    for folder, _, found in os.walk(root):
        for name in found:
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                yield os.path.relpath(path, root)


def lost_links(path):
    """Versions of a framework whose links are gone, as npm and wheels leave it."""
    versions = os.path.join(path, "Versions")
    return os.path.isdir(versions) and not os.path.lexists(os.path.join(versions, "Current"))


def restore_links(root):
    """Puts links back into root and what is nested in it; there is one version in each framework."""
    for folder, inside, _ in os.walk(root):
        if "Versions" not in inside or not lost_links(folder):
            continue
        version, = os.listdir(os.path.join(folder, "Versions"))
        os.symlink(version, os.path.join(folder, "Versions", "Current"))
        for name in os.listdir(os.path.join(folder, "Versions", version)):
            if name != "_CodeSignature":
                os.symlink("Versions/Current/" + name, os.path.join(folder, name))


class Parts:
    """Where the parts of a bundle lie."""

    def __init__(self, path):
        self.support = path
        versions = os.path.join(path, "Versions")
        if os.path.isdir(versions):
            current = os.path.join(versions, "Current")
            self.support = current if os.path.isdir(current) else os.path.join(versions, os.listdir(versions)[0])
        elif os.path.isdir(os.path.join(path, "Contents")):
            self.support = os.path.join(path, "Contents")
        self.info = next((p for p in (os.path.join(self.support, "Info.plist"),
                                      os.path.join(self.support, "Resources", "Info.plist"))
                          if os.path.isfile(p)), None)
        info = plistlib.loads(read(self.info)) if self.info else {}
        self.identifier = info.get("CFBundleIdentifier")
        stem = os.path.splitext(os.path.basename(path))[0]
        name = info.get("CFBundleExecutable") or stem
        self.main = next((p for p in (os.path.join(self.support, "MacOS", name), os.path.join(self.support, name))
                          if os.path.isfile(p)), self.info)
        self.is_macho = is_macho(self.main)

    def resources(self):
        path = os.path.join(self.support, "_CodeSignature", "CodeResources")
        return read(path) if os.path.isfile(path) else None

    def separate_files(self):
        """{name: bytes} of signatures beside the seal."""
        folder = os.path.join(self.support, "_CodeSignature")
        return {n: read(os.path.join(folder, n)) for n in os.listdir(folder) if n != "CodeResources"}

    def separate(self):
        """{slot: blob} of them, as csblob.Slice.blobs() gives it; the CMS has no blob around it here."""
        out = {SEPARATE[n]: data for n, data in self.separate_files().items()}
        out[csblob.CMS] = csblob.word(0xFADE0B01) + csblob.word(8 + len(out[csblob.CMS])) + out[csblob.CMS]
        return out


# --- rules -------------------------------------------------------------------------------------------

def has_pre_encrypt(directory):
    """Xcode passes --generate-pre-encrypt-hashes."""
    return directory.version >= 0x20500 and directory.raw[92:96] != bytes(4)


def rule_applies(rule, original):
    """Whether the original shows the mark of the rule at all."""
    if rule == SEAL_V1:
        return "files2" not in plistlib.loads(original.parts.resources())
    return bool(original.every) and all(model.rule_applies(rule, s) for s in original.every)


def old_seal(resources):
    """Today's seal without what version 2 added, and without the rule for Base.lproj, which is as new."""
    seal = plistlib.loads(resources)
    rules = {pattern: rule for pattern, rule in seal["rules"].items() if "Base" not in pattern}
    out = plistlib.dumps({"files": seal["files"], "rules": rules}, fmt=plistlib.FMT_XML, sort_keys=True)
    return re.sub(rb"<real>(\d+)\.0</real>", rb"<real>\1</real>", out)


def slots_of(parts):
    """What a bundle adds to the special slots."""
    return {SLOT_INFO: read(parts.info), SLOT_RESOURCES: parts.resources()}


def predict_separate(this, rules):
    """The CodeDirectories of a bundle without a Mach-O: all code is one page."""
    code, out = read(this.parts.main), []
    for d in csblob.directories(this.blobs):
        blobs = {**model.components(this.blobs), **slots_of(this.parts)}
        special = {n: csblob.digest(d.hash_kind, data) for n, data in blobs.items()}
        fields = {"identifier": d.identifier, "team": d.team, "flags": d.flags, "platform": 0, "page_size": 0,
                  "runtime": d.runtime, "exec_seg": (0, 0, 0), "pre_encrypt": has_pre_encrypt(d)}
        out.append(csblob.build_directory(code, d.hash_kind, special, fields))
    return out


def predict(this, s, rules):
    """The CodeDirectories of a slice."""
    return model.predict(s, s.blobs(), model.options_of(s), s.signature[1], rules, slots_of(this.parts))


def explain_part(old, new, theirs, ours, rules):
    """None when the rules explain the difference of one slice (None: of the separate files)."""
    before, after = (theirs.blobs(), ours.blobs()) if theirs else (old.blobs, new.blobs)
    same = [csblob.REQUIREMENTS, csblob.ENTITLEMENTS]
    if "legacy-der" not in rules:
        same.append(csblob.ENTITLEMENTS_DER)
    for kind in same:
        if before.get(kind) != after.get(kind):
            return "blob %d differs, which no rule explains" % kind
    for what, this, s, blobs, those in (("the original", old, theirs, before, rules),
                                        ("what signet wrote", new, ours, after, ())):
        expected = predict(this, s, those) if s else predict_separate(this, those)
        if expected != [d.raw for d in csblob.directories(blobs)]:
            return "%s does not follow from the rules" % what
    return None


def explain(old, new, rules):
    """None when the rules explain the difference, else what does not fit."""
    for rule in rules:
        if rule not in RULES:
            return "unknown rule %s" % rule
        if not rule_applies(rule, old):
            return "the original does not show the mark of rule %s" % rule
    ours = new.parts.resources()
    if (old_seal(ours) if SEAL_V1 in rules else ours) != old.parts.resources():
        return "CodeResources does not follow from the rule"
    pairs = list(zip(old.every, new.every)) or [(None, None)]
    found = (explain_part(old, new, a, b, rules) for a, b in pairs)
    return next((problem for problem in found if problem), None)
