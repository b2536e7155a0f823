#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keys in tokens: `signet sign -s pkcs11:...` against SoftHSM 2.

usage: SIGNET=signet SHIM=p11_shim.so STRESS=token_stress tests/pkcs11/run.py [NAME...]

Tokens are made in a folder of their own. Each way that OpenSSL has here is tested: the engine (libp11), the
provider (pkcs11-provider; also one in the folder that SIGNET_TEST_PROVIDERS names). What is missing is told,
and counted as skipped.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "cli"))
import macho  # noqa: E402

SIGNET, SHIM, STRESS = (os.path.abspath(os.environ.get(n, "")) for n in ("SIGNET", "SHIM", "STRESS"))
SOFTHSM = next(iter(glob.glob("/usr/lib/softhsm/libsofthsm2.so") + glob.glob("/usr/lib*/**/libsofthsm2.so")), None)
KEPT = ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "LLVM_PROFILE_FILE")
ENV = {k: os.environ[k] for k in KEPT if k in os.environ}
ENV.update(PATH="/usr/bin:/bin", LC_ALL="C", TZ="UTC", HOME="/nonexistent", PIN="12345678")
KEYS = {"rsa2048": "01", "rsa4096": "02", "p256": "03", "p384": "04"}
FAILED, SKIPPED, PASSED = [], [], []
WAYS = {}   # name -> environment that leaves only this way


def expect(what, fine, more=""):
    if fine:
        PASSED.append(what)
    else:
        FAILED.append(what)
        print("FAIL %s\n%s" % (what, more))


def run(*words, env=None, stdin=None):
    return subprocess.run(words, capture_output=True, text=True, timeout=300, env={**ENV, **(env or {})},
                          input=stdin)


def must(*words, **more):
    done = run(*words, **more)
    if done.returncode != 0:
        raise SystemExit("%s\n%s%s" % (" ".join(words), done.stdout, done.stderr))
    return done.stdout


def signet(*words, env=None, module=SOFTHSM, stdin=None):
    return run(SIGNET, *words, env={**({"SIGNET_PKCS11_MODULE": module} if module else {}), **(env or {})},
               stdin=stdin)


def sign(uri, *words, key="rsa2048", name="hello", output=None, pin=("--pin-env", "PIN"), **more):
    out = ("--output", output) if output else ()
    names = name if isinstance(name, list) else [name]
    return signet("sign", "-f", "-q", "-s", uri, *pin, "--cert-chain", key + ".chain", "--apple-root",
                  key + ".root", "--timestamp=none", *out, *words, *names, **more)


def says(what, done, status, *parts):
    text = done.stdout + done.stderr
    for part in parts:
        expect("%s: %s" % (what, part), part in text, text)
    expect("%s: status %d" % (what, status), done.returncode == status, text)


# --- tokens ---------------------------------------------------------------------------------------------


def make_token(label):
    must("softhsm2-util", "--init-token", "--free", "--label", label, "--pin", "12345678", "--so-pin", "87654321")


def put(label, token, key=None, cert=None, id_="01", more=()):
    """An object from files: key is PKCS#8 in PEM, cert is DER."""
    if key:
        must("softhsm2-util", "--import", key, "--token", token, "--label", label, "--id", id_, "--pin", "12345678")
    if cert:
        must("pkcs11-tool", "--module", SOFTHSM, "--token-label", token, "--login", "--pin", "12345678",
             "--write-object", cert, "--type", "cert", "--label", label, "--id", id_, *more)


def make_identity(name, kind):
    must(SIGNET, "identity", "make-test", "--key-type", kind, "--root", name + ".root", "--common-name",
         "Test " + name, name + ".p12")
    p12 = ("openssl", "pkcs12", "-in", name + ".p12", "-passin", "pass:")
    pem = must(*p12, "-nodes", "-nocerts")
    must("openssl", "pkcs8", "-topk8", "-nocrypt", "-out", name + ".key", stdin=pem)
    pem = must(*p12, "-nokeys", "-clcerts")
    must("openssl", "x509", "-outform", "der", "-out", name + ".der", stdin=pem)
    with open(name + ".chain", "w") as f:
        f.write(must(*p12, "-nokeys", "-cacerts"))


