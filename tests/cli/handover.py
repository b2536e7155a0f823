#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Signing in two steps: the same bytes as in one step, and no document that lies is signed or attached.

usage: SIGNET=path/to/signet TSA_SERVER=path/to/tsa_server tests/cli/handover.py [NAME...]
"""
import base64
import copy
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import macho
import timestamp

FAILED = []
ENTITLEMENTS = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict><key>%s</key><true/></dict></plist>
"""


def expect(what, fine, more=""):
    if not fine:
        FAILED.append(what)
        print("FAIL %s\n%s" % (what, more))


def run(*arguments, data=None):
    return subprocess.run([timestamp.SIGNET, *arguments], capture_output=True, timeout=120, input=data,
                          env=timestamp.ENV)


def must(*arguments, data=None):
    result = run(*arguments, data=data)
    if result.returncode != 0:
        raise AssertionError("%s\n%s" % (" ".join(arguments), result.stderr.decode()))
    return result


ROOTS = ("--apple-root", "root.pem")


def sign(*arguments, who="id.cer", chain=("--cert-chain", "chain.pem"), check=True):
    do = must if check else run
    return do("sign", "-f", "-s", who, *(chain if who == "id.cer" else ()), *ROOTS, *arguments)


def sign_digests(source, target, *arguments, who="id.p12", check=True):
    do = must if check else run
    return do("sign-digests", "-s", who, *ROOTS, "--output", target, *arguments, source)


def certificates(p12, prefix, password="pass:"):
    """What the build host gets: the certificate and those above it, no key."""
    for kind, name in (("-clcerts", "cer"), ("-cacerts", "pem")):
        out = subprocess.run(["openssl", "pkcs12", "-in", p12, "-passin", password, "-nokeys", kind],
                             capture_output=True, check=True).stdout
        with open("%s.%s" % (prefix, name) if name == "cer" else prefix + "-chain.pem", "wb") as f:
            f.write(out)


def identity(kind="developer-id", key="rsa2048", p12="id.p12"):
    for name in ("root.pem", p12):
        if os.path.exists(name):
            os.remove(name)
    must("identity", "make-test", "--kind", kind, "--key-type", key, "--root", "root.pem", p12)
    os.chmod(p12, 0o600)
    certificates(p12, p12[:-4])
    if p12 == "id.p12":
        os.replace("id-chain.pem", "chain.pem")


def same(a, b):
    return subprocess.run(["diff", "-r", "--no-dereference", a, b], capture_output=True).returncode == 0


def load(name):
    with open(name, encoding="utf-8") as f:
        return json.load(f)


def store(name, document):
    with open(name, "w", encoding="utf-8") as f:
        json.dump(document, f)


def put_aside(name):
    copy_of = "copy/" + name
    os.makedirs(os.path.dirname(copy_of), exist_ok=True)
    if os.path.isdir(name):
        shutil.copytree(name, copy_of, symlinks=True, dirs_exist_ok=False)
    else:
        shutil.copy2(name, copy_of)
    return copy_of


def two_steps(names, *options):
    """Signs in as many rounds as it takes. Returns their number."""
    rounds, attach = 0, ()
    before = {n: put_aside(n) for n in names}
    while True:
        rounds += 1
        sign(*options, *attach, "--prepare", "out.json", *names)
        for n in names:
            expect("--prepare leaves %s alone" % n, same(n, before[n]))
        expect("nothing is left beside it", not [n for n in os.listdir(".") if "signet-" in n],
               os.listdir("."))
        document = load("out.json")
        sign_digests("out.json", "signed.json")
        attach = ("--attach", "signed.json")
        if document["complete"]:
            break
    shutil.rmtree("copy")
    sign(*options, *attach, *names)
    return rounds


def one_step(names, *options):
    """The same files signed in one step with the signing time of the last document."""
    document = load("signed.json")
    out = {}
    for name in names:
        out[name] = "one/" + name
        os.makedirs(os.path.dirname(out[name]), exist_ok=True)
        must("sign", "-f", "-s", "id.p12", *ROOTS, *options, "--signing-time", document["signing_time"],
             "--output", out[name], "orig/" + name)
    return out


