#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What transcripts cannot show: questions on a terminal, colours, and being stopped.

usage: SIGNET=path/to/signet tests/cli/interactive.py
"""
import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import termios
import time

import macho

SIGNET = os.path.abspath(os.environ.get("SIGNET", ""))
FAILED = []


def expect(what, fine, more=""):
    if not fine:
        FAILED.append(what)
        print("FAIL %s\n%s" % (what, more))


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, *arguments, env=None):
        environment = {**os.environ, "TERM": "xterm", **(env or {})}
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.execve(SIGNET, ["signet", *arguments], environment)
            finally:
                os._exit(127)  # the child must not clean up what the parent made
        self.text = b""

    def read_until(self, word, seconds=20):
        end = time.monotonic() + seconds
        while word not in self.text and time.monotonic() < end:
            if not select.select([self.fd], [], [], 0.2)[0]:
                continue
            try:
                data = os.read(self.fd, 4096)
            except OSError:
                break
            if not data:
                break
            self.text += data
        return word in self.text

    def echoes(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)

    def type(self, data):
        os.write(self.fd, data)

    def end(self):
        """The wait status, once all output is read."""
        self.read_until(b"\0never\0")
        return os.waitpid(self.pid, 0)[1]


def wait_for(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def test_password_is_asked_without_echo():
    t = Terminal("identity", "show", "id.p12")
    expect("a question is asked", t.read_until(b"Password for"), t.text)
    expect("the echo is off", not t.echoes())
    t.type(b"sexx\x7f\x7fcret\r")
    status = t.end()
    expect("the password opens the file", status == 0, t.text)
    expect("the password is not shown", b"cret" not in t.text, t.text)


def test_wrong_password():
    t = Terminal("identity", "show", "id.p12")
    t.read_until(b"Password for")
    t.type(b"guess\n")
    expect("a wrong password fails", os.WEXITSTATUS(t.end()) == 1, t.text)
    expect("and is told", b"wrong password" in t.text, t.text)


def test_the_folder_of_identities_asks_when_nothing_else_fits():
    os.mkdir("ids", 0o700)
    with open("id.p12", "rb") as f, open("ids/id.p12", "wb", opener=lambda p, m: os.open(p, m, 0o600)) as out:
        out.write(f.read())
    t = Terminal("identity", "show", "--identities", "ids", "Developer ID")
    expect("a question is asked", t.read_until(b"Password for ids"), t.text)
    t.type(b"secret\r")
    expect("the password opens the file", t.end() == 0 and b"         yes\r\n" in t.text, t.text)
    subprocess.run([SIGNET, "identity", "make-test", "--kind", "apple-development", "ids/open.p12"],
                   check=True, stdout=subprocess.DEVNULL)
    t = Terminal("identity", "show", "--identities", "ids", "Apple")
    expect("nothing is asked when one fits", t.end() == 0 and b"Password" not in t.text, t.text)


def test_no_core_is_left():
    t = Terminal("identity", "show", "id.p12")
    t.read_until(b"Password for")
    with open("/proc/%d/limits" % t.pid, encoding="ascii") as f:
        limits = [line.split()[4:6] for line in f if line.startswith("Max core file size")]
    expect("no core files", limits == [["0", "0"]], limits)
    t.type(b"\x03")
    t.end()


def test_interrupt_ends_with_the_signal():
    t = Terminal("identity", "show", "id.p12")
    t.read_until(b"Password for")
    t.type(b"abc\x03")
    status = t.end()
    expect("Ctrl-C is SIGINT", os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGINT,
           status)


def test_a_signal_restores_the_echo():
    t = Terminal("identity", "show", "id.p12")
    t.read_until(b"Password for")
    wait_for(lambda: not t.echoes())
    os.kill(t.pid, signal.SIGTERM)
    expect("the echo comes back", wait_for(t.echoes))
    status = t.end()
    expect("SIGTERM ends it", os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGTERM,
           status)


def join(first, second, output):
    """identity join with a new password typed twice."""
    t = Terminal("identity", "join", "--key-password-env", "OLD", "--output", output, "id.p12",
                 env={"OLD": "secret"})
    expect("a new password is asked for", t.read_until(b"New password for " + output.encode()), t.text)
    expect("the echo is off for a new password", wait_for(lambda: not t.echoes()))
    t.type(first + b"\n")
    expect("and asked for again", t.read_until(b"The same again"), t.text)
    t.type(second + b"\n")
    status = os.WEXITSTATUS(t.end())
    expect("neither is shown", first not in t.text, t.text)
    return status, t.text


def test_a_new_password_is_asked_for_twice():
    status, text = join(b"fresh password", b"fresh password", "new.p12")
    expect("the same twice makes the file", status == 0 and os.path.exists("new.p12"), text)
    shown = subprocess.run([SIGNET, "identity", "show", "--password-env", "NEW", "new.p12"],
                           env={**os.environ, "NEW": "fresh password"}, capture_output=True)
    expect("which it opens", shown.returncode == 0, shown.stderr)
    status, text = join(b"fresh password", b"Fresh password", "other.p12")
    expect("two different ones do not", status == 1 and not os.path.exists("other.p12"), text)
    expect("and that is told", b"the two passwords differ" in text, text)


def test_colours():
    t = Terminal("verify", "hello")
    t.end()
    expect("a terminal has colours", b"\033[32m" in t.text, t.text)
    for arguments, env in ((["--no-color"], {}), ([], {"NO_COLOR": "1"}), ([], {"TERM": "dumb"})):
        t = Terminal("verify", *arguments, "hello", env=env)
        t.end()
        expect("no colours with %s %s" % (arguments, env), b"\033" not in t.text, t.text)


def test_a_stopped_signing_leaves_nothing():
    """Stopped at many moments: the input is whole, signed or not, and nothing lies beside it."""
    image = macho.thin("arm64", text_pages=2000)
    os.mkdir("stop")
    for delay in (0.0, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.4):
        with open("stop/big", "wb") as f:
            f.write(image)
        run = subprocess.Popen([SIGNET, "sign", "-s", "-", "--durable", "stop/big"])
        time.sleep(delay)
        run.send_signal(signal.SIGTERM)
        status = run.wait()
        expect("stopped after %s s: %s" % (delay, status), status in (0, -signal.SIGTERM))
        expect("nothing is left after %s s" % delay, os.listdir("stop") == ["big"], os.listdir("stop"))
        with open("stop/big", "rb") as f:
            data = f.read()
        whole = data == image or subprocess.run([SIGNET, "verify", "-q", "stop/big"]).returncode == 0
        expect("the file is whole after %s s" % delay, whole)


def test_a_full_disk_is_an_error():
    with open("/dev/full", "w") as full:
        run = subprocess.run([SIGNET, "show", "hello"], stdout=full, stderr=subprocess.PIPE)
    expect("writing to a full disk fails", run.returncode == 1 and b"standard output" in run.stderr,
           run.stderr)


def main():
    if not os.access(SIGNET, os.X_OK) or os.path.isdir(SIGNET):
        raise SystemExit("SIGNET does not name the program to test")
    os.environ.pop("NO_COLOR", None)
    tests = [v for k, v in sorted(globals().items()) if k.startswith("test_")]
    with tempfile.TemporaryDirectory(prefix="signet-") as folder:
        os.chdir(folder)
        with open("hello", "wb") as f:
            f.write(macho.build(["arm64"]))
        subprocess.run([SIGNET, "sign", "-s", "-", "hello"], check=True)
        subprocess.run([SIGNET, "identity", "make-test", "--password-env", "PW", "id.p12"], check=True,
                       env=dict(os.environ, PW="secret"), stdout=subprocess.DEVNULL)
        for test in tests:
            test()
        os.chdir("/")
    print("%d tests, %d failed" % (len(tests), len(FAILED)))
    sys.exit(1 if FAILED else 0)


if __name__ == "__main__":
    main()