def make_all():
    os.mkdir("tokens")
    with open("softhsm2.conf", "w") as f:
        f.write("directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n" % os.getcwd())
    ENV["SOFTHSM2_CONF"] = os.getcwd() + "/softhsm2.conf"
    for token in ("Four keys", "One key", "No certificate", "No key"):
        make_token(token)
    for name, id_ in KEYS.items():
        make_identity(name, name)
        put("key " + name, "Four keys", key=name + ".key", cert=name + ".der", id_=id_)
    put("only", "One key", key="p256.key", cert="p256.der")
    put("bare", "No certificate", key="rsa2048.key")
    put("paper", "No key", cert="rsa2048.der")
    with open("hello", "wb") as f:
        f.write(macho.build(["arm64", "x86_64"]))
    with open("pin", "w") as f:
        f.write("12345678\nsomething else\n")
    os.chmod("pin", 0o600)


def only(folder, *names):
    """A folder with links to some files of another one: what OpenSSL finds there is all it has."""
    made = tempfile.mkdtemp(dir=os.getcwd())
    for name in names:
        if folder and os.path.exists(os.path.join(folder, name)):
            os.symlink(os.path.join(folder, name), os.path.join(made, name))
    return made


def find_ways():
    words = must("openssl", "version", "-e", "-m")
    engines, modules = (re.search(w + r': "(.*)"', words)[1] for w in ("ENGINESDIR", "MODULESDIR"))
    providers = os.environ.get("SIGNET_TEST_PROVIDERS", modules)
    nothing = only(modules, "legacy.so")
    if os.path.exists(engines + "/pkcs11.so"):
        WAYS["engine"] = {"OPENSSL_ENGINES": engines, "OPENSSL_MODULES": nothing}
    if os.environ.get("SANITIZE"):
        print("the provider opens modules in a way that sanitizers refuse (RTLD_DEEPBIND)")
    elif os.path.exists(providers + "/pkcs11.so"):
        WAYS["provider"] = {"OPENSSL_ENGINES": nothing, "OPENSSL_MODULES": only(providers, "pkcs11.so")}
    for way, package in (("engine", "libengine-pkcs11-openssl"), ("provider", "pkcs11-provider")):
        if way not in WAYS:
            SKIPPED.append(way)
            print("SKIPPED: OpenSSL's %s pkcs11 (package %s) is not tested" % (way, package))
    return {"OPENSSL_ENGINES": nothing, "OPENSSL_MODULES": nothing}


# --- signing --------------------------------------------------------------------------------------------


def test_same_bytes_as_the_p12():
    now = str(int(time.time()))
    for way, env in WAYS.items():
        for key, id_ in KEYS.items():
            more = ("--signing-time", now)
            said = sign(key + ".p12", *more, key=key, output="a", pin=())
            said = said if said.returncode else sign("pkcs11:token=Four%20keys;id=%" + id_, *more, key=key,
                                                     output="b", env=env)
            expect("%s %s signs" % (way, key), said.returncode == 0, said.stderr)
            said = signet("verify", "-v", "--apple-root", key + ".root", "b")
            expect("%s %s verifies" % (way, key), said.returncode == 0, said.stdout + said.stderr)
            if key.startswith("rsa"):
                with open("a", "rb") as a, open("b", "rb") as b:
                    expect("%s %s: the same bytes as with the p12" % (way, key), a.read() == b.read())


def calls(text):
    found = {}
    for line in text.splitlines():
        name, result = line.split()
        found.setdefault(name, []).append(int(result, 0))
    return found


def log_of(uri, *words, fault="", env=None, **more):
    """(the calls that the module saw, what signet did)"""
    if os.path.exists("log"):
        os.remove("log")
    done = sign(uri, *words, module=SHIM,
                env={"P11_SHIM_MODULE": SOFTHSM, "P11_SHIM_LOG": "log", "P11_SHIM_FAULT": fault, **(env or {})}, **more)
    with open("log") as f:
        return calls(f.read()), done


def test_fifty_files_and_one_login():
    os.makedirs("many", exist_ok=True)
    names = ["many/h%d" % i for i in range(50)]
    for name in names:
        shutil.copy("hello", name)
    for way, env in WAYS.items():
        begin = time.monotonic()
        seen, done = log_of("pkcs11:token=Four%20keys;id=%01", name=names, env=env)
        took = time.monotonic() - begin
        expect(way + ": fifty files signed", done.returncode == 0, done.stderr)
        expect(way + ": one login", seen.get("C_Login") == [0], str(seen.get("C_Login")))
        expect(way + ": a signature per slice", len(seen.get("C_Sign", [])) == 100, str(len(seen.get("C_Sign", []))))
        print("%s: 50 files, 100 signatures, 1 login, %d sessions, %.2f s" % (way, len(seen["C_OpenSession"]), took))