def check_same(what, names, rounds, *options):
    for name in names:
        os.makedirs("orig", exist_ok=True)
        (shutil.copytree if os.path.isdir(name) else shutil.copy2)(
            name, "orig/" + name, **({"symlinks": True} if os.path.isdir(name) else {}))
    needed = two_steps(names, *options)
    expect("%s: %d rounds" % (what, rounds), needed == rounds, needed)
    for name, other in one_step(names, *options).items():
        expect("%s: %s is the same" % (what, name), same(name, other))
        result = run("verify", "--deep", *ROOTS, name)
        expect("%s: %s is valid" % (what, name), result.returncode == 0, result.stdout.decode())


# --- one step and two steps -----------------------------------------------------------------------------


def tool(name, *arches):
    with open(name, "wb") as f:
        f.write(macho.build(list(arches)))
    os.chmod(name, 0o755)


def ios_app(root):
    """Flat: a framework in the app, and an extension with a framework of its own."""
    for where, name, kind in (("", "Main", "APPL"), ("Frameworks/Kit.framework/", "Kit", "FMWK"),
                              ("PlugIns/Ext.appex/", "Ext", "XPC!"),
                              ("PlugIns/Ext.appex/Frameworks/Deep.framework/", "Deep", "FMWK")):
        macho.put(root, where + "Info.plist", macho.INFO % (name, "com.example." + name.lower(), kind))
        macho.put(root, where + name,
                  macho.thin("arm64", filetype=6 if kind == "FMWK" else 2), 0o755)
    macho.put(root, "icon.png", "icon\n")


NONE = ("--timestamp=none",)


def test_thin():
    tool("tool", "arm64")
    check_same("thin", ["tool"], 1, *NONE, "-o", "runtime", "-i", "com.example.tool")


def test_universal_with_two_digests():
    tool("tool", "x86_64", "arm64")
    with open("e.plist", "w", encoding="utf-8") as f:
        f.write(ENTITLEMENTS % "com.apple.security.app-sandbox")
    check_same("universal", ["tool"], 1, *NONE, "--digest-algorithm", "sha1,sha256", "--entitlements",
               "e.plist")
    document = load("signed.json")
    expect("an entry for each slice", [e["arch"] for e in document["entries"]] == ["arm64", "x86_64"])
    expect("two directories each", [len(e["code_directories"]) for e in document["entries"]] == [2, 2])


def test_app_in_one_round():
    macho.app("My.app")
    check_same("app", ["My.app"], 1, *NONE, "-o", "runtime")


def test_attached_in_place():
    macho.app("My.app")
    shutil.copytree("My.app", "Other.app", symlinks=True)
    for more in ((), ("--in-place",)):
        sign(*NONE, *more, "--prepare", "out.json", "My.app")
        expect("--prepare leaves it alone", same("My.app", "Other.app"))
    sign_digests("out.json", "signed.json")
    os.makedirs("one", exist_ok=True)
    must("sign", "-f", "-s", "id.p12", *ROOTS, *NONE, "--signing-time", load("signed.json")["signing_time"],
         "--output", "one/My.app", "My.app")
    sign(*NONE, "--in-place", "--attach", "signed.json", "My.app")
    expect("the same as in one step", same("My.app", "one/My.app"))


def test_several_files_have_one_document():
    macho.app("My.app")
    tool("tool", "arm64")
    tool("more", "x86_64", "arm64")
    check_same("several", ["My.app", "tool", "more"], 1, *NONE)


def test_code_among_data_needs_a_round_more():
    macho.app("My.app")
    macho.put("My.app", "Contents/Resources/plugin.dylib", macho.thin("arm64", filetype=6), 0o755)
    check_same("data", ["My.app"], 2, *NONE)


def test_flat_app_is_signed_level_by_level():
    identity("apple-distribution")
    ios_app("My.app")
    tool("tool", "arm64")
    check_same("flat", ["My.app", "tool"], 3)


def test_p256_verifies():
    identity(key="p256")
    macho.app("My.app")
    two_steps(["My.app"], *NONE)
    result = run("verify", "--deep", *ROOTS, "My.app")
    expect("P-256 is valid", result.returncode == 0, result.stdout.decode())


def test_through_standard_streams():
    tool("tool", "arm64")
    out = sign(*NONE, "--prepare", "-", "tool").stdout
    signed = must("sign-digests", "-s", "id.p12", *ROOTS, "--output", "-", "-", data=out).stdout
    result = run("sign", "-f", "-s", "id.cer", "--cert-chain", "chain.pem", *ROOTS, *NONE, "--attach", "-",
                 "tool", data=signed)
    expect("through pipes", result.returncode == 0, result.stderr.decode())


