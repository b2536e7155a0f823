/* SPDX-License-Identifier: Apache-2.0 */
/* Asking a person for a password. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "signer/cli/secrets.h"

/* Signals are held back while the echo is off, or a stopped program would leave a silent terminal. How
 * often to look for one: */
#define LOOK_MS 200

#define KEY_INTERRUPT 3
#define KEY_END       4
#define KEY_BACKSPACE 8
#define KEY_LINE_KILL 21
#define KEY_DELETE    127

static void signal_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

static bool signal_waits(void)
{
	sigset_t pending;

	sigpending(&pending);
	return sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1 ||
	       sigismember(&pending, SIGHUP) == 1;
}

/* One key; a negative number: give up. */
static int next_key(int tty)
{
	struct pollfd p = {.fd = tty, .events = POLLIN};
	unsigned char c;
	int n;

	do {
		n = poll(&p, 1, LOOK_MS);
		if (signal_waits())
			return -1;
	} while (n == 0);
	return n > 0 && read(tty, &c, 1) == 1 ? c : -1;
}

static int read_keys(int tty, char *out, size_t room)
{
	size_t size = 0;
	int key;

	for (;;) {
		key = next_key(tty);
		switch (key) {
		case KEY_INTERRUPT: raise(SIGINT); return SGN_E_CRYPTO;
		case KEY_END:
		case '\n':
		case '\r': out[size] = '\0'; return size > 0 || key != KEY_END ? 0 : SGN_E_CRYPTO;
		case KEY_BACKSPACE:
		case KEY_DELETE: size -= size > 0; break;
		case KEY_LINE_KILL: size = 0; break;
		default:
			if (key < 0)
				return SGN_E_CRYPTO;
			if (size + 1 < room)
				out[size++] = (char)key;
		}
	}
}

static int ask_on(int tty, const char *prompt, char *out, size_t room)
{
	struct termios old, quiet;
	sigset_t held, before;
	int rc;

	if (tcgetattr(tty, &old) != 0)
		return SGN_E_CRYPTO;
	signal_set(&held);
	sigprocmask(SIG_BLOCK, &held, &before);
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG);
	tcsetattr(tty, TCSAFLUSH, &quiet);
	dprintf(tty, "%s: ", prompt);
	rc = read_keys(tty, out, room);
	dprintf(tty, "\n");
	tcsetattr(tty, TCSAFLUSH, &old);
	sigprocmask(SIG_SETMASK, &before, NULL); /* a signal that waits strikes here */
	return rc;
}

/* -1 when nobody can be asked. */
static int open_tty(void)
{
	return term_can_ask() ? open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY) : -1;
}

int secret_ask(void *arg, const char *what, char *out, size_t room)
{
	const struct sgn_identity_source *source = arg;
	char *prompt;
	int tty = open_tty(), rc;

	if (tty < 0 || room == 0)
		return SGN_E_CRYPTO;
	prompt = cli_format("Password for %s (%s)", source->path, what);
	rc = ask_on(tty, prompt, out, room);
	free(prompt);
	close(tty);
	return rc;
}

static int ask_twice(int tty, const char *path, struct secret *out, struct sgn_error *err)
{
	struct secret again = {"", false};
	char *prompt = cli_format("New password for %s", path);
	int rc = ask_on(tty, prompt, out->text, sizeof(out->text));

	free(prompt);
	if (rc == 0)
		rc = ask_on(tty, "The same again", again.text, sizeof(again.text));
	if (rc != 0)
		cli_fail(err, SGN_E_CRYPTO, "no password given");
	else if (strcmp(out->text, again.text) != 0)
		rc = cli_fail(err, SGN_E_CRYPTO, "the two passwords differ");
	out->given = rc == 0;
	secret_wipe(&again, sizeof(again));
	return rc;
}

int secret_ask_new(const char *path, struct secret *out, struct sgn_error *err)
{
	int tty = open_tty(), rc;

	if (tty < 0) {
		cli_fail(err, SGN_E_USAGE, "no password given for the new file");
		cli_cure(err, "give one with --password-env VAR, --password-file FILE or "
		              "--password-fd N");
		return SGN_E_USAGE;
	}
	rc = ask_twice(tty, path, out, err);
	close(tty);
	return rc;
}

int secret_ask_pin(void *arg, const char *what, char *out, size_t room)
{
	char *prompt;
	int tty = open_tty(), rc;

	(void)arg;
	if (tty < 0 || room == 0)
		return SGN_E_CRYPTO;
	prompt = cli_format("PIN for %s", what);
	rc = ask_on(tty, prompt, out, room);
	free(prompt);
	close(tty);
	return rc;
}