def test_several_identities_one_after_the_other():
    for way, env in WAYS.items():
        uris = ["pkcs11:token=Four%20keys;id=%" + i for i in ("01", "01", "03", "02")] + ["pkcs11:object=only"]
        done = signet("identity", "show", "--pin-env", "PIN", *uris, env=env)
        says(way + ": shown one by one", done, 0, "Test rsa4096", "EC P-256", "pkcs11:object=only: Test p256")


def test_threads():
    for way, env in WAYS.items():
        for key in ("rsa2048", "p256"):
            done = run(STRESS, "pkcs11:token=Four%20keys;id=%" + KEYS[key], SOFTHSM, "PIN", "64", "20", env=env)
            expect("%s %s: 64 threads" % (way, key), done.returncode == 0, done.stdout + done.stderr)
            print("%s %s: %s" % (way, key, done.stdout.strip()))


def test_a_module_that_cannot_lock_is_used_by_one_thread_at_a_time():
    for way, env in WAYS.items():
        if os.path.exists("log"):
            os.remove("log")
        done = run(STRESS, "pkcs11:token=Four%20keys;id=%01", SHIM, "PIN", "8", "10", env={
            **env, "P11_SHIM_MODULE": SOFTHSM, "P11_SHIM_LOG": "log", "P11_SHIM_FAULT": "C_Initialize=0xa"})
        expect(way + ": signs without locks", done.returncode == 0, done.stdout + done.stderr)
        with open("log") as f:
            most = calls(f.read()).get("most_at_once")
        expect(way + ": one call at a time", most and max(most) == 1, str(most))


def test_a_key_that_wants_the_pin_each_time():
    make_token("Strict")
    must("pkcs11-tool", "--module", SOFTHSM, "--token-label", "Strict", "--login", "--pin", "12345678", "--write-object",
         "rsa2048.key", "--type", "privkey", "--label", "strict", "--id", "01", "--always-auth", "--usage-sign")
    put("strict", "Strict", cert="rsa2048.der")
    for way, env in WAYS.items():
        seen, done = log_of("pkcs11:token=Strict", env=env, output="c")
        expect(way + ": signs", done.returncode == 0, done.stderr)
        expect(way + ": the PIN for each signature", seen.get("C_Login_again") == [0, 0], str(seen))


# --- which key ------------------------------------------------------------------------------------------


def show(uri, *words, pin=("--pin-env", "PIN"), **more):
    return signet("identity", "show", *pin, *words, uri, **more)


def test_what_a_uri_leaves_out():
    says("a token with one key", show("pkcs11:token=One%20key"), 0, "Test p256", "object=only;type=private")
    says("the certificate's name", show("pkcs11:object=only;type=cert"), 0, "Test p256")
    says("by slot", show("pkcs11:slot-description=nothing"), 1, "no token fits the URI", "token=One%20key")
    says("by library", show("pkcs11:library-description=Other"), 1, "another PKCS#11 module")
    says("no such object", show("pkcs11:token=Four%20keys;object=five"), 1,
         "no private key that fits the URI, but 4 others", "id=%03;object=key%20p256;type=private",
         'RSA key of "Test rsa2048"')
    says("no such token", show("pkcs11:token=Five"), 1, "no token fits the URI; ", " others are there",
         "token=No%20key")


def test_identity_check():
    check = signet("identity", "check", "--pin-env", "PIN", "pkcs11:token=One%20key")
    says("check of a key in a token", check, 3, "EC P-256, belongs to the certificate",
         "the certificate of its issuer is missing")


def test_ambiguous():
    says("four keys", show("pkcs11:token=Four%20keys"), 1, '4 private keys in the token "Four keys" fit the URI',
         "choose one of the URIs that are listed", "id=%04;object=key%20p384;type=private")
    done = show("pkcs11:")
    says("several tokens", done, 1, " tokens fit the URI, and ", " of them show a certificate", "token=No%20key")
    done = signet("identity", "show", "--json", "--pin-env", "PIN", "pkcs11:token=Four%20keys")
    expect("listed in JSON", done.stdout.count('"path": "pkcs11:model=') == 4, done.stdout)
    for line in re.findall(r"warning: (pkcs11:\S+): ", show("pkcs11:token=Four%20keys").stderr):
        says("a listed URI", show(line), 0, "may sign code  yes")