def test_timestamps_are_asked_for_once():
    """Also for code whose file, timestamp included, a later round seals."""
    macho.app("My.app")
    macho.put("My.app", "Contents/Resources/plugin.dylib", macho.thin("arm64", filetype=6), 0o755)
    with timestamp.Server() as server:
        url = "--timestamp=" + server.url
        more = ("--apple-root", "tsa.pem")
        sign(*more, url, "--prepare", "out.json", "My.app")
        expect("--prepare asks nobody", server.stats()["requests"] == 0, server.stats())
        sign_digests("out.json", "signed.json")
        sign(*more, url, "--attach", "signed.json", "--prepare", "out.json", "My.app")
        sign_digests("out.json", "signed.json")
        result = sign(*more, url, "--attach", "signed.json", "My.app", check=False)
        expect("attached", result.returncode == 0, result.stderr.decode())
        count = sum(1 for _ in load("signed.json")["entries"])
        expect("one request each", server.stats()["requests"] == count, (server.stats(), count))
    result = run("verify", "--deep", *ROOTS, *more, "My.app")
    expect("valid with timestamps", result.returncode == 0 and b"timestamp" not in result.stdout,
           result.stdout.decode())


# --- what the guarded host refuses ----------------------------------------------------------------------


def b64(data):
    return base64.b64encode(data).decode()


def raw(entry, key):
    return bytearray(base64.b64decode(entry[key]))


def flip_directory(e):
    data = bytearray(base64.b64decode(e["code_directories"][0]))
    data[-1] ^= 1
    e["code_directories"][0] = b64(data)


def other_flags(e):
    e["flags"], e["flags_text"] = 0, "none"


def other_attributes(e):
    data = raw(e, "attributes")
    data[-5] ^= 1
    e["attributes"], e["digest"] = b64(data), hashlib.sha256(data).hexdigest()


def one_attribute_more(e):
    """Well-formed, with the right digest: SEQUENCE { 1.2.3.4, SET { NULL } } at the end of the SET."""
    data, extra = raw(e, "attributes"), bytes.fromhex("3009" "06032a0304" "31020500")
    assert data[:2] == b"\x31\x82"
    size = int.from_bytes(data[2:4], "big") + len(extra)
    data = data[:2] + size.to_bytes(2, "big") + data[4:] + extra
    e["attributes"], e["digest"] = b64(data), hashlib.sha256(data).hexdigest()


def digest_of_something_else(e):
    e["digest"] = hashlib.sha256(b"something else").hexdigest()


def entitlements_swapped(e):
    xml = (ENTITLEMENTS % "com.apple.security.get-task-allow").encode()
    e["entitlements"] = b64(b"\xfa\xde\x71\x71" + (len(xml) + 8).to_bytes(4, "big") + xml)


def setter(key, value):
    def change(e):
        e[key] = value
    return change


ENTRY_CASES = [
    ("identifier", setter("identifier", "com.example.harmless"), "says identifier"),
    ("team", setter("team", "OTHERTEAM0"), "says team"),
    ("no team", setter("team", None), "says team"),
    ("flags", other_flags, "says flags"),
    ("flags in other words", setter("flags_text", "none"), '"flags_text" does not say'),
    ("cdhash", setter("cdhash", "00" * 20), "says cdhash"),
    ("digest", digest_of_something_else, "not the SHA-256 of its attributes"),
    ("attributes", other_attributes, "something else is in them"),
    ("one attribute more", one_attribute_more, "something else is in them"),
    ("directory", flip_directory, "says cdhash"),
    ("two directories", lambda e: e["code_directories"].append(e["code_directories"][0]),
     "do not describe the same code"),
    ("no directory", setter("code_directories", []), "none or too many"),
    ("no entitlements", setter("entitlements", None), "the entitlements in the document"),
    ("entitlements", entitlements_swapped, "the entitlements in the document"),
    ("entitlements that are none", setter("entitlements", b64(b"nonsense")), "blob"),
    ("signature by nobody", setter("signature", b64(b"\1" * 256)), "was not made for this digest"),
    ("unknown key", setter("approved", True), "does not know"),
    ("bad base64", setter("attributes", "!!!!"), "base64"),
    ("number for text", setter("path", 7), "is no text"),
]


def top(key, value):
    def change(d):
        d[key] = value
    return change


