/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/cli/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Through a volatile pointer, so that the compiler cannot see that nobody reads it again. */
void secret_wipe(void *data, size_t size)
{
	volatile unsigned char *p = data;

	while (size-- > 0)
		*p++ = 0;
}

/* Of the open file: nobody can exchange it any more. */
static int check_mode(struct cli *cli, int fd, const char *option, const char *path,
                      struct sgn_error *err)
{
	struct stat st;

	if (opts_has(&cli->opts, OPT_ALLOW_LOOSE_MODES) || fstat(fd, &st) != 0 ||
	    !S_ISREG(st.st_mode) || !(st.st_mode & 077))
		return 0;
	cli_fail(err, SGN_E_UNTRUSTED,
	         "--%s: %s may be %s by other users of this machine (mode %04o): refused", option,
	         path, st.st_mode & 044 ? "read" : "changed", (unsigned)(st.st_mode & 07777));
	cli_cure(err,
	         "chmod 600 %s (a CI job: umask 077 before the file is written); or "
	         "--allow-loose-modes where no other user can log in",
	         path);
	return SGN_E_UNTRUSTED;
}

static int keep(struct secret *out, const char *text, size_t size, const char *source,
                struct sgn_error *err)
{
	if (size >= sizeof(out->text))
		return cli_fail(err, SGN_E_LIMIT, "%s: the password is longer than %d bytes",
		                source, SECRET_MAX - 1);
	memcpy(out->text, text, size);
	out->text[size] = '\0';
	out->given = true;
	return 0;
}

/* One line, byte by byte: what is behind it belongs to somebody else (a second password, a list). */
static int read_line(int fd, const char *source, struct secret *out, struct sgn_error *err)
{
	size_t size = 0;
	ssize_t n;
	char c;

	while ((n = read(fd, &c, 1)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cli_fail(err, SGN_E_IO, "%s: %s", source, strerror(errno));
		if (c == '\n')
			break;
		if (size + 1 >= sizeof(out->text))
			return keep(out, out->text, sizeof(out->text), source, err);
		out->text[size++] = c;
	}
	if (size > 0 && out->text[size - 1] == '\r')
		size--;
	out->text[size] = '\0';
	out->given = true;
	return 0;
}

static int from_file(struct cli *cli, const char *option, const char *path, struct secret *out,
                     struct sgn_error *err)
{
	int fd, rc;

	if (!strcmp(path, "-"))
		return read_line(STDIN_FILENO, "standard input", out, err);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return cli_fail(err, errno == ENOENT ? SGN_E_NOTFOUND : SGN_E_IO, "--%s: %s: %s",
		                option, path, strerror(errno));
	rc = check_mode(cli, fd, option, path, err);
	if (rc == 0)
		rc = read_line(fd, path, out, err);
	close(fd);
	return rc;
}

static int from_fd(struct cli *cli, const char *option, const char *text, struct secret *out,
                   struct sgn_error *err)
{
	char name[40];
	uint32_t fd = 0;
	int rc;

	(void)cli;
	snprintf(name, sizeof(name), "--%s", option);
	rc = parse_u32(name, text, 65535, &fd, err);
	return rc ? rc : read_line((int)fd, name, out, err);
}

static int from_env(struct cli *cli, const char *option, const char *name, struct secret *out,
                    struct sgn_error *err)
{
	const char *value = getenv(name);

	(void)cli;
	if (!value)
		return cli_fail(err, SGN_E_USAGE, "--%s: the environment variable %s is not set",
		                option, name);
	return keep(out, value, strlen(value), name, err);
}

const struct secret_options secret_password = {OPT_PASSWORD_FILE, OPT_PASSWORD_FD,
                                               OPT_PASSWORD_ENV};
const struct secret_options secret_key_password = {OPT_KEY_PASSWORD_FILE, OPT_KEY_PASSWORD_FD,
                                                   OPT_KEY_PASSWORD_ENV};
const struct secret_options secret_new_password = {OPT_NEW_PASSWORD_FILE, OPT_NEW_PASSWORD_FD,
                                                   OPT_NEW_PASSWORD_ENV};
const struct secret_options secret_pin = {OPT_PIN_FILE, OPT_PIN_FD, OPT_PIN_ENV};
const struct secret_options secret_import_password = {
	OPT_IMPORT_PASSWORD_FILE, OPT_IMPORT_PASSWORD_FD, OPT_IMPORT_PASSWORD_ENV};

int secret_from(struct cli *cli, const struct secret_options *options, struct secret *out,
                struct sgn_error *err)
{
	const struct {
		enum opt_id id;
		int (*read)(struct cli *cli, const char *option, const char *value,
		            struct secret *out, struct sgn_error *err);
	} sources[] = {
		{options->file, from_file},
		{options->fd, from_fd},
		{options->env, from_env},
	};
	size_t chosen = 0, n = 0;

	out->given = false;
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		if (!opts_has(&cli->opts, sources[i].id))
			continue;
		chosen = i;
		n++;
	}
	if (n == 0)
		return 0;
	if (n > 1)
		return cli_fail(err, SGN_E_USAGE, "--%s, --%s and --%s exclude each other",
		                opt_table[options->file].name, opt_table[options->fd].name,
		                opt_table[options->env].name);
	return sources[chosen].read(cli, opt_table[sources[chosen].id].name,
	                            opts_value(&cli->opts, sources[chosen].id), out, err);
}

int secret_from_options(struct cli *cli, struct secret *out, struct sgn_error *err)
{
	return secret_from(cli, &secret_password, out, err);
}
