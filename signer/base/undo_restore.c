/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Putting a tree back as its undo record says. Every step may be done again: nothing in the record changes, so a
 * restoration that was interrupted begins anew.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "signer/base/text.h"
#include "signer/base/tree.h"
#include "signer/base/undo_list.h"

/* No system takes longer ones. */
#define PATH_ROOM 4096

int sgn_undo_parent(const struct sgn_undo_tree *tree, const char *path, const char **name)
{
	size_t len = (size_t)(sgn_path_base(path) - path);
	/* Without an allocation: memory may be what was wanting. */
	char folder[PATH_ROOM];

	*name = path + len;
	if (len > sizeof(folder)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(folder, path, len);
	folder[len ? len - 1 : 0] = '\0';
	return sgn_dir_open_beneath(tree->root_fd, folder);
}

static int cannot(const struct sgn_undo_entry *e, const char *what, struct sgn_error *err)
{
	return sgn_fail_sys(err, errno, "cannot %s '%s'", what, e->path);
}

/* --- what is there now ----------------------------------------------------------------------------- */

enum now {
	IS_OLD,
	IS_NEW,
	IS_NOTHING,
	IS_FOREIGN /* somebody else has put it there since */
};

static bool is_same(const struct stat *a, int dir, const char *name)
{
	struct stat b;

	return fstatat(dir, name, &b, AT_SYMLINK_NOFOLLOW) == 0 && a->st_dev == b.st_dev &&
	       a->st_ino == b.st_ino;
}

static enum now look(const struct sgn_undo_tree *tree, size_t i, int dir, const char *name)
{
	char old[SGN_UNDO_NAME], new[SGN_UNDO_NAME];
	struct stat st;

	sgn_undo_name(i, "old", old);
	sgn_undo_name(i, "new", new);
	if (dir < 0 || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return IS_NOTHING;
	if (is_same(&st, tree->fd, old))
		return IS_OLD;
	return is_same(&st, tree->fd, new) ? IS_NEW : IS_FOREIGN;
}

/* Files in the caller's folders are his, whatever became of them. */
static int check_entry(const struct sgn_undo_tree *tree, size_t i, struct sgn_error *err)
{
	const struct sgn_undo_entry *e = &tree->entries[i];
	const char *name;
	enum now now;
	int dir;

	if (e->kind != SGN_UNDO_KEPT && e->kind != SGN_UNDO_ABSENT)
		return 0;
	dir = sgn_undo_parent(tree, e->path, &name);
	now = look(tree, i, dir, name);
	if (dir >= 0)
		close(dir);
	if (now == IS_OLD || now == IS_NEW || (now == IS_NOTHING && e->kind == SGN_UNDO_ABSENT))
		return 0;
	return sgn_fail(err, SGN_E_MISMATCH,
	                "an interrupted run has left the undo record %s, but '%s' has been "
	                "changed since",
	                tree->record, e->path);
}

/* --- files ----------------------------------------------------------------------------------------- */

/*
 * Where the two names can be exchanged, they are: when a file is renamed over another, ext4 first finds room on the
 * disk for all of it and begins to write (auto_da_alloc), which takes longer than copying it, and protects
 * nothing that the record does not.
 */
static bool take_place(int record, const char *link, int dir, const char *name)
{
	if (renameat2(record, link, dir, name, RENAME_EXCHANGE) == 0)
		return unlinkat(record, link, 0) == 0;
	return renameat(record, link, dir, name) == 0;
}

int sgn_undo_link(const struct sgn_undo_tree *tree, size_t i, const char *what, const char *path,
                  struct sgn_error *err)
{
	char from[SGN_UNDO_NAME], link[SGN_UNDO_NAME];
	const char *name;
	int rc = 0, dir = sgn_undo_parent(tree, path, &name);

	sgn_undo_name(i, what, from);
	sgn_undo_name(i, "link", link);
	/* One that a killed run has left. */
	unlinkat(tree->fd, link, 0);
	if (dir < 0 || linkat(tree->fd, from, tree->fd, link, 0) != 0 ||
	    !take_place(tree->fd, link, dir, name))
		rc = sgn_fail_sys(err, errno, "cannot put '%s' in its place", path);
	if (dir >= 0)
		close(dir);
	return rc;
}

static int restore_file(const struct sgn_undo_tree *tree, size_t i, struct sgn_error *err)
{
	const struct sgn_undo_entry *e = &tree->entries[i];
	const char *name;
	int rc = 0, dir = sgn_undo_parent(tree, e->path, &name);
	enum now now = look(tree, i, dir, name);

	if (e->kind == SGN_UNDO_ABSENT && now == IS_NEW && unlinkat(dir, name, 0) != 0)
		rc = cannot(e, "remove", err);
	if (dir >= 0)
		close(dir);
	if (e->kind != SGN_UNDO_ABSENT && now != IS_OLD)
		rc = sgn_undo_link(tree, i, "old", e->path, err);
	return rc;
}

/* --- folders --------------------------------------------------------------------------------------- */

/* Was it in the folder of entry i before? */
static bool was_inside(const struct sgn_undo_tree *tree, size_t i, const char *name)
{
	for (i++; i < tree->count && tree->entries[i].kind == SGN_UNDO_INSIDE; i++)
		if (strcmp(sgn_path_base(tree->entries[i].path), name) == 0)
			return true;
	return false;
}

/* One pass; removing while reading may hide names on some file systems. Takes fd over. */
static int remove_others(const struct sgn_undo_tree *tree, size_t i, int fd, bool *again,
                         struct sgn_error *err)
{
	DIR *d = fdopendir(fd);
	const struct dirent *e;
	int rc = 0;

	*again = false;
	if (!d) {
		close(fd);
		return sgn_fail_nomem(err);
	}
	while (rc == 0 && (e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
		    was_inside(tree, i, e->d_name))
			continue;
		rc = sgn_tree_remove_at(dirfd(d), e->d_name, err);
		*again = true;
	}
	closedir(d);
	return rc;
}

/* Its files follow. */
static int restore_folder(const struct sgn_undo_tree *tree, size_t i, struct sgn_error *err)
{
	const struct sgn_undo_entry *e = &tree->entries[i];
	const char *name;
	int rc = 0, fd = -1, dir = sgn_undo_parent(tree, e->path, &name);
	bool again = true;

	if (dir < 0)
		return cannot(e, "open the folder of", err);
	if (mkdirat(dir, name, 0700) != 0 && errno != EEXIST)
		rc = cannot(e, "make", err);
	while (rc == 0 && again) {
		fd = sgn_dir_open_at(dir, name);
		rc = fd < 0 ? cannot(e, "open", err) : remove_others(tree, i, fd, &again, err);
	}
	fd = rc ? -1 : sgn_dir_open_at(dir, name);
	/* Only root may give it away. */
	if (fd >= 0 && fchown(fd, e->user, e->group) != 0)
		errno = 0;
	if (fd >= 0 && fchmod(fd, (mode_t)e->mode) != 0 && errno != EPERM && errno != ENOTSUP)
		rc = cannot(e, "set the mode of", err);
	if (fd >= 0)
		close(fd);
	close(dir);
	return rc;
}

static int remove_folder(const struct sgn_undo_tree *tree, size_t i, struct sgn_error *err)
{
	const char *name;
	int dir = sgn_undo_parent(tree, tree->entries[i].path, &name);
	int rc = dir < 0 ? 0 : sgn_tree_remove_at(dir, name, err);

	if (dir >= 0)
		close(dir);
	return rc;
}

/* --- all of it ------------------------------------------------------------------------------------- */

static int restore_entry(const struct sgn_undo_tree *tree, size_t i, struct sgn_error *err)
{
	switch (tree->entries[i].kind) {
	case SGN_UNDO_FOLDER: return restore_folder(tree, i, err);
	case SGN_UNDO_NO_FOLDER: return remove_folder(tree, i, err);
	default: return restore_file(tree, i, err);
	}
}

int sgn_undo_restore(const struct sgn_undo_tree *tree, struct sgn_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < tree->count; i++)
		rc = check_entry(tree, i, err);
	for (size_t i = 0; rc == 0 && i < tree->count; i++)
		rc = restore_entry(tree, i, err);
	return rc;
}

/* --- the disk -------------------------------------------------------------------------------------- */

static int flush_fd(int fd, const struct sgn_undo_entry *e, struct sgn_error *err)
{
	/* EINVAL: a file system that knows no fsync of folders. */
	int rc = fsync(fd) == 0 || errno == EINVAL ? 0 : cannot(e, "flush", err);

	close(fd);
	return rc;
}

/* A file, or the files of a folder and the folder. What is not there need not be. */
static int flush_at(int dir, const char *name, const struct sgn_undo_entry *e,
                    struct sgn_error *err)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC),
	    rc = 0;
	const struct dirent *entry;
	DIR *d = NULL;

	if (fd < 0)
		return 0;
	if (e->kind == SGN_UNDO_FOLDER || e->kind == SGN_UNDO_NO_FOLDER)
		d = fdopendir(fd);
	while (d && rc == 0 && (entry = readdir(d)) != NULL) {
		int file =
			entry->d_name[0] == '.'
				? -1
				: openat(fd, entry->d_name,
		                         O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

		if (file >= 0)
			rc = flush_fd(file, e, err);
	}
	if (!d)
		return flush_fd(fd, e, err);
	closedir(d);
	return rc;
}

static int flush_entry(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	const struct sgn_undo_tree *tree = arg;
	const struct sgn_undo_entry *e = &tree->entries[i];
	const char *name;
	int rc, dir = sgn_undo_parent(tree, e->path, &name);

	SGN_UNUSED(worker);
	/* A folder that is not there any more: what was in it is not, either. */
	if (dir < 0)
		return 0;
	rc = flush_at(dir, name, e, err);
	if (rc == 0)
		return flush_fd(dir, e, err);
	close(dir);
	return rc;
}

int sgn_undo_flush_tree(struct sgn_undo_tree *tree, struct sgn_error *err)
{
	return sgn_parallel_for(tree->pool, tree->count, flush_entry, tree, err);
}