DOCUMENT_CASES = [
    ("too old", top("signing_time", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 90000))),
     "too far from now"),
    ("from the future", top("signing_time", "2099-01-01T00:00:00Z"), "too far from now"),
    ("another moment", top("signing_time",
                           time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60))),
     "something else is in them"),
    ("no time", top("signing_time", None), "no signing time"),
    ("a time that is none", top("signing_time", "yesterday"), "is no time"),
    ("version", top("signet-digests", 2), "version 2"),
    ("no version", lambda d: d.pop("signet-digests"), "no document"),
    ("complete or not", top("complete", False), '"complete" does not say'),
    ("no entries", lambda d: d.pop("entries"), '"entries" is missing'),
    ("unknown key", top("approved", "yes"), "does not know"),
    ("certificate", lambda d: d["certificate"].update(sha256="ab" * 32), "is for the certificate"),
    ("entries of another kind", top("entries", {}), "is no list"),
    ("an entry that is none", top("entries", [7]), "entry 0"),
]


def refuse(what, document, text, *arguments, who="id.p12"):
    store("bad.json", document)
    if os.path.exists("signed.json"):
        os.remove("signed.json")
    result = sign_digests("bad.json", "signed.json", *arguments, who=who, check=False)
    message = result.stderr.decode()
    expect("%s: refused" % what, result.returncode == 1 and text in message, message)
    expect("%s: nothing is written" % what, not os.path.exists("signed.json"))


def prepared():
    tool("tool", "x86_64", "arm64")
    with open("e.plist", "w", encoding="utf-8") as f:
        f.write(ENTITLEMENTS % "com.apple.security.app-sandbox")
    sign(*NONE, "-i", "com.example.tool", "-o", "runtime", "--entitlements", "e.plist", "--prepare",
         "out.json", "tool")
    return load("out.json")


def test_lies_about_an_entry():
    good = prepared()
    for what, change, text in ENTRY_CASES:
        bad = copy.deepcopy(good)
        change(bad["entries"][1])
        refuse(what, bad, text)


def test_lies_about_the_document():
    good = prepared()
    for what, change, text in DOCUMENT_CASES:
        bad = copy.deepcopy(good)
        change(bad)
        refuse(what, bad, text)


def test_not_json():
    for data in (b"", b"\0", b"[" * 100000, b'{"signet-digests": 1, "signet-digests": 1}', b"\xff\xfe{}",
                 b'{"signet-digests": 1e400}', b"null", b'"signet-digests"'):
        with open("bad.json", "wb") as f:
            f.write(data)
        result = sign_digests("bad.json", "signed.json", check=False)
        expect("no document: %r" % data[:30], result.returncode == 1, result.stderr.decode())


def test_restrictions():
    good = prepared()
    refuse("identifier", good, "matches no pattern", "--allow-identifier", "com.example.app*")
    refuse("team", good, "not one that may be signed", "--allow-team", "OTHERTEAM0")
    store("out.json", good)
    sign_digests("out.json", "signed.json", "--allow-identifier", "org.*", "--allow-identifier",
                 "com.example.*", "--allow-team", "TEST123456")
    old = sign(*NONE, "--signing-time", "2026-01-31T12:00:00Z", "--allow-expired", "--prepare", "old.json",
               "tool")
    expect("an old time is prepared", old.returncode == 0)
    refuse("old", load("old.json"), "too far from now")


def test_dry_run_shows_and_signs_nothing():
    prepared()
    result = run("sign-digests", "--dryrun", "-s", "id.p12", *ROOTS, "out.json")
    message = result.stderr.decode()
    expect("dry run", result.returncode == 0 and "com.apple.security.app-sandbox" in message and
           "2 digests would be signed" in message and not os.path.exists("signed.json"), message)


def test_certificate_alone_signs_no_digests():
    prepared()
    result = run("sign-digests", "-s", "id.cer", *ROOTS, "--output", "signed.json", "out.json")
    expect("no key", result.returncode == 1 and b"no private key" in result.stderr,
           result.stderr.decode())


# --- what the build host refuses ------------------------------------------------------------------------


def refuse_attach(what, text, *arguments):
    before = put_aside("tool")
    result = sign(*arguments, "tool", check=False)
    message = result.stderr.decode()
    expect("%s: refused" % what, result.returncode != 0 and text in message, message)
    expect("%s: the file is as it was" % what, same("tool", before))
    shutil.rmtree("copy")


OPTIONS = NONE + ("-i", "com.example.tool", "-o", "runtime", "--entitlements", "e.plist")