def test_keys_and_certificates_that_lack_the_other():
    says("no certificate", show("pkcs11:token=No%20certificate"), 1, "has no certificate for the private key pkcs11:",
         "--certificate FILE")
    says("certificate from a file", show("pkcs11:token=No%20certificate", "--certificate", "rsa2048.der"), 0,
         "Test rsa2048")
    says("another key's certificate", show("pkcs11:token=No%20certificate", "--certificate", "rsa4096.der"), 1,
         "the private key (RSA 2048) does not belong to the certificate \"Test rsa4096\"")
    says("no key", show("pkcs11:token=No%20key"), 1, 'the token "No key" has no private key, only certificates')


def test_both_keys_of_a_renewal():
    """Two keys, one for code: that one is taken without being named."""
    make_token("Two keys")
    put("other", "Two keys", key="rsa4096.key", id_="02")
    put("code", "Two keys", key="rsa2048.key", cert="rsa2048.der")
    says("the one with a certificate", show("pkcs11:token=Two%20keys"), 0, "Test rsa2048", "object=code;type=private")


# --- PINs -----------------------------------------------------------------------------------------------


def test_where_the_pin_comes_from():
    uri = "pkcs11:token=One%20key"
    says("a file", show(uri, "--pin-file", "pin", pin=()), 0, "Test p256")
    says("standard input", show(uri, "--pin-file", "-", pin=(), stdin="12345678\n"), 0, "Test p256")
    says("a descriptor", show(uri, "--pin-fd", "0", pin=(), stdin="12345678\r\nx"), 0, "Test p256")
    says("the URI", show(uri + "?pin-source=file:%s/pin" % os.getcwd(), pin=()), 0, "Test p256")
    says("the URI with slashes", show(uri + "?pin-source=file://%s/pin" % os.getcwd(), pin=()), 0, "Test p256")
    says("none", show(uri, pin=()), 1, 'the token "One key" wants a PIN', "--pin-env VAR")
    says("two", show(uri, "--pin-fd", "0"), 2, "--pin-file, --pin-fd and --pin-env exclude each other")
    says("no variable", show(uri, "--pin-env", "NONE", pin=()), 2, "--pin-env: the environment variable NONE is not set")
    says("a command", show(uri + "?pin-source=%7Ccat%20pin", pin=()), 2, "pin-source= is no file")
    os.chmod("pin", 0o640)
    says("a loose file", show(uri, "--pin-file", "pin", pin=()), 1, "--pin-file: pin may be read by other users")
    says("a loose file of the URI", show(uri + "?pin-source=%s/pin" % os.getcwd(), pin=()), 1, "mode 0640): refused")
    says("allowed", show(uri + "?pin-source=%s/pin" % os.getcwd(), "--allow-loose-modes", pin=()), 0, "Test p256")
    os.chmod("pin", 0o600)


def test_a_pin_in_the_uri_is_refused():
    done = show("pkcs11:token=One%20key?pin-value=12345678", pin=())
    says("pin-value", done, 2, "pin-value= is refused: everybody on this machine can read a command line")
    expect("the PIN is not repeated", "12345678" not in done.stdout + done.stderr, done.stderr)


def test_a_wrong_pin_is_tried_once():
    for way, env in WAYS.items():
        seen, done = log_of("pkcs11:token=Four%20keys;id=%01", env={**env, "PIN": "11111111"})
        says(way + ": wrong", done, 1, 'wrong PIN for the token "Four keys"; it was tried once', "locks itself")
        expect(way + ": one try", seen.get("C_Login") == [0xa0], str(seen))
        expect(way + ": not repeated", "11111111" not in done.stdout + done.stderr)
    seen, done = log_of("pkcs11:token=Four%20keys;id=%01", env={"PIN": ""})
    says("empty", done, 1, "is empty; it was not tried")
    expect("no try", "C_Login" not in seen, str(seen))
    says("right after wrong", show("pkcs11:token=Four%20keys;id=%01"), 0, "Test rsa2048")


