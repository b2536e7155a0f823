#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Secure timestamps: `signet sign` against a server of our own that does everything wrong.

usage: SIGNET=path/to/signet TSA_SERVER=path/to/tsa_server tests/cli/timestamp.py [NAME...]

Nothing outside this machine is asked: the default server, Apple's, is only met through a proxy setting
that leads nowhere.
"""
import http.client
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

import macho

SIGNET = os.path.abspath(os.environ.get("SIGNET", ""))
SERVER = os.path.abspath(os.environ.get("TSA_SERVER", ""))
KEPT = ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "LLVM_PROFILE_FILE")
ENV = {k: os.environ[k] for k in KEPT if k in os.environ}
ENV.update(PATH="/usr/bin:/bin", LC_ALL="C", TZ="UTC")
FAILED = []


def expect(what, fine, more=""):
    if not fine:
        FAILED.append(what)
        print("FAIL %s\n%s" % (what, more))


class Server:
    """The test server, for the time of a with statement."""

    def __init__(self, *arguments):
        self.arguments = arguments

    def __enter__(self):
        self.process = subprocess.Popen([SERVER, "--root", "tsa.pem", *self.arguments],
                                        stdout=subprocess.PIPE, env=ENV)
        self.port = int(self.process.stdout.readline().split()[1])
        self.url = "http://127.0.0.1:%d/ts" % self.port
        return self

    def stats(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", "/stats")
        words = connection.getresponse().read().decode().split()
        connection.close()
        return {words[i]: int(words[i + 1]) for i in range(0, len(words), 2)}

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


def free_port():
    """A port where nobody listens."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def make(name="hello", arches=("arm64",)):
    with open(name, "wb") as f:
        f.write(macho.build(list(arches)))


def run(*arguments, env=None):
    return subprocess.run([SIGNET, *arguments], capture_output=True, text=True, timeout=120,
                          env={**ENV, **(env or {})})


def sign(*arguments, name="hello", who="id.p12", env=None):
    return run("sign", "-f", "-s", who, "--apple-root", "root.pem", "--apple-root", "tsa.pem", *arguments,
               name, env=env)


def verify(name="hello"):
    return run("verify", "-v", "--apple-root", "root.pem", "--apple-root", "tsa.pem", name)


def has_timestamp(name="hello"):
    return re.search(r"timestamp +2\d\d\d-", verify(name).stdout) is not None


# --- DER, as far as taking the token out needs it -----------------------------------------------------


