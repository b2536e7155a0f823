# SPDX-License-Identifier: Apache-2.0
"""A second, independent reader and builder of code signatures (standard library only).

It shares no code with signet, so that a mistake has to be made twice to go unseen. References are to
docs/format/. Written for clarity, not for hostile input.
"""
import hashlib
import plistlib
import struct

DIRECTORY, ALTERNATE, CMS = 0, 0x1000, 0x10000
REQUIREMENTS, ENTITLEMENTS, ENTITLEMENTS_DER = 2, 5, 7
HASHES = {1: ("sha1", 20), 2: ("sha256", 32), 4: ("sha384", 48)}
HEADER = {0x20001: 44, 0x20100: 48, 0x20200: 52, 0x20300: 64, 0x20400: 88, 0x20500: 96, 0x20600: 108}
FLAG_ADHOC, FLAG_RUNTIME, FLAG_LINKER = 0x2, 0x10000, 0x20000
EMPTY_REQUIREMENTS = bytes.fromhex("fade0c010000000c00000000")
CPU_NAMES = {0x7: "i386", 0x1000007: "x86_64", 0xC: "arm", 0x100000C: "arm64", 0x200000C: "arm64_32"}
EXEC_BITS = [("get-task-allow", 0x10), ("run-unsigned-code", 0x10),
             ("com.apple.private.cs.debugger", 0x20), ("dynamic-codesigning", 0x40),
             ("com.apple.private.skip-library-validation", 0x80),
             ("com.apple.private.amfi.can-load-cdhash", 0x100),
             ("com.apple.private.amfi.can-execute-cdhash", 0x200)]


def digest(kind, data):
    return hashlib.new(HASHES[kind][0], data).digest()


def align(value, step):
    return (value + step - 1) // step * step


class Slice:
    """One thin Mach-O image: where its load commands are, and its signature."""

    def __init__(self, image):
        self.image = image
        self.order = "<" if image[0] in (0xCE, 0xCF) else ">"
        magic, self.cpu, self.subtype, self.filetype, count, self.commands_size = self.u32s(0, 6)
        self.wide = magic == 0xFEEDFACF
        self.header = 32 if self.wide else 28
        self.signature = self.linkedit = self.text = None
        self.platform = self.minos = self.sdk = 0
        self.info_plist = self.uuid = None
        at = self.header
        for _ in range(count):
            command, size = self.u32s(at, 2)
            self.read_command(command, at)
            at += size

    def u32s(self, at, count):
        return struct.unpack_from("%s%dI" % (self.order, count), self.image, at)

    def read_command(self, command, at):
        if command in (0x1, 0x19):
            self.read_segment(at)
        elif command == 0x1B:
            self.uuid = self.image[at + 8:at + 24]
        elif command == 0x1D:
            self.signature_at = at
            self.signature = self.u32s(at + 8, 2)
        elif command == 0x32 and not self.platform:
            self.platform, self.minos, self.sdk = self.u32s(at + 8, 3)
        elif command in (0x24, 0x25, 0x2F, 0x30) and not self.platform:
            self.platform = {0x24: 1, 0x25: 2, 0x2F: 3, 0x30: 4}[command]
            self.minos, self.sdk = self.u32s(at + 8, 2)

    def read_segment(self, at):
        name = self.image[at + 8:at + 24].rstrip(b"\0")
        words = "4Q4I" if self.wide else "8I"
        values = struct.unpack_from(self.order + words, self.image, at + 24)
        segment = {"at": at, "vmsize": values[1], "fileoff": values[2], "filesize": values[3]}
        if name == b"__LINKEDIT":
            self.linkedit = segment
        if name == b"__TEXT":
            self.text = segment
            self.read_info_plist(at + 24 + struct.calcsize(self.order + words), values[6])

    def read_info_plist(self, at, count):
        words, step = ("2QI", 80) if self.wide else ("3I", 68)
        for i in range(count):
            section = at + i * step
            if self.image[section:section + 16].rstrip(b"\0") == b"__info_plist":
                _, size, offset = struct.unpack_from(self.order + words, self.image, section + 32)
                self.info_plist = self.image[offset:offset + size]

    @property
    def arch(self):
        if self.cpu == 0x100000C and self.subtype & 0xFF == 2:
            return "arm64e"
        return CPU_NAMES.get(self.cpu, "cpu%x" % self.cpu)

    def blobs(self):
        """{type: blob bytes} of the embedded signature; {} when unsigned."""
        if not self.signature:
            return {}
        start, size = self.signature
        data = self.image[start:start + size]
        count = struct.unpack_from(">I", data, 8)[0]
        out = {}
        for i in range(count):
            kind, offset = struct.unpack_from(">2I", data, 12 + 8 * i)
            length = struct.unpack_from(">I", data, offset + 4)[0]
            out[kind] = data[offset:offset + length]
        return out