def test_what_the_token_says_of_its_counter():
    uri = "pkcs11:token=Four%20keys;id=%01"
    wrong = {"PIN": "11111111"}
    for flags, text in (("0x20000", "ONE more wrong try locks it"),
                        ("0x10000", "the token counts wrong tries")):
        says(text, log_of(uri, fault="flags=" + flags, env=wrong)[1], 1, text)
    seen, done = log_of(uri, fault="flags=0x40000")
    says("locked before", done, 1, 'the PIN of the token "Four keys" is locked', "SO PIN (PUK)")
    expect("locked: no try", "C_Login" not in seen, str(seen))
    says("locked by this try", log_of(uri, fault="C_Login=0xa4")[1], 1, "is locked after too many wrong tries")
    says("expired", log_of(uri, fault="C_Login=0xa3")[1], 1, "has expired")
    says("no PIN yet", log_of(uri, fault="C_Login=0x102")[1], 1, "has no user PIN yet")
    says("too short", log_of(uri, fault="C_Login=0xa2")[1], 1, "it wants 4 to 255 characters")
    says("something else", log_of(uri, fault="C_Login=0x30")[1], 1, "refuses the login (CKR_DEVICE_ERROR)")


# --- what else can be wrong -----------------------------------------------------------------------------


def test_the_token_goes_away():
    uri = "pkcs11:token=Four%20keys;id=%01"
    says("before", log_of(uri, fault="C_OpenSession=0xe0")[1], 1, "(CKR_TOKEN_NOT_PRESENT)", "the token was removed")
    for way, env in WAYS.items():
        for key in ("rsa2048", "p256"):
            _, done = log_of("pkcs11:token=Four%20keys;id=%" + KEYS[key], key=key, env=env,
                             fault="C_Sign=0x32,C_GetSessionInfo=0x32")
            says("%s %s: while signing" % (way, key), done, 1, "the private key cannot sign", "the token was removed")


def test_modules():
    uri = "pkcs11:token=One%20key"
    says("by option", show(uri, "--pkcs11-module", SOFTHSM, module=None), 0, "Test p256")
    says("by URI", show(uri + "?module-path=" + SOFTHSM, "--pkcs11-module", "/nonexistent", module=None), 0, "Test p256")
    says("no such file", show(uri, "--pkcs11-module", "/nonexistent.so"), 1, "/nonexistent.so", "with its whole path")
    says("no library", show(uri, "--pkcs11-module", "pin"), 1, "the PKCS#11 module")
    says("another library", show(uri, "--pkcs11-module", "libcrypto.so.3"), 1, "is a library, but no PKCS#11 module")
    says("broken", show(uri, env={"SOFTHSM2_CONF": "/nonexistent"}), 1, "the PKCS#11 module does not start")
    done = show(uri, module=None)
    if "no PKCS#11 module is named" in done.stderr:
        says("no module", done, 1, "--pkcs11-module FILE", "SIGNET_PKCS11_MODULE", "module-path=")
    else:
        says("p11-kit", done, 0, "Test p256")


def test_options_that_do_not_go_together():
    says("a password", show("pkcs11:token=One%20key", "--password-env", "PIN"), 2, "--password-env: for an identity in a file")
    says("a PIN", show("p256.p12"), 2, "--pin-env: for a key in a token only")


def test_neither_way():
    says("neither", show("pkcs11:token=One%20key", env=NEITHER), 1,
         'neither the provider nor the engine "pkcs11"', "libengine-pkcs11-openssl")


def main():
    for program in (SIGNET, STRESS):
        if not os.access(program, os.X_OK) or os.path.isdir(program):
            raise SystemExit("SIGNET, SHIM and STRESS must name what was built")
    missing = [p for p in ("softhsm2-util", "pkcs11-tool", "openssl") if not shutil.which(p)]
    if missing or not SOFTHSM:
        print("SKIPPED: keys in tokens are NOT tested: %s missing (packages softhsm2, opensc, openssl)"
              % ", ".join(missing or ["libsofthsm2.so"]))
        sys.exit(77)
    tests = {k[5:]: v for k, v in globals().items() if k.startswith("test_")}
    with tempfile.TemporaryDirectory(prefix="signet-") as folder:
        os.chdir(folder)
        global NEITHER
        NEITHER = find_ways()
        if not WAYS:
            sys.exit(77)
        make_all()
        for name in sys.argv[1:] or tests:
            tests[name]()
        os.chdir("/")
    print("%d checks" % (len(PASSED) + len(FAILED)))
    print("%d passed, %d failed, %d skipped" % (len(sys.argv[1:] or tests) - bool(FAILED), len(FAILED), len(SKIPPED)))
    sys.exit(1 if FAILED else 0)


if __name__ == "__main__":
    main()
