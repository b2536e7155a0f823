# SPDX-License-Identifier: Apache-2.0
"""Synthetic inputs for the benchmark: the same bytes every time."""
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CLI = os.path.join(os.path.dirname(HERE), "cli")
sys.path.insert(0, CLI)
import macho  # noqa: E402

# In a process of its own: a gigabyte of Python objects is gone when it ends.
MAKE = """
import os, sys
sys.path.insert(0, sys.argv[1])
import macho
path, kind, size = sys.argv[2], sys.argv[3], float(sys.argv[4]) * 1e6
if kind == "universal":
    data = macho.universal(["x86_64", "arm64"], max(2, round(size / 0x5000)))
else:
    data = macho.thin("arm64", max(1, round(size / 0x4000)), filetype=6 if kind == "library" else 2)
with open(path, "wb") as f:
    f.write(data)
os.chmod(path, 0o755)
"""
# As in real apps, one framework is large and most are small: this one, and each next one by so much smaller.
LARGEST_FRAMEWORK, SHRINKS = 0.238, 0.75
SETTLE = 8e6


def program(path, kind, megabytes):
    """kind: thin, library or universal; sizes are rounded to pages. Returns path."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    subprocess.run([sys.executable, "-B", "-c", MAKE, CLI, path, kind, str(megabytes)], check=True)
    return path


def put_files(root, under, count, smallest, largest):
    """count files of sizes between the two, 100 to a folder."""
    for i in range(count):
        size = smallest + (i * 2654435761) % (largest - smallest)
        macho.put(root, "%s/d%d/f%d.dat" % (under, i // 100, i), bytes([i % 251]) * size)


def info(name, kind):
    # zsign wants a version, and nobody minds it.
    return (macho.INFO % (name, "com.example." + name.lower(), kind)).replace(
        "</dict>", "<key>CFBundleVersion</key><string>1</string></dict>")


def flat_app(path, files, smallest, largest):
    """As on iOS, which is the shape that every peer signs: an executable of 1 MB beside its resources."""
    name = os.path.basename(path)[:-4]
    program(path + "/" + name, "thin", 1)
    macho.put(path, "Info.plist", info(name, "APPL"))
    put_files(path, "Data", files, smallest, largest)
    return path


def framework(app, name, megabytes):
    base = "%s/Contents/Frameworks/%s.framework" % (app, name)
    program(base + "/Versions/A/" + name, "universal", megabytes)
    macho.put(base, "Versions/A/Resources/Info.plist", info(name, "FMWK"))
    os.symlink("A", base + "/Versions/Current")
    for link in (name, "Resources"):
        os.symlink("Versions/Current/" + link, base + "/" + link)


def frameworks_app(path, count, megabytes):
    """A macOS app; its frameworks have megabytes together, sizes as in LARGEST_FRAMEWORK."""
    name = os.path.basename(path)[:-4]
    program(path + "/Contents/MacOS/" + name, "universal", max(1, megabytes * 0.05))
    macho.put(path, "Contents/Info.plist", info(name, "APPL"))
    put_files(path, "Contents/Resources", 50, 1024, 65536)
    for i in range(count):
        framework(path, "Part%d" % i, megabytes * LARGEST_FRAMEWORK * SHRINKS**i)
    return path


def size_of(path):
    """Bytes of a file, or of all files in a folder."""
    if not os.path.isdir(path):
        return os.path.getsize(path)
    return sum(os.lstat(os.path.join(folder, name)).st_size
               for folder, _, names in os.walk(path) for name in names
               if not os.path.islink(os.path.join(folder, name)))


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def copy(source, target):
    """A fresh copy, in the page cache and not on the disk yet, as a linker leaves a program. What others
    wrote before is flushed first, so that nothing is written back while the command runs."""
    remove(target)
    if size_of(source) > SETTLE:
        subprocess.run(["sync", "-f", os.path.dirname(target)], check=True)
    subprocess.run(["cp", "-a", source, target], check=True)


def is_code(path):
    with open(path, "rb") as f:
        return f.read(4) in (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")


def floor_list(path, sign, outputs):
    """The lines for bench_floor: every file once, code by pages, and copied when something is signed."""
    files = [path]
    if os.path.isdir(path):
        files = sorted(os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names)
    lines = []
    for name in files:
        if os.path.islink(name):
            continue
        if is_code(name):
            lines.append("pages\t%s\t%s" % (name, "%s/%d" % (outputs, len(lines)) if sign else "-"))
        else:
            lines.append("%s\t%s" % ("seal" if sign else "check", name))
    return "\n".join(lines) + "\n"
