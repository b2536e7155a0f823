# SPDX-License-Identifier: Apache-2.0
"""What a signer must write for a slice, computed without signet, and the rules of older signers.

predict() gives the CodeDirectories of today's codesign. A rule changes one thing to what an older
codesign did; exceptions.tsv names slices whose original needs one. So an exception is not a licence to
differ: the original must come out byte for byte under the named rule.
"""
import csblob

# Names a certificate by its hash; a look-alike's certificate has another one.
OWN_HASH = "own-hash"
RULES = {
    OWN_HASH: "the requirement holds the hash of the signer's own certificate",
    "legacy-der": "DER entitlements as a bare SET (codesign of the macOS 11 era)",
    "exec-zero": "CodeDirectory 0x20500 with an empty executable segment (codesign on old hosts)",
    "old-directory": "CodeDirectory 0x20100: no team, no executable segment (codesign before OS X 10.10)",
}


def default_page_size(s):
    return 16384 if s.arch in ("arm64", "arm64e", "arm64_32") and s.platform != 3 else 4096


def default_digests(every):
    """By the oldest system that any slice runs on (docs/format/codedirectory.md, "hashes")."""
    oldest = {1: 0x0A0B04, 2: 0x0B0000, 3: 0x0B0000, 4: 0x0C0000}
    for s in every:
        if s.minos and s.minos < oldest.get(s.platform, 0):
            return [1, 2]
    return [2]


def exec_segment(s, blobs):
    if not s.platform:
        return (0, 0, 0)
    flags = 1 if s.filetype == 2 else 0
    claims = csblob.entitlements(blobs) or {}
    for key, bit in csblob.EXEC_BITS:
        if claims.get(key) is True:
            flags |= bit
    return (s.text["fileoff"], s.text["filesize"], flags)


def options_of(s):
    """The fields of a CodeDirectory that a person chooses, read from an existing one."""
    every = csblob.directories(s.blobs())
    first = every[0]
    return {"identifier": first.identifier, "team": first.team, "flags": first.flags,
            "page_size": first.page_size, "platform": first.platform, "runtime": first.runtime,
            "kinds": [d.hash_kind for d in every]}


def components(blobs):
    return {k: b for k, b in blobs.items()
            if k in (csblob.REQUIREMENTS, csblob.ENTITLEMENTS, csblob.ENTITLEMENTS_DER) or 8 <= k < 12}


def reserved(s, blobs, chosen, budget=18000):
    start = s.signature[0]
    page = chosen["page_size"] or start
    pages = (start + page - 1) // page
    return csblob.reserved_size(components(blobs), chosen["kinds"], chosen["identifier"],
                                chosen["team"], pages, budget)


def signed_code(s, size):
    """The bytes below the signature, with the load commands as the signer leaves them."""
    start = s.signature[0]
    code = bytearray(s.image[:start])

    def put(at, number, wide):
        width = 8 if wide else 4
        code[at:at + width] = number.to_bytes(width, "little" if s.order == "<" else "big")

    filesize = start + size - s.linkedit["fileoff"]
    at = s.linkedit["at"]
    put(s.signature_at + 12, size, False)
    put(at + (32 if s.wide else 28), csblob.align(filesize, 0x4000), s.wide)
    put(at + (48 if s.wide else 36), filesize, s.wide)
    return bytes(code)


def predict(s, blobs, chosen, size, rules=(), bundle=None):
    """The CodeDirectories for a slice whose components are blobs; bundle: {slot: bytes} that it adds."""
    blobs = components(blobs)
    fields = dict(chosen, exec_seg=exec_segment(s, blobs))
    if "exec-zero" in rules or "old-directory" in rules:
        fields.update(exec_seg=(0, 0, 0))
    code = signed_code(s, size)
    out = []
    for kind in chosen["kinds"]:
        special = {n: csblob.digest(kind, b) for n, b in blobs.items()}
        if s.info_plist is not None:
            special[1] = csblob.digest(kind, s.info_plist)
        for slot, data in (bundle or {}).items():
            special[slot] = csblob.digest(kind, data)
        out.append(csblob.build_directory(code, kind, special, fields))
    return out


def own_hash(blobs):
    """SHA-1 of the signer's certificate when the requirements name it, else None."""
    cms = blobs.get(csblob.CMS, b"")
    if len(cms) > 8:
        for raw in csblob.certificates(cms[8:]):
            found = csblob.digest(1, raw)
            if found in blobs.get(csblob.REQUIREMENTS, b""):
                return found
    return None


def rule_applies(rule, s):
    """Whether the original shows the mark of the rule at all: an exception must have its reason."""
    blobs = s.blobs()
    if rule == OWN_HASH:
        return own_hash(blobs) is not None
    if rule == "legacy-der":
        return blobs.get(csblob.ENTITLEMENTS_DER, b"")[8:9] == b"\x31"
    if rule == "exec-zero":
        first = csblob.directories(blobs)[0]
        return first.version == 0x20500 and first.exec_seg == (0, 0, 0) and bool(s.platform)
    if rule == "old-directory":
        return csblob.directories(blobs)[0].version == 0x20100 and bool(s.platform)
    return False