def test_attach_looks_at_what_it_gets():
    good = prepared()
    refuse_attach("unsigned", "no signature", *OPTIONS, "--attach", "out.json")
    sign_digests("out.json", "signed.json")
    signed = load("signed.json")
    bad = copy.deepcopy(signed)
    data = raw(bad["entries"][0], "signature")
    data[10] ^= 1
    bad["entries"][0]["signature"] = b64(data)
    store("bad.json", bad)
    refuse_attach("signature changed", "was not made for this digest", *OPTIONS, "--attach", "bad.json")
    bad = copy.deepcopy(signed)
    a, b = bad["entries"]
    a["signature"], b["signature"] = b["signature"], a["signature"]
    store("bad.json", bad)
    refuse_attach("signatures exchanged", "was not made for this digest", *OPTIONS, "--attach", "bad.json")
    bad = copy.deepcopy(signed)
    bad["complete"], bad["waiting"] = False, [{"path": "tool", "on": "other"}]
    store("bad.json", bad)
    refuse_attach("not complete", "not complete", *OPTIONS, "--attach", "bad.json")
    refuse_attach("nothing to prepare", "nothing to prepare", *OPTIONS, "--attach", "signed.json",
                  "--prepare", "next.json")
    expect("the document is as it was", good["entries"][0]["digest"] == signed["entries"][0]["digest"])


def test_another_certificate():
    prepared()
    must("identity", "make-test", "other.p12")
    certificates("other.p12", "other")
    refuse("another key", load("out.json"), "is for the certificate", who="other.p12")
    sign_digests("out.json", "signed.json")
    before = put_aside("tool")
    result = run("sign", "-f", "-s", "other.cer", "--cert-chain", "other-chain.pem", *OPTIONS, "--attach",
                 "signed.json", "tool")
    expect("another certificate", result.returncode == 1 and b"is for the certificate" in result.stderr,
           result.stderr.decode())
    expect("the file is as it was", same("tool", before))


def test_what_changed_is_told():
    prepared()
    sign_digests("out.json", "signed.json")
    attach = ("--attach", "signed.json")
    refuse_attach("flags", "flags 0x0 instead of 0x10000", *NONE, "-i", "com.example.tool",
                  "--entitlements", "e.plist", *attach)
    refuse_attach("options", "--options=runtime is missing now", *NONE, "-i", "com.example.tool",
                  "--entitlements", "e.plist", *attach)
    refuse_attach("identifier", "identifier tool instead of com.example.tool", *NONE, "-o", "runtime",
                  "--entitlements", "e.plist", *attach)
    with open("e.plist", "w", encoding="utf-8") as f:
        f.write(ENTITLEMENTS % "com.apple.security.network.client")
    refuse_attach("entitlements", "entitlements differ", *OPTIONS, *attach)
    with open("e.plist", "w", encoding="utf-8") as f:
        f.write(ENTITLEMENTS % "com.apple.security.app-sandbox")
    with open("tool", "r+b") as f:
        f.seek(0x8000)
        f.write(b"changed")
    refuse_attach("pages", "pages differ", *OPTIONS, *attach)


def test_a_bundle_that_changed():
    macho.app("My.app")
    sign(*NONE, "--prepare", "out.json", "My.app")
    sign_digests("out.json", "signed.json")
    macho.put("My.app", "Contents/Resources/new.txt", "new\n")
    before = put_aside("My.app")
    result = sign(*NONE, "--attach", "signed.json", "My.app", check=False)
    expect("resources differ", result.returncode == 1 and b"resources differ" in result.stderr,
           result.stderr.decode())
    expect("the app is as it was", same("My.app", before))
    os.remove("My.app/Contents/Resources/new.txt")
    sign(*NONE, "--attach", "signed.json", "My.app")


def main():
    for program in (timestamp.SIGNET, timestamp.SERVER):
        if not os.access(program, os.X_OK) or os.path.isdir(program):
            raise SystemExit("SIGNET and TSA_SERVER must name programs")
    tests = [(n, f) for n, f in sorted(globals().items()) if n.startswith("test_")]
    wanted, ran = sys.argv[1:], 0
    for name, test in tests:
        if wanted and name not in wanted:
            continue
        ran += 1
        with tempfile.TemporaryDirectory(prefix="signet-test-") as folder:
            os.chdir(folder)
            before = len(FAILED)
            identity()
            test()
            if len(FAILED) > before:
                print("in %s" % name)
            os.chdir("/")
    print("%d tests, %d failed" % (ran, len(FAILED)))
    sys.exit(1 if FAILED else 0)


if __name__ == "__main__":
    main()
