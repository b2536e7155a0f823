/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/meta.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/xattr.h>
#endif

#include "signer/base/mem.h"
#include "signer/base/view.h"

#define MODE_BITS 07777u

#ifdef __linux__

/* Linux: 64 KiB for the list of names and for each value (xattr(7)). */
#define XATTR_ROOM 65536

#define ACL_NAME         "system.posix_acl_access"
#define ACL_DEFAULT_NAME "system.posix_acl_default"

static bool has_prefix(const char *name, const char *prefix)
{
	return sgn_view_starts_with(sgn_view_str(name), sgn_view_str(prefix));
}

/* Statements about the old content, signed by the kernel or by an administrator. */
static bool is_about_content(const char *name)
{
	return strcmp(name, "security.ima") == 0 || strcmp(name, "security.evm") == 0;
}

static bool is_unsupported(int sys)
{
	return sys == ENOTSUP || sys == EOPNOTSUPP || sys == ENOSYS;
}

/* security.* and trusted.* are the system's to give; the file is as usable without. */
static bool is_tolerable(const char *name, int sys)
{
	if (is_unsupported(sys))
		return true;
	return (sys == EPERM || sys == EACCES || sys == EINVAL) &&
	       (has_prefix(name, "security.") || has_prefix(name, "trusted."));
}

static int copy_xattr(int from, int to, const char *name, char *value, struct sgn_error *err)
{
	ssize_t size = fgetxattr(from, name, value, XATTR_ROOM);

	if (size < 0) {
		/* Removed meanwhile, or not for us to see. */
		if (errno == ENODATA || is_tolerable(name, errno))
			return 0;
		return sgn_fail_sys(err, errno, "cannot read the extended attribute %s", name);
	}
	if (fsetxattr(to, name, value, (size_t)size, 0) == 0 || is_tolerable(name, errno))
		return 0;
	return sgn_fail_sys(err, errno, "cannot copy the extended attribute %s", name);
}

static int copy_listed(int from, int to, const char *names, size_t size, char *value,
                       struct sgn_error *err)
{
	bool has_acl = false, has_default = false;

	for (size_t at = 0; at < size; at += strlen(names + at) + 1) {
		const char *name = names + at;
		int rc;

		if (is_about_content(name))
			continue;
		has_acl = has_acl || strcmp(name, ACL_NAME) == 0;
		has_default = has_default || strcmp(name, ACL_DEFAULT_NAME) == 0;
		rc = copy_xattr(from, to, name, value, err);
		if (rc != 0)
			return rc;
	}
	/* A folder's default ACL may have given the new file or folder an ACL that the old one has not. */
	if (!has_acl)
		fremovexattr(to, ACL_NAME);
	if (!has_default)
		fremovexattr(to, ACL_DEFAULT_NAME);
	return 0;
}

static int copy_xattrs(int from, int to, struct sgn_error *err)
{
	char *names = sgn_malloc(XATTR_ROOM + 1);
	char *value = sgn_malloc(XATTR_ROOM);
	ssize_t size;
	int rc = 0;

	if (!names || !value) {
		rc = sgn_fail_nomem(err);
		goto out;
	}
	size = flistxattr(from, names, XATTR_ROOM);
	if (size < 0) {
		if (!is_unsupported(errno))
			rc = sgn_fail_sys(err, errno, "cannot list the extended attributes");
		goto out;
	}
	names[size] = '\0';
	rc = copy_listed(from, to, names, (size_t)size, value, err);
out:
	sgn_free(value);
	sgn_free(names);
	return rc;
}

#else

static int copy_xattrs(int from, int to, struct sgn_error *err)
{
	SGN_UNUSED(from);
	SGN_UNUSED(to);
	SGN_UNUSED(err);
	return 0;
}

#endif

/* What may be kept of the mode once the owner is settled: a set-id bit is only right for the owner that
 * it was set for. */
static mode_t kept_mode(const struct stat *old, const struct stat *new)
{
	mode_t mode = old->st_mode & MODE_BITS;

	if (old->st_uid != new->st_uid)
		mode &= ~(mode_t)S_ISUID;
	if (old->st_gid != new->st_gid)
		mode &= ~(mode_t)S_ISGID;
	return mode;
}

/* Best effort: only root may give files away, and some file systems have no owners. */
static void copy_owner(const struct stat *old, int fd, const struct stat *new)
{
	bool done = (old->st_uid == new->st_uid && old->st_gid == new->st_gid) ||
	            fchown(fd, old->st_uid, old->st_gid) == 0 ||
	            /* The group alone is allowed to members of it. */
	            fchown(fd, (uid_t)-1, old->st_gid) == 0;

	/* What came of it is looked up when the mode is set. */
	SGN_UNUSED(done);
}

static int copy_mode(const struct stat *old, int fd, struct sgn_error *err)
{
	struct stat new;
	mode_t mode;

	if (fstat(fd, &new) != 0)
		return sgn_fail_sys(err, errno, "cannot look at the new file");
	mode = kept_mode(old, &new);
	/* Only a file system without modes refuses the owner. */
	if (fchmod(fd, mode) != 0 && errno != EPERM && errno != ENOTSUP)
		return sgn_fail_sys(err, errno, "cannot set the mode %04o", (unsigned)mode);
	return 0;
}

static int copy_mode_and_times(const struct stat *old, int fd, struct sgn_error *err)
{
	struct timespec times[2] = {old->st_atim, old->st_mtim};
	int rc = copy_mode(old, fd, err);

	if (rc == 0 && futimens(fd, times) != 0)
		rc = sgn_fail_sys(err, errno, "cannot set the modification time");
	return rc;
}

int sgn_meta_settle_fd(int from, int fd, struct sgn_error *err)
{
	struct stat old;

	if (fstat(from, &old) != 0)
		return sgn_fail_sys(err, errno, "cannot look at the file");
	return copy_mode_and_times(&old, fd, err);
}

int sgn_meta_copy_fd(int from, int fd, struct sgn_error *err)
{
	struct stat old, new;
	int rc;

	if (fstat(from, &old) != 0 || fstat(fd, &new) != 0)
		return sgn_fail_sys(err, errno, "cannot look at the file");
	/* This order: a change of owner clears set-id bits and capabilities, and an attribute can only
	 * be set while the mode lets the owner write. */
	copy_owner(&old, fd, &new);
	rc = copy_xattrs(from, fd, err);
	return rc ? rc : copy_mode_and_times(&old, fd, err);
}

int sgn_meta_copy(const char *like, int fd, struct sgn_error *err)
{
	int from = open(like, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int rc;

	if (from < 0) {
		rc = sgn_fail_sys(err, errno, "cannot open the file to copy its mode");
		return sgn_error_at_path(err, rc, like);
	}
	rc = sgn_meta_copy_fd(from, fd, err);
	close(from);
	return rc;
}

/* The mask can be read without setting it only on Linux (proc(5), "Umask" in status). */
static bool read_umask(unsigned *mask)
{
	FILE *f = fopen("/proc/self/status", "re");
	bool found = false;
	char line[256];

	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "Umask:", 6) != 0)
			continue;
		*mask = (unsigned)strtoul(line + 6, NULL, 8) & 0777u;
		found = true;
	}
	fclose(f);
	return found;
}

unsigned sgn_meta_masked(unsigned mode)
{
	unsigned mask;

	if (!read_umask(&mask)) {
		mode_t before = umask(077);

		umask(before);
		mask = (unsigned)before;
	}
	return mode & ~mask;
}
