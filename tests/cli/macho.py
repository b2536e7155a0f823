# SPDX-License-Identifier: Apache-2.0
"""Small synthetic Mach-O executables for the transcripts; the same bytes every time."""
import os
import struct

# cputype, cpusubtype, page of the architecture
ARCHES = {"arm64": (0x0100000C, 0, 0x4000), "x86_64": (0x01000007, 3, 0x1000)}
HEADER, SEGMENT, SECTION = 32, 72, 80


def segment(name, at, size, vmsize, protection, sections):
    return struct.pack("<II16sQQQQIIII", 0x19, SEGMENT + SECTION * sections, name, 0x100000000 + at,
                       vmsize, at, size, protection, protection, sections, 0)


def thin(arch, text_pages=2, minimum=0x000B0000, filetype=2):
    """An executable with that many pages of __TEXT, a symbol table, a version and an entry point."""
    cputype, subtype, page = ARCHES[arch]
    text_size, start = text_pages * page, 0x400
    strings = b"\0_main\0".ljust(16, b"\0")
    linkedit = struct.pack("<IBBHQ", 1, 0x0F, 1, 0, 0x100000000 + start) + strings
    commands = [
        segment(b"__TEXT", 0, text_size, text_size, 5, 1) + struct.pack(
            "<16s16sQQIIIIIIII", b"__text", b"__TEXT", 0x100000000 + start, text_size - start, start,
            2, 0, 0, 0x80000400, 0, 0, 0),
        segment(b"__LINKEDIT", text_size, len(linkedit), page, 1, 0),
        struct.pack("<IIIIII", 2, 24, text_size, 1, text_size + 16, len(strings)),
        struct.pack("<IIIIII", 0x32, 24, 1, minimum, 0x000E0400, 0),
        struct.pack("<II16s", 0x1B, 24, bytes(range(16))),
        struct.pack("<IIQQ", 0x80000028, 24, start, 0),
    ]
    body = b"".join(commands)
    header = struct.pack("<IiiIIIII", 0xFEEDFACF, cputype, subtype, filetype, len(commands), len(body), 0x200085,
                         0)
    period = bytes((7 * i + i // 251) & 0xFF for i in range(min(text_size - start, 251 * 256)))
    pattern = period * ((text_size - start) // len(period) + 1)
    return (header + body).ljust(start, b"\0") + pattern[:text_size - start] + linkedit


def universal(arches, text_pages=2):
    """Slices in the order given, each aligned as lipo aligns it."""
    images = [(arch, thin(arch, text_pages)) for arch in arches]
    at, entries, out = 8 + 20 * len(images), [], b""
    for arch, image in images:
        cputype, subtype, page = ARCHES[arch]
        start = -(-(at + len(out)) // page) * page
        out = out.ljust(start - at, b"\0") + image
        entries.append(struct.pack(">IIIII", cputype, subtype, start, len(image), page.bit_length() - 1))
    return struct.pack(">II", 0xCAFEBABE, len(images)) + b"".join(entries) + out


def build(arches):
    return thin(arches[0]) if len(arches) == 1 else universal(arches)


INFO = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict><key>CFBundleExecutable</key><string>%s</string>
<key>CFBundleIdentifier</key><string>%s</string>
<key>CFBundlePackageType</key><string>%s</string></dict></plist>
"""


def put(root, name, data, mode=0o644):
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())
    os.chmod(path, mode)


def app(root):
    """An app with a framework, a tool, a service and two resources: four pieces of code and itself."""
    kit = "Contents/Frameworks/Kit.framework/"
    service = "Contents/XPCServices/Svc.xpc/Contents/"
    put(root, "Contents/Info.plist", INFO % ("Main", "com.example.app", "APPL"))
    put(root, "Contents/MacOS/Main", universal(["x86_64", "arm64"]), 0o755)
    put(root, "Contents/Resources/icon.icns", "icon\n")
    put(root, "Contents/Resources/en.lproj/Main.strings", "strings\n")
    put(root, "Contents/Helpers/tool", thin("arm64", 3), 0o755)
    put(root, service + "Info.plist", INFO % ("Svc", "com.example.app.svc", "XPC!"))
    put(root, service + "MacOS/Svc", thin("arm64", 4), 0o755)
    put(root, kit + "Versions/A/Kit", thin("arm64", 5, filetype=6), 0o755)
    put(root, kit + "Versions/A/Resources/Info.plist", INFO % ("Kit", "com.example.kit", "FMWK"))
    os.symlink("A", os.path.join(root, kit, "Versions/Current"))
    for name in ("Kit", "Resources"):
        os.symlink("Versions/Current/" + name, os.path.join(root, kit, name))