def item(data, at):
    """(tag, start of the content, end)"""
    length, start = data[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7f
        length, start = int.from_bytes(data[start:start + count], "big"), start + count
    return data[at], start, start + length


def children(data, start, end):
    while start < end:
        tag, inner, stop = item(data, start)
        yield tag, start, inner, stop
        start = stop


def signature_and_token(cms):
    _, start, end = item(cms, 0)
    _, start, end = item(cms, list(children(cms, start, end))[1][1])      # [0]
    _, start, end = item(cms, start)                                      # SignedData
    _, start, end = item(cms, list(children(cms, start, end))[-1][1])     # SET of SignerInfo
    _, start, end = item(cms, start)
    parts = list(children(cms, start, end))
    value = next(cms[p[2]:p[3]] for p in parts if p[0] == 0x04)
    unsigned = next(p for p in parts if p[0] == 0xa1)
    _, start, end = item(cms, unsigned[2])                                # Attribute
    values = list(children(cms, start, end))[1]
    return value, cms[values[2]:values[3]]


# --- the good case --------------------------------------------------------------------------------------


def test_openssl_accepts_the_token():
    for options in ([], ["--key", "rsa", "--sha1"], ["--no-policy"]):
        make(arches=("x86_64", "arm64"))
        with Server(*options) as server:
            result = sign("--timestamp=" + server.url)
            expect("signed with %s" % options, result.returncode == 0, result.stderr)
            stats = server.stats()
            expect("one token for each slice", stats["requests"] == 2 * (1 + (options == ["--no-policy"])),
                   stats)
        expect("the timestamp is good", has_timestamp(), verify().stdout)
        run("show", "--dump-cms", "cms.der", "-a", "arm64", "hello")
        with open("cms.der", "rb") as f:
            value, token = signature_and_token(f.read())
        with open("value", "wb") as f:
            f.write(value)
        with open("token", "wb") as f:
            f.write(token)
        result = subprocess.run(["openssl", "ts", "-verify", "-in", "token", "-token_in", "-data", "value",
                                 "-CAfile", "tsa.pem"], capture_output=True, text=True)
        expect("openssl ts -verify with %s" % options, result.returncode == 0, result.stderr)
        result = subprocess.run(["openssl", "cms", "-cmsout", "-print", "-inform", "DER", "-in", "cms.der"],
                                capture_output=True, text=True)
        expect("openssl sees the attribute", "id-smime-aa-timeStampToken" in result.stdout,
               result.stdout + result.stderr)


def test_who_gets_one():
    """Developer ID by default, others when asked, ad hoc and dry runs never."""
    nowhere = "http://127.0.0.1:%d" % free_port()
    lost = {"http_proxy": nowhere, "no_proxy": ""}
    make()
    result = sign("--timestamp-tries", "1", env=lost)
    expect("a Developer ID asks Apple's server", result.returncode == 1 and
           "http://timestamp.apple.com/ts01: " in result.stderr and "--timestamp=none" in result.stderr,
           result.stderr)
    for arguments in (["--timestamp=none"], ["--dryrun"]):
        result = sign(*arguments, env=lost)
        expect("%s asks nobody" % arguments, result.returncode == 0, result.stderr)
    result = run("sign", "-f", "-s", "-", "--timestamp", "hello", env=lost)
    expect("ad hoc asks nobody", result.returncode == 0 and not result.stderr.count("warning"),
           result.stderr)
    result = sign(who="dev.p12", env=lost)
    expect("a development certificate asks nobody by itself", result.returncode == 0, result.stderr)
    result = sign("--timestamp", "--timestamp-tries", "1", who="dev.p12", env=lost)
    expect("but when told to", "timestamp.apple.com" in result.stderr, result.stderr)
    result = sign("--timestamp=ftp://127.0.0.1/ts", env=lost)
    expect("other schemes are refused", result.returncode == 2 and "http://" in result.stderr,
           (result.returncode, result.stderr))


def test_without_libcurl():
    """A library that is not there is missed only by who needs it."""
    make()
    os.makedirs("empty", exist_ok=True)
    with open("empty/libcurl.so.4", "wb"):
        pass
    env = {"LD_LIBRARY_PATH": os.path.abspath("empty")}
    if run("--version", env=env).returncode != 0:
        return  # this build links it
    result = sign("--timestamp=none", env=env)
    expect("signing without a timestamp does not need it", result.returncode == 0, result.stderr)
    result = sign("--timestamp=http://127.0.0.1:9/ts", "--timestamp-tries", "1", env=env)
    expect("a timestamp does, and says what to install", result.returncode == 1 and
           "libcurl.so.4" in result.stderr and "install the package libcurl4" in result.stderr,
           result.stderr)


# --- what goes wrong ------------------------------------------------------------------------------------

# name: (words of the message, Apple's number, asked again)
FAULTS = {
    "http-400": ("HTTP status 400", -67887, False),
    "http-404": ("HTTP status 404", -67885, False),
    "http-500": ("HTTP status 500", -67885, True),
    "http-503": ("HTTP status 503", -67885, True),
    "http-429": ("HTTP status 429", -67885, True),
    "redirect": ("another place", -67885, False),
    "html": ("a web page", -67885, True),
    "garbage": ("no timestamp response", -67888, True),
    "empty": ("no timestamp response", -67888, True),
    "cut-off": ("no timestamp response", -67888, True),
    "huge": ("more than", -67885, False),
    "waiting": ("put the request off", -67896, True),
    "revoked": ("certificate is revoked", -67898, False),
    "refuse": ("does not permit or support the transaction (\"not ?[31mtoday\")", -67887, False),
    "no-clock": ("no source of time", -67889, True),
    "wrong-nonce": ("another request", -67895, False),
    "no-nonce": ("another request", -67895, False),
    "wrong-imprint": ("another signature", -67883, False),
    "no-certificates": ("certificate of the timestamp's signer is missing", -67883, False),
    "expired": ("outside the validity of its own certificate", -67883, False),
    "wrong-usage": ("is not meant for timestamping", -67884, False),
    "hang-up": ("http://", -67885, True),
    "slam": ("http://", -67885, True),
    "drip": ("within 0", -67885, True),
    "silence": ("within 0", -67885, True),
}


def test_each_fault():
    for name, (words, number, again) in FAULTS.items():
        make()
        with open("hello", "rb") as f:
            before = f.read()
        with Server("--fault", name) as server:
            quick = ["--timestamp-timeout", "1"] if name in ("drip", "silence") else []
            result = sign("--timestamp=" + server.url, "--timestamp-tries", "2", *quick)
            stats = server.stats()
        words = words.replace("within 0", "within 1 second")
        expect("%s fails" % name, result.returncode == 1, result.stderr)
        expect("%s says why" % name, words in result.stderr, result.stderr)
        expect("%s has its number" % name, str(number) in run_json(name), run_json(name))
        expect("%s is asked %d times" % (name, 1 + again), stats["requests"] == 1 + again, stats)
        with open("hello", "rb") as f:
            expect("%s leaves the file alone" % name, f.read() == before)
        expect("%s leaves nothing beside it" % name,
               not [n for n in os.listdir(".") if n.startswith((".hello", "hello."))], os.listdir("."))


def run_json(fault):
    """The JSON that the same fault gives, asked once."""
    with Server("--fault", fault) as server:
        quick = ["--timestamp-timeout", "1"] if fault in ("drip", "silence") else []
        return sign("--json", "--timestamp=" + server.url, "--timestamp-tries", "1", *quick).stdout


def test_it_is_asked_again():
    for fault in ("http-503", "html", "slam", "hang-up", "garbage"):
        make()
        with Server("--fault", fault, "--times", "2") as server:
            result = sign("-v", "--timestamp=" + server.url)
            expect("%s twice, then good" % fault, result.returncode == 0, result.stderr)
            expect("%s: three requests" % fault, server.stats()["requests"] == 3, server.stats())
            expect("%s: it is told with -v" % fault, "asking again" in result.stderr, result.stderr)
        expect("%s: a good timestamp" % fault, has_timestamp())


def test_retry_after_is_heeded():
    make()
    with Server("--fault", "http-429", "--times", "1") as server:
        start = time.monotonic()
        result = sign("--timestamp=" + server.url)
        expect("signed in the end", result.returncode == 0, result.stderr)
        expect("a second was waited", time.monotonic() - start >= 1)


def test_only_what_failed_is_asked_again():
    make(arches=("x86_64", "arm64"))
    with Server("--fault", "http-503", "--times", "1") as server:
        result = sign("--timestamp=" + server.url)
        expect("signed", result.returncode == 0, result.stderr)
        expect("three requests for two slices", server.stats()["requests"] == 3, server.stats())


def test_fallback():
    make()
    dead = "http://user:secret@127.0.0.1:%d/ts" % free_port()
    with Server() as server:
        result = sign("--timestamp=" + dead, "--timestamp-fallback", server.url, "--timestamp-tries", "1")
        expect("the second server helps", result.returncode == 0, result.stderr)
        expect("and that is told", "no timestamp from 127.0.0.1" in result.stderr, result.stderr)
        expect("but no password", "secret" not in result.stderr, result.stderr)
    expect("a good timestamp", has_timestamp())
    with Server("--fault", "http-404") as one, Server("--fault", "html") as two:
        result = sign("--timestamp=" + one.url, "--timestamp-fallback", two.url, "--timestamp-tries", "2")
        expect("both fail", result.returncode == 1, result.stderr)
        expect("both are named", one.url + ": " in result.stderr and two.url + ": " in result.stderr and
               "(2 tries)" in result.stderr, result.stderr)


def test_an_unknown_root():
    """Refused below an Apple certificate, a warning otherwise."""
    make()
    with Server() as server:
        result = run("sign", "-f", "-s", "id.p12", "--apple-root", "root.pem", "--timestamp=" + server.url,
                     "hello")
        expect("an Apple signature needs an Apple timestamp", result.returncode == 1 and
               "Apple" in result.stderr, result.stderr)
        result = run("sign", "-f", "-s", "self.p12", "--timestamp=" + server.url, "hello")
        expect("another one does not", result.returncode == 0, result.stderr)


# --- ways to the server ---------------------------------------------------------------------------------


class Relay(threading.Thread):
    """Accepts, unwraps (TLS), rewrites (proxy) and passes on to a port."""

    def __init__(self, port, context=None, proxy=False):
        super().__init__(daemon=True)
        self.target, self.context, self.proxy, self.count = port, context, proxy, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            self.count += 1
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        try:
            if self.context:
                peer = self.context.wrap_socket(peer, server_side=True)
            server = socket.create_connection(("127.0.0.1", self.target))
            threading.Thread(target=self.copy, args=(server, peer), daemon=True).start()
            data = peer.recv(65536)
            if self.proxy:  # "POST http://host/ts HTTP/1.1"
                data = re.sub(rb"^(\w+) http://[^/ ]+", rb"\1 ", data)
            server.sendall(data)
            self.copy(peer, server)
        except OSError:
            peer.close()

    @staticmethod
    def copy(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def test_tls():
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "tls.key", "-out",
                    "tls.pem", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"],
                   check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("tls.pem", "tls.key")
    make()
    with Server() as server:
        relay = Relay(server.port, context)
        url = "https://127.0.0.1:%d/ts" % relay.port
        result = sign("--timestamp=" + url)
        expect("an unknown certificate is refused", result.returncode == 1 and
               "certificate" in result.stderr, result.stderr)
        expect("and not asked again", relay.count == 1, relay.count)
        result = sign("--timestamp=" + url, env={"SSL_CERT_FILE": os.path.abspath("tls.pem")})
        expect("https works", result.returncode == 0, result.stderr)
    expect("a good timestamp", has_timestamp())


def test_proxy():
    make()
    with Server() as server:
        relay = Relay(server.port, proxy=True)
        proxy = {"http_proxy": "http://127.0.0.1:%d" % relay.port}
        result = sign("--timestamp=http://timestamp.example.com/ts", env=proxy)
        expect("the proxy is used", result.returncode == 0 and relay.count == 1, result.stderr)
        result = sign("--timestamp=" + server.url, env={**proxy, "no_proxy": "127.0.0.1"})
        expect("unless the host is excepted", result.returncode == 0 and relay.count == 1, result.stderr)


# --- many ---------------------------------------------------------------------------------------------


def make_bundle(count):
    os.makedirs("Big.app/Contents/MacOS")
    os.makedirs("Big.app/Contents/Frameworks")
    with open("Big.app/Contents/Info.plist", "w", encoding="utf-8") as f:
        f.write('<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0"><dict>'
                "<key>CFBundleExecutable</key><string>Big</string>"
                "<key>CFBundleIdentifier</key><string>com.example.big</string>"
                "<key>CFBundlePackageType</key><string>APPL</string></dict></plist>\n")
    make("Big.app/Contents/MacOS/Big")
    os.chmod("Big.app/Contents/MacOS/Big", 0o755)
    for i in range(count):
        make("Big.app/Contents/Frameworks/lib%d.dylib" % i)


def test_a_large_bundle():
    count = 200
    make_bundle(count - 1)
    for jobs in ("1", "4"):
        with Server("--delay", "100") as server:
            start = time.monotonic()
            result = sign("--jobs", jobs, "--timestamp=" + server.url, name="Big.app")
            took = time.monotonic() - start
            stats = server.stats()
        print("  %d items, 100 ms each, --jobs %s: %.2f s (one after the other: %.0f s), %s" %
              (count, jobs, took, count * 0.1, stats))
        expect("signed", result.returncode == 0, result.stderr)
        expect("one request for each", stats["requests"] == count, stats)
        expect("many at the same time", 8 <= stats["together"] <= 64, stats)
        expect("connections are kept", stats["connections"] <= 66, stats)
    result = verify("Big.app")
    expect("the bundle is good", result.returncode == 0, result.stdout + result.stderr)


def nest(root, levels):
    """Apps inside each other, one a level; what is innermost comes first."""
    names, at = [], root
    for level in range(levels):
        macho.put(at, "Contents/Info.plist", macho.INFO % ("Main", "com.example.l%d" % level, "APPL"))
        macho.put(at, "Contents/MacOS/Main", macho.thin("arm64", 2 + level), 0o755)
        macho.put(at, "Contents/Resources/note.txt", "level %d\n" % level)
        names.insert(0, at)
        at = os.path.join(at, "Contents/Helpers/Level%d.app" % (level + 1))
    return names


def content(root):
    """Every file of a tree with its bytes, mode and time."""
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            with open(path, "rb") as f:
                found[path] = (f.read(), status.st_mode, status.st_mtime_ns)
    return found


def test_one_wave():
    """A parent does not wait for the timestamps of what is inside it."""
    nest("Deep.app", 8)
    before = content("Deep.app")
    for more in (["--jobs", "1"], ["--jobs", "4"], ["--in-place"]):
        with Server("--delay", "1000") as server:
            result = sign(*more, "--timestamp=" + server.url, name="Deep.app")
            stats = server.stats()
        expect("signed", result.returncode == 0, result.stderr)
        # All eight, unless a sanitizer on a busy machine makes signing slower than the server.
        expect("the levels ask at the same time", stats["together"] >= 5, stats)
        expect("the bundle is good", verify("Deep.app").returncode == 0, verify("Deep.app").stdout)
    after = content("Deep.app")
    for path, (_, mode, mtime) in before.items():
        expect("%s keeps mode and time" % path, after[path][1:] == (mode, mtime), after[path][1:])
    for name in before:
        if name.endswith("/Main"):
            expect("%s has a timestamp" % name, has_timestamp(name), verify(name).stdout)


def test_flat_bundles_go_level_by_level():
    """Their seals have the bytes of the code inside."""
    macho.put("Flat.app", "Info.plist", macho.INFO % ("Main", "com.example.flat", "APPL"))
    macho.put("Flat.app", "Main", macho.thin("arm64", 2), 0o755)
    macho.put("Flat.app", "Frameworks/Kit.framework/Info.plist",
              macho.INFO % ("Kit", "com.example.flat.kit", "FMWK"))
    macho.put("Flat.app", "Frameworks/Kit.framework/Kit", macho.thin("arm64", 3, filetype=6), 0o755)
    with Server("--delay", "300") as server:
        result = sign("--timestamp=" + server.url, name="Flat.app")
        stats = server.stats()
    expect("signed", result.returncode == 0, result.stderr)
    expect("one after the other", (stats["requests"], stats["together"]) == (2, 1), stats)
    expect("the bundle is good", verify("Flat.app").returncode == 0, verify("Flat.app").stdout)


def test_a_refusal_in_the_wave():
    """Parents may have been signed by then: the tree is left alone all the same, and the item is named."""
    names = nest("Refused.app", 6)
    before = content("Refused.app")
    for fault, times, more in (("http-404", "1", []), ("http-404", "3", []), ("refuse", "1", []),
                               ("wrong-imprint", "1", []), ("http-404", "1", ["--in-place"]),
                               ("wrong-imprint", "3", ["--in-place"])):
        with Server("--delay", "200", "--fault", fault, "--times", times) as server:
            result = sign("--timestamp=" + server.url, "--timestamp-tries", "1", *more, name="Refused.app")
        expect("%s: the whole fails" % fault, result.returncode == 1, result.stderr)
        expect("%s: an item is named" % fault, any("signet: %s:" % n in result.stderr for n in names),
               result.stderr)
        expect("%s: told once" % fault, result.stderr.count("no secure timestamp") == 1, result.stderr)
        expect("%s: nothing has changed" % fault, content("Refused.app") == before)
        expect("%s: nothing is left over" % fault,
               not [n for n in os.listdir(".") if n.startswith(".Refused")], os.listdir("."))


def main():
    for program in (SIGNET, SERVER):
        if not os.access(program, os.X_OK) or os.path.isdir(program):
            raise SystemExit("SIGNET and TSA_SERVER must name programs")
    tests = {k[5:]: v for k, v in globals().items() if k.startswith("test_")}
    with tempfile.TemporaryDirectory(prefix="signet-") as folder:
        os.chdir(folder)
        for name, kind in (("id", "developer-id"), ("dev", "apple-development"), ("self", "self-signed")):
            made = run("identity", "make-test", "--kind", kind, "--key-type", "p256", "--root",
                       "root.pem" if name == "id" else name + ".pem", name + ".p12")
            if made.returncode != 0:
                raise SystemExit(made.stderr)
        with Server():
            pass  # writes tsa.pem
        for name in sys.argv[1:] or tests:
            tests[name]()
        os.chdir("/")
    print("%d tests, %d failed" % (len(sys.argv[1:] or tests), len(FAILED)))
    sys.exit(1 if FAILED else 0)


if __name__ == "__main__":
    main()
