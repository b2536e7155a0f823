/* SPDX-License-Identifier: Apache-2.0 */
/* What interrupted runs of txn.c have left, told by the names in txn_names.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signer/base/file.h"
#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "signer/base/text.h"
#include "signer/base/tree.h"
#include "signer/base/txn.h"
#include "signer/base/txn_names.h"

/* A name is at most 255 bytes; the suffixes come on top only where they fit. */
#define NAME_ROOM 256

struct recovery {
	int dir; /* where all of it lies */
	const char *name;
	char prefix[NAME_ROOM]; /* ".NAME.signet-" */
	bool restored;
	bool busy; /* a run is alive and just putting another tree in place */
};

enum sgn_lock sgn_txn_lock(int dir, const char *name, int *fd)
{
	struct stat mine, there;
	enum sgn_lock found = SGN_LOCK_ALIVE;

	*fd = sgn_dir_open_at(dir, name);
	if (*fd < 0)
		return errno == ENOENT ? SGN_LOCK_MISSING : SGN_LOCK_ALIVE;
	/* The name may have passed to another folder before the lock was ours: then that one is
	 * somebody else's, too. */
	if (flock(*fd, LOCK_EX | LOCK_NB) != 0)
		found = errno == EWOULDBLOCK ? SGN_LOCK_ALIVE : SGN_LOCK_UNKNOWN;
	else if (fstat(*fd, &mine) == 0 && fstatat(dir, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	         mine.st_dev == there.st_dev && mine.st_ino == there.st_ino)
		found = SGN_LOCK_MINE;
	if (found == SGN_LOCK_ALIVE) {
		close(*fd);
		*fd = -1;
	}
	return found;
}

bool sgn_txn_is_there(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int sgn_txn_open_parent(const char *path, int *fd, struct sgn_error *err)
{
	size_t len = (size_t)(sgn_path_base(path) - path);
	char *folder = sgn_strndup(path, len);

	if (!folder)
		return sgn_fail_nomem(err);
	*fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	sgn_free(folder);
	return *fd < 0 ? sgn_fail_sys(err, errno, "cannot open the folder that it is in") : 0;
}

static int put_back(struct recovery *r, const char *old, struct sgn_error *err)
{
	int rc = sgn_tree_remove_at(r->dir, r->name, err);

	if (rc == 0 && renameat(r->dir, old, r->dir, r->name) != 0)
		rc = sgn_fail_sys(err, errno, "cannot put back the tree that lies in '%s'", old);
	r->restored = r->restored || rc == 0;
	return rc;
}

/* The stage goes last: as long as it is there, "-old" is known for the truth. */
static int tidy(struct recovery *r, const char *stage, bool has_stage, struct sgn_error *err)
{
	char old[NAME_ROOM + sizeof(SGN_TXN_OLD)], part[NAME_ROOM + sizeof(SGN_TXN_PART)];
	bool put = false;
	int rc;

	snprintf(old, sizeof(old), "%s" SGN_TXN_OLD, stage);
	snprintf(part, sizeof(part), "%s" SGN_TXN_PART, stage);
	if (sgn_txn_is_there(r->dir, old))
		put = has_stage || !sgn_txn_is_there(r->dir, r->name);
	rc = put ? put_back(r, old, err) : sgn_tree_remove_at(r->dir, old, err);
	if (rc == 0)
		rc = sgn_tree_remove_at(r->dir, part, err);
	if (rc == 0)
		rc = sgn_tree_remove_at(r->dir, stage, err);
	return rc;
}

/* Between its two renames, or while it removes what it has copied to "-old". */
static bool is_between(const struct recovery *r, const char *stage)
{
	char old[NAME_ROOM + sizeof(SGN_TXN_OLD)];

	snprintf(old, sizeof(old), "%s" SGN_TXN_OLD, stage);
	return sgn_txn_is_there(r->dir, old);
}

/* All that carries one random number. */
static int tidy_run(struct recovery *r, const char *stage, struct sgn_error *err)
{
	int fd, rc;
	enum sgn_lock lock = sgn_txn_lock(r->dir, stage, &fd);

	if (lock == SGN_LOCK_ALIVE || lock == SGN_LOCK_UNKNOWN) {
		r->busy = r->busy || is_between(r, stage);
		rc = 0;
	} else {
		rc = tidy(r, stage, lock == SGN_LOCK_MINE, err);
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

static bool is_hex(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (sgn_hex_digit((uint8_t)text[i]) < 0)
			return false;
	return true;
}

/* Is it ours? Then stage is the part of the name that the run's folders share. */
static bool is_ours(const struct recovery *r, const char *name, char *stage)
{
	size_t prefix = strlen(r->prefix), len = prefix + SGN_TXN_RANDOM_HEX;
	const char *suffix;

	if (strncmp(name, r->prefix, prefix) != 0 || strlen(name) < len || len >= NAME_ROOM ||
	    !is_hex(name + prefix, SGN_TXN_RANDOM_HEX))
		return false;
	suffix = name + len;
	if (*suffix && strcmp(suffix, SGN_TXN_OLD) != 0 && strcmp(suffix, SGN_TXN_PART) != 0)
		return false;
	memcpy(stage, name, len);
	stage[len] = '\0';
	return true;
}

/* sgn_output names its temporary files in the same way, but those are no folders. */
static bool is_folder(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* found: the next run that has left something; collected first, as removing disturbs reading. */
static int find_runs(const struct recovery *r, struct sgn_buf *found, struct sgn_error *err)
{
	char stage[NAME_ROOM];
	int fd = openat(r->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return sgn_fail_sys(err, errno, "cannot read the folder that it is in");
	}
	while ((e = readdir(d)) != NULL)
		if (is_ours(r, e->d_name, stage) && is_folder(r->dir, e->d_name))
			sgn_wr_bytes(found, stage, strlen(stage) + 1);
	closedir(d);
	return sgn_buf_finish(found, err, "list of leftovers");
}

static int tidy_all(struct recovery *r, struct sgn_error *err)
{
	struct sgn_buf found;
	int rc;

	sgn_buf_init(&found, SGN_LIMIT_PATH * 16);
	rc = find_runs(r, &found, err);
	for (size_t at = 0; rc == 0 && at < found.size;) {
		const char *stage = (const char *)found.data + at;

		at += strlen(stage) + 1;
		rc = tidy_run(r, stage, err);
	}
	sgn_buf_dispose(&found);
	if (rc == 0 && r->busy) {
		rc = sgn_fail_sys(err, EBUSY, "another run is changing it just now");
		sgn_error_cure(err, rc,
		               "wait for the other run; if there is none, look for "
		               "%sXXXXXXXX" SGN_TXN_OLD " in the same folder and rename it back",
		               r->prefix);
	}
	return rc;
}

int sgn_txn_recover_at(const char *target, bool *restored, struct sgn_error *err)
{
	struct recovery r = {.dir = -1, .name = sgn_path_base(target)};
	int rc, size;

	*restored = false;
	size = snprintf(r.prefix, sizeof(r.prefix), ".%s" SGN_TXN_INFIX, r.name);
	/* A name of which no stage could have been made, or the root of the system. */
	if (size < 0 || (size_t)size >= sizeof(r.prefix) || !*r.name)
		return 0;
	rc = sgn_txn_open_parent(target, &r.dir, err);
	if (rc != 0)
		goto out;
	rc = tidy_all(&r, err);
	*restored = r.restored;
	close(r.dir);
out:
	return sgn_error_at_path(err, rc, target);
}

/* Where target is, or would be. */
static int resolve(const char *target, char **real, struct sgn_error *err)
{
	size_t len = strlen(target);
	char *trimmed;
	int rc = sgn_path_real(target, real, err);

	if (rc != SGN_E_NOTFOUND)
		return rc;
	while (len > 1 && target[len - 1] == '/')
		len--;
	trimmed = sgn_strndup(target, len);
	if (!trimmed)
		return sgn_fail_nomem(err);
	rc = sgn_path_target(trimmed, real, err);
	sgn_free(trimmed);
	return rc;
}

int sgn_txn_recover(const char *target, struct sgn_error *err)
{
	struct sgn_error ignored = SGN_ERROR_INIT;
	char *real = NULL;
	bool restored;
	int rc = resolve(target, &real, &ignored);

	sgn_error_dispose(&ignored);
	/* What has no place has no leftovers; whoever works on it next says what is wrong with it. */
	if (rc != 0)
		return rc == SGN_E_NOMEM ? sgn_fail_nomem(err) : 0;
	rc = sgn_txn_recover_at(real, &restored, err);
	sgn_free(real);
	return rc;
}
