/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/xattr.h>
#endif

#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "signer/base/text.h"

int sgn_path_real(const char *path, char **out, struct sgn_error *err)
{
	char *real = realpath(path, NULL);
	int rc;

	*out = NULL;
	if (!real) {
		rc = sgn_fail_sys(err, errno, "cannot resolve the path");
		return sgn_error_at_path(err, rc, path);
	}
	/* A copy, so that all that sgn_free() gets came from our own entry. */
	*out = sgn_strdup(real);
	free(real);
	return *out ? 0 : sgn_fail_nomem(err);
}

bool sgn_path_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool sgn_path_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

/* The absolute path of a file that is not there yet. */
static int new_target(const char *path, char **out, struct sgn_error *err)
{
	const char *base = sgn_path_base(path);
	size_t dir_len = (size_t)(base - path);
	char *dir = NULL;
	char *real = NULL;
	struct sgn_buf whole;
	int rc;

	sgn_buf_init(&whole, SGN_LIMIT_PATH);
	if (*base == '\0') {
		rc = sgn_fail(err, SGN_E_NOTFOUND,
		              "the path ends with a slash, and there is no such folder");
		goto out;
	}
	dir = dir_len ? sgn_strndup(path, dir_len) : sgn_strdup(".");
	if (!dir) {
		rc = sgn_fail_nomem(err);
		goto out;
	}
	rc = sgn_path_real(dir, &real, err);
	if (rc == SGN_E_NOTFOUND)
		rc = sgn_fail(err, rc, "the folder that it should be in does not exist");
	if (rc != 0)
		goto out;
	sgn_wr_fmt(&whole, "%s/%s", strcmp(real, "/") == 0 ? "" : real, base);
	rc = sgn_buf_finish(&whole, err, "path");
	if (rc == 0)
		*out = (char *)sgn_buf_take(&whole, NULL);
out:
	sgn_buf_dispose(&whole);
	sgn_free(real);
	sgn_free(dir);
	return sgn_error_at_path(err, rc, path);
}

/* The file behind a symbolic link. */
static int linked_target(const char *path, char **out, struct sgn_error *err)
{
	int rc = sgn_path_real(path, out, err);

	if (rc != SGN_E_NOTFOUND)
		return rc;
	rc = sgn_fail(err, SGN_E_NOTFOUND, "is a symbolic link to a file that does not exist");
	sgn_error_cure(err, rc, "remove the link, or create the file that it names");
	return sgn_error_at_path(err, rc, path);
}

int sgn_path_target(const char *path, char **out, struct sgn_error *err)
{
	struct stat st;
	int rc;

	*out = NULL;
	if (lstat(path, &st) != 0) {
		if (errno == ENOENT)
			return new_target(path, out, err);
		rc = sgn_fail_sys(err, errno, "cannot look at the file");
		return sgn_error_at_path(err, rc, path);
	}
	if (S_ISLNK(st.st_mode)) {
		rc = linked_target(path, out, err);
		if (rc != 0)
			return rc;
		if (stat(*out, &st) != 0) {
			rc = sgn_fail_sys(err, errno, "cannot look at the file");
			goto fail;
		}
	}
	if (!S_ISREG(st.st_mode)) {
		rc = sgn_fail(err, SGN_E_UNSUPPORTED, "cannot be replaced: it is %s",
		              S_ISDIR(st.st_mode) ? "a directory" : "not a regular file");
		goto fail;
	}
	return *out ? 0 : sgn_path_real(path, out, err);
fail:
	sgn_free(*out);
	*out = NULL;
	return sgn_error_at_path(err, rc, path);
}

int sgn_dir_make(const char *path, unsigned mode, struct sgn_error *err)
{
	int rc;

	if (mkdir(path, (mode_t)mode) == 0)
		return 0;
	if (errno == EEXIST && sgn_path_is_dir(path))
		return 0;
	rc = sgn_fail_sys(err, errno, "cannot make the folder");
	return sgn_error_at_path(err, rc, path);
}

int sgn_link_make(const char *target, const char *path, struct sgn_error *err)
{
	int rc;

	if (symlink(target, path) == 0)
		return 0;
	rc = sgn_fail_sys(err, errno, "cannot make the symbolic link");
	return sgn_error_at_path(err, rc, path);
}

bool sgn_path_has_xattr(const char *path, const char *name)
{
#ifdef __linux__
	return lgetxattr(path, name, NULL, 0) >= 0;
#else
	SGN_UNUSED(path);
	SGN_UNUSED(name);
	return false;
#endif
}
