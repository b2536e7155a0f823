/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "signer/base/tree.h"
#include "signer/base/txn.h"

/* A tree that was walked, and what was put into it. */
#define MAX_DEPTH (SGN_LIMIT_WALK_DEPTH + 16)

static int remove_entry(int dir, const char *name, dev_t device, unsigned depth,
                        struct sgn_error *err);

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* One pass over the names. Removing while reading may hide names on some file systems: see empty_dir(). */
static int remove_names(DIR *d, dev_t device, unsigned depth, size_t *removed,
                        struct sgn_error *err)
{
	const struct dirent *e;
	int rc = 0;

	*removed = 0;
	rewinddir(d);
	while (rc == 0) {
		errno = 0;
		e = readdir(d);
		if (!e)
			return errno ? sgn_fail_sys(err, errno, "cannot read the folder") : 0;
		if (is_dots(e->d_name))
			continue;
		rc = remove_entry(dirfd(d), e->d_name, device, depth + 1, err);
		++*removed;
	}
	return rc;
}

/* Takes fd over. A folder that is closed to its owner is opened first; it has no other use any more. */
static int empty_dir(int fd, dev_t device, unsigned depth, struct sgn_error *err)
{
	struct stat st;
	DIR *d = NULL;
	size_t removed;
	int rc = 0;

	if (fstat(fd, &st) != 0)
		rc = sgn_fail_sys(err, errno, "cannot look at the folder");
	else if (device && st.st_dev != device)
		rc = sgn_fail_sys(err, EBUSY, "another file system is mounted here");
	else if (depth > MAX_DEPTH)
		rc = sgn_fail(err, SGN_E_LIMIT, "folders are nested more than %u deep", MAX_DEPTH);
	if (rc == 0 && (st.st_mode & 0700) != 0700 && fchmod(fd, 0700) != 0)
		errno = 0; /* removing then says what is in the way */
	if (rc == 0) {
		d = fdopendir(fd);
		if (!d)
			rc = sgn_fail_nomem(err);
	}
	if (!d) {
		close(fd);
		return rc;
	}
	do
		rc = remove_names(d, st.st_dev, depth, &removed, err);
	while (rc == 0 && removed > 0);
	closedir(d);
	return rc;
}

static int remove_dir(int dir, const char *name, dev_t device, unsigned depth,
                      struct sgn_error *err)
{
	int fd = sgn_dir_open_at(dir, name);
	int rc;

	if (fd < 0 && errno == EACCES && fchmodat(dir, name, 0700, AT_SYMLINK_NOFOLLOW) == 0)
		fd = sgn_dir_open_at(dir, name);
	if (fd < 0)
		return errno == ENOENT ? 0 : sgn_fail_sys(err, errno, "cannot open '%s'", name);
	rc = empty_dir(fd, device, depth, err);
	if (rc == 0 && unlinkat(dir, name, AT_REMOVEDIR) != 0 && errno != ENOENT)
		rc = sgn_fail_sys(err, errno, "cannot remove '%s'", name);
	return rc;
}

/* device: where the tree lies; 0 at its root. */
static int remove_entry(int dir, const char *name, dev_t device, unsigned depth,
                        struct sgn_error *err)
{
	struct stat st;
	int sys;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	sys = errno;
	/* Systems say in different ways that it is a folder. */
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
		return remove_dir(dir, name, device, depth, err);
	return sgn_fail_sys(err, sys, "cannot remove '%s'", name);
}

int sgn_tree_remove_at(int dir, const char *name, struct sgn_error *err)
{
	return remove_entry(dir, name, 0, 0, err);
}

int sgn_tree_remove(const char *path, struct sgn_error *err)
{
	int rc = sgn_tree_remove_at(AT_FDCWD, path, err);

	return sgn_error_at_path(err, rc, path);
}

/* --- on several threads ---------------------------------------------------------------------------- */

struct removal {
	const struct sgn_walk *listed;
	size_t *folders; /* indexes */
	int root;
	dev_t device;
};

static int remove_files_of(void *arg, unsigned worker, size_t unit, struct sgn_error *err)
{
	const struct removal *r = arg;
	const struct sgn_walk_entry *all = r->listed->entries, *dir = &all[r->folders[unit]];
	int fd = sgn_dir_open_beneath(r->root, dir->path);
	struct stat st;

	SGN_UNUSED(worker);
	SGN_UNUSED(err);
	if (fd < 0)
		return 0;
	if (fstat(fd, &st) == 0 && st.st_dev == r->device)
		for (size_t i = r->folders[unit] + 1; i < dir->end; i = all[i].end)
			if (all[i].kind != SGN_WALK_DIR)
				unlinkat(fd, all[i].name, 0);
	close(fd);
	return 0;
}

void sgn_tree_remove_files(const char *path, const struct sgn_walk *listed, struct sgn_pool *pool)
{
	struct removal r = {.listed = listed,
	                    .folders = sgn_calloc(listed->count, sizeof(*r.folders)),
	                    .root = sgn_dir_open_at(AT_FDCWD, path)};
	struct stat st;
	size_t count = 0;

	for (size_t i = 0; r.folders && i < listed->count; i++)
		if (listed->entries[i].kind == SGN_WALK_DIR && listed->entries[i].end > i + 1)
			r.folders[count++] = i;
	if (r.root >= 0 && fstat(r.root, &st) == 0) {
		r.device = st.st_dev;
		sgn_parallel_for(pool, count, remove_files_of, &r, NULL);
	}
	if (r.root >= 0)
		close(r.root);
	sgn_free(r.folders);
}
