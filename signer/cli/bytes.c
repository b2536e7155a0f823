/* SPDX-License-Identifier: Apache-2.0 */
/* Small whole files: entitlements, requirements, what is extracted. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signer/cli/cmd.h"

/* Entitlements and requirements have kilobytes. */
#define LOAD_MAX (16u << 20)

static int fail_sys(struct sgn_error *err, const char *what, const char *path)
{
	int sys = errno;

	cli_fail(err, sys == ENOENT ? SGN_E_NOTFOUND : SGN_E_IO, "%s %s: %s", what, path,
	         strerror(sys));
	err->sys = sys;
	return err->code;
}

static int read_all(int fd, const char *what, const char *path, size_t max, struct bytes *out,
                    struct sgn_error *err)
{
	size_t room = 65536;
	char *data = cli_alloc(room + 1), *more;
	size_t size = 0;
	ssize_t n;

	while ((n = read(fd, data + size, room - size)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			free(data);
			return fail_sys(err, what, path);
		}
		size += (size_t)n;
		if (size < room)
			continue;
		more = room < max ? realloc(data, room * 2 + 1) : NULL;
		if (!more) {
			free(data);
			return cli_fail(err, SGN_E_LIMIT, "%s %s: larger than %zu bytes", what,
			                path, max);
		}
		data = more;
		room *= 2;
	}
	data[size] = '\0';
	*out = (struct bytes){data, size};
	return 0;
}

int bytes_load(const char *what, const char *path, struct bytes *out, struct sgn_error *err)
{
	return bytes_load_max(what, path, LOAD_MAX, out, err);
}

int bytes_load_max(const char *what, const char *path, size_t max, struct bytes *out,
                   struct sgn_error *err)
{
	bool from_stdin = !strcmp(path, "-");
	int fd = from_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return fail_sys(err, what, path);
	rc = read_all(fd, what, path, max, out, err);
	if (!from_stdin)
		close(fd);
	return rc;
}

static int write_all(int fd, const void *data, size_t size)
{
	const char *at = data;

	while (size > 0) {
		ssize_t n = write(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

static int store_stdout(const void *data, size_t size, struct sgn_error *err)
{
	if (fflush(stdout) != 0 || write_all(STDOUT_FILENO, data, size) != 0)
		return fail_sys(err, "standard output", "");
	return 0;
}

static bool is_special(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

/* A pipe or a device is written to; a file is replaced by a finished one. */
static int store_special(const char *path, const void *data, size_t size, struct sgn_error *err)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int rc = fd < 0 ? -1 : write_all(fd, data, size);

	if (rc != 0)
		fail_sys(err, "cannot write", path);
	if (fd >= 0)
		close(fd);
	return rc != 0 ? err->code : 0;
}

int bytes_store(const char *path, const void *data, size_t size, struct sgn_error *err)
{
	char *temp;
	mode_t mask;
	int fd, rc;

	if (!strcmp(path, "-"))
		return store_stdout(data, size, err);
	if (is_special(path))
		return store_special(path, data, size, err);
	temp = cli_format("%s.XXXXXX", path);
	fd = mkstemp(temp);
	rc = fd < 0 ? -1 : write_all(fd, data, size);
	if (rc == 0) {
		mask = umask(0);
		umask(mask);
		rc = fchmod(fd, 0666 & ~mask);
	}
	if (fd >= 0 && close(fd) != 0)
		rc = -1;
	if (rc == 0)
		rc = rename(temp, path);
	if (rc != 0) {
		fail_sys(err, "cannot write", path);
		if (fd >= 0)
			unlink(temp);
	}
	free(temp);
	return rc != 0 ? err->code : 0;
}

/* docs/format/requirements.md: no file is called that. */
static bool looks_like_text(const char *value)
{
	return strstr(value, "=>") || strchr(value, ' ') || strchr(value, '"');
}

int bytes_requirement(const char *option, const char *value, struct bytes *out,
                      struct sgn_error *err)
{
	char *what;
	int rc;

	if (value[0] == '=') {
		size_t size = strlen(value + 1);

		out->data = cli_alloc(size + 1);
		out->size = size;
		memcpy(out->data, value + 1, size);
		return 0;
	}
	what = cli_format("%s%srequirement file", option, *option ? ": " : "");
	rc = bytes_load(what, value, out, err);
	free(what);
	if (rc == SGN_E_NOTFOUND && looks_like_text(value))
		cli_cure(err, "a requirement itself needs a = in front: %s%s'=%s'", option,
		         *option ? " " : "", value);
	return rc;
}