def slices(data):
    """The images of a file, thin or universal, in file order."""
    if data[:4] != b"\xca\xfe\xba\xbe":
        return [Slice(data)]
    count = struct.unpack_from(">I", data, 4)[0]
    out = []
    for i in range(count):
        _, _, offset, size, _ = struct.unpack_from(">5I", data, 8 + 20 * i)
        out.append(Slice(data[offset:offset + size]))
    return out


class Directory:
    """A CodeDirectory (docs/format/codedirectory.md)."""

    def __init__(self, raw):
        self.raw = raw
        (_, _, self.version, self.flags, self.hash_at, ident_at, self.special_count,
         self.code_count, self.limit) = struct.unpack_from(">9I", raw)
        self.hash_size, self.hash_kind, self.platform, self.page_log = raw[36:40]
        team_at = struct.unpack_from(">I", raw, 48)[0] if self.version >= 0x20200 else 0
        self.exec_seg = struct.unpack_from(">3Q", raw, 64) if self.version >= 0x20400 else (0, 0, 0)
        self.runtime = struct.unpack_from(">I", raw, 88)[0] if self.version >= 0x20500 else 0
        self.identifier = self.text(ident_at)
        self.team = self.text(team_at) if team_at else None

    def text(self, at):
        return self.raw[at:self.raw.index(b"\0", at)].decode()

    def slot(self, number):
        at = self.hash_at + number * self.hash_size
        return self.raw[at:at + self.hash_size]

    @property
    def page_size(self):
        return 1 << self.page_log if self.page_log else 0


def directories(blobs):
    return [Directory(blobs[k]) for k in sorted(blobs) if k == DIRECTORY or 0x1000 <= k < 0x1006]


def entitlements(blobs):
    """The entitlements as a dictionary, or None."""
    if ENTITLEMENTS not in blobs:
        return None
    return plistlib.loads(blobs[ENTITLEMENTS][8:].strip(b" \t\r\n\0"), fmt=plistlib.FMT_XML)


# --- building ------------------------------------------------------------------------------------

def build_directory(code, kind, special, fields):
    """A CodeDirectory over code; special maps slot numbers to hashes."""
    size = HASHES[kind][1]
    team, runtime, exec_seg = fields["team"], fields["runtime"], fields["exec_seg"]
    before_encryption = fields.get("pre_encrypt", False)
    version = (0x20500 if runtime or before_encryption else 0x20400 if exec_seg[1] else 0x20200 if team else 0x20100)
    if fields.get("version"):
        version = fields["version"]
    if version < 0x20400:
        exec_seg = (0, 0, 0)
    page = fields["page_size"] or len(code) or 1
    pages = [digest(kind, code[i:i + page]) for i in range(0, len(code), page)]
    names = fields["identifier"].encode() + b"\0"
    team_at = HEADER[version] + len(names) if team else 0
    if team:
        names += team.encode() + b"\0"
    top = max(special, default=0)
    pre_at = HEADER[version] + len(names) if before_encryption else 0
    extra = pages if before_encryption else []
    hash_at = HEADER[version] + len(names) + (len(extra) + top) * size
    hashes = extra + [special.get(n, bytes(size)) for n in range(top, 0, -1)] + pages
    length = HEADER[version] + len(names) + len(hashes) * size
    head = struct.pack(">9I4BI", 0xFADE0C02, length, version, fields["flags"], hash_at,
                       HEADER[version], top, len(pages), len(code), size, kind,
                       fields["platform"], fields["page_size"].bit_length() - 1
                       if fields["page_size"] else 0, 0)
    head += struct.pack(">I", 0)
    if version >= 0x20200:
        head += struct.pack(">I", team_at)
    if version >= 0x20300:
        head += struct.pack(">IQ", 0, 0)
    if version >= 0x20400:
        head += struct.pack(">3Q", *exec_seg)
    if version >= 0x20500:
        head += struct.pack(">2I", runtime, pre_at)
    return head + names + b"".join(hashes)


