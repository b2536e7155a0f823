/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signer/base/mem.h"

static int by_name(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int add(struct sgn_dir *dir, size_t max, const char *name, struct sgn_error *err)
{
	if (dir->count == max)
		return sgn_fail(err, SGN_E_LIMIT, "the folder holds more than %zu files", max);
	dir->names[dir->count] = sgn_strdup(name);
	if (!dir->names[dir->count])
		return sgn_fail_nomem(err);
	dir->count++;
	return 0;
}

static int read_names(DIR *stream, size_t max, struct sgn_dir *out, struct sgn_error *err)
{
	struct dirent *entry;
	int rc = 0;

	errno = 0;
	while (rc == 0 && (entry = readdir(stream))) {
		if (!is_dots(entry->d_name))
			rc = add(out, max, entry->d_name, err);
		errno = 0;
	}
	if (rc == 0 && errno)
		rc = sgn_fail_sys(err, errno, "cannot list the folder");
	return rc;
}

/* The stream has a descriptor of its own: closing it must leave out->fd open. */
static int list(size_t max, struct sgn_dir *out, struct sgn_error *err)
{
	int copy = openat(out->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = copy >= 0 ? fdopendir(copy) : NULL;
	int rc;

	if (!stream) {
		rc = sgn_fail_sys(err, errno, "cannot list the folder");
		if (copy >= 0)
			close(copy);
		return rc;
	}
	rc = read_names(stream, max, out, err);
	closedir(stream);
	return rc;
}

int sgn_dir_open(const char *path, size_t max, struct sgn_dir *out, struct sgn_error *err)
{
	struct stat st;
	int rc = 0;

	*out = (struct sgn_dir){.fd = -1};
	out->names = sgn_calloc(max, sizeof(*out->names));
	if (!out->names)
		return sgn_fail_nomem(err);
	out->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (out->fd < 0 && errno == ENOTDIR)
		rc = sgn_fail(err, SGN_E_UNSUPPORTED, "is no folder");
	else if (out->fd < 0)
		rc = sgn_fail_sys(err, errno, "cannot open the folder");
	else if (fstat(out->fd, &st) != 0)
		rc = sgn_fail_sys(err, errno, "cannot look at the folder");
	else
		out->mode = (unsigned)st.st_mode & 07777;
	if (rc == 0)
		rc = list(max, out, err);
	if (out->count)
		qsort(out->names, out->count, sizeof(*out->names), by_name);
	return sgn_error_at_path(err, rc, path);
}

void sgn_dir_close(struct sgn_dir *dir)
{
	for (size_t i = 0; i < dir->count; i++)
		sgn_free(dir->names[i]);
	sgn_free(dir->names);
	if (dir->names && dir->fd >= 0)
		close(dir->fd);
	*dir = (struct sgn_dir){.fd = -1};
}

/* Looked at before it is opened, as opening alone can set a device off; and again on the open file, as
 * it may be another one by then. */
int sgn_dir_load(const struct sgn_dir *dir, const char *name, struct sgn_buf *out,
                 struct sgn_file_facts *facts, struct sgn_error *err)
{
	struct stat st;
	int fd, rc;

	*facts = (struct sgn_file_facts){false, 0};
	if (fstatat(dir->fd, name, &st, 0) != 0)
		return sgn_fail_sys(err, errno, "cannot look at the file");
	if (S_ISDIR(st.st_mode))
		return sgn_fail(err, SGN_E_UNSUPPORTED, "is a folder");
	if (!S_ISREG(st.st_mode))
		return sgn_fail(err, SGN_E_UNSUPPORTED, "is no regular file");
	fd = openat(dir->fd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return sgn_fail_sys(err, errno, "cannot open the file");
	rc = sgn_file_load_open(fd, out, facts, err);
	close(fd);
	if (rc == 0 && !facts->regular)
		rc = sgn_fail(err, SGN_E_UNSUPPORTED, "is no regular file");
	return rc;
}