def reserved_size(blobs, kinds, identifier, team, pages, cms_budget):
    """What a signer reserves before it signs (docs/format/macho.md, "space reservation")."""
    names = len(identifier.encode()) + 1 + (len(team.encode()) + 1 if team else 0)
    top = max([k for k in blobs if k < 12] + [0])
    total = 12 + 8 * (len(blobs) + len(kinds) + 1) + sum(len(b) for b in blobs.values())
    for kind in kinds:
        total += 96 + names + (top + pages) * HASHES[kind][1]
    return align(total + cms_budget, 16)


# --- requirements ----------------------------------------------------------------------------------

def word(value):
    return struct.pack(">I", value)


def data(value):
    return word(len(value)) + value + bytes(-len(value) % 4)


def conjunction(first, *rest):
    return first if not rest else word(6) + first + conjunction(*rest)


def certificate_exists(slot, suffix):
    oid = bytes.fromhex("2a864886f763640" + suffix)
    return word(14) + struct.pack(">i", slot) + data(oid) + word(0)


def subject_equals(field, value):
    return word(11) + word(0) + data(field) + word(1) + data(value.encode())


def default_requirement(identifier, leaf):
    """The designated requirement set of a leaf (docs/format/requirements.md, "default"), or None."""
    name = word(2) + data(identifier.encode())
    generic = word(15)
    if leaf["kind"] == "developer-id":
        expression = conjunction(name, generic, certificate_exists(1, "60206"),
                                 certificate_exists(0, "6010d"), subject_equals(b"subject.OU", leaf["team"]))
    elif leaf["kind"] in ("apple-development", "apple-distribution", "mac-app-distribution"):
        expression = conjunction(name, generic, subject_equals(b"subject.CN", leaf["name"]),
                                 certificate_exists(1, "60201"))
    elif leaf["kind"] == "software-signing":
        expression = conjunction(name, word(3))
    else:
        return None
    requirement = word(0xFADE0C00) + word(12 + len(expression)) + word(1) + expression
    return word(0xFADE0C01) + word(20 + len(requirement)) + word(1) + word(3) + word(20) + requirement


# --- the signer's certificate ------------------------------------------------------------------------

def der(blob, at=0):
    """(tag, start of the value, end of the value, end of the element)"""
    tag, length, at = blob[at], blob[at + 1], at + 2
    if length == 0x80:
        end = at
        while blob[end:end + 2] != b"\0\0":
            end = der(blob, end)[3]
        return tag, at, end, end + 2
    if length > 0x80:
        count = length & 0x7F
        length, at = int.from_bytes(blob[at:at + count], "big"), at + count
    return tag, at, at + length, at + length


def children(blob, at=0):
    _, at, end, _ = der(blob, at)
    out = []
    while at < end:
        nxt = der(blob, at)[3]
        out.append(blob[at:nxt])
        at = nxt
    return out


def value(element):
    _, start, end, _ = der(element)
    return element[start:end]


def certificates(cms):
    """DER certificates in a SignedData."""
    signed_data = children(children(cms)[1])[0]
    for part in children(signed_data):
        if part[0] == 0xA0:
            return children(part)
    return []


class Certificate:
    def __init__(self, raw):
        self.raw = raw
        parts = children(children(raw)[0])
        parts = parts[1:] if parts[0][0] == 0xA0 else parts
        self.issuer, self.subject = parts[2], parts[4]
        self.names = {}
        for rdn in children(self.subject):
            for pair in children(rdn):
                oid, text = children(pair)
                self.names[value(oid)] = value(text).decode("utf-8", "replace")
        self.extensions = set()
        for part in parts[6:]:
            if part[0] == 0xA3:
                self.extensions = {value(children(e)[0]) for e in children(children(part)[0])}

    def marked(self, suffix):
        return bytes.fromhex("2a864886f763640" + suffix) in self.extensions


def leaf_of(cms):
    """{kind, team, name, depth} of the signer, from the certificates alone."""
    every = [Certificate(c) for c in certificates(cms)]
    issuers = {c.issuer for c in every if c.issuer != c.subject}
    leaf = next(c for c in every if c.subject not in issuers)
    above = next((c for c in every if c.subject == leaf.issuer and c is not leaf), None)
    name, team = leaf.names.get(b"\x55\x04\x03", ""), leaf.names.get(b"\x55\x04\x0b")
    kind = "other"
    if above and above.marked("60206") and leaf.marked("6010d"):
        kind = "developer-id"
    elif above and above.marked("60201"):
        kind = ("apple-development" if leaf.marked("60102") or leaf.marked("6010c") else
                "apple-distribution" if leaf.marked("60104") else "mac-app-distribution")
    elif leaf.marked("616"):
        kind = "software-signing"
    return {"kind": kind, "team": team, "name": name, "depth": len(every)}
