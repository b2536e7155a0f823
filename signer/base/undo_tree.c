/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/undo_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signer/base/dir.h"
#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "signer/base/on_disk.h"
#include "signer/base/text.h"
#include "signer/base/tree.h"
#include "signer/base/txn.h"
#include "signer/base/txn_names.h"
#include "signer/base/undo_list.h"
#include "signer/base/undo_record.h"

/* Separate files of a signature: 14 of them have names. */
#define MAX_FILES_IN_FOLDER 1000

#define WITHOUT "do it without --in-place"

void sgn_undo_tree_free(struct sgn_undo_tree *tree)
{
	if (!tree)
		return;
	/* Nobody has seen it by its name, so it is of no use. */
	if (tree->litter && tree->fd >= 0 && !tree->named)
		sgn_tree_remove(tree->litter, NULL);
	if (tree->fd >= 0)
		close(tree->fd);
	if (tree->root_fd >= 0)
		close(tree->root_fd);
	sgn_free(tree->root);
	sgn_free(tree->record);
	sgn_free(tree->litter);
	sgn_free(tree->entries);
	sgn_arena_dispose(&tree->arena);
	sgn_free(tree);
}

struct sgn_undo_tree *sgn_undo_tree_new(const char *root)
{
	struct sgn_undo_tree *tree = sgn_calloc(1, sizeof(*tree));

	if (!tree)
		return NULL;
	tree->fd = tree->root_fd = -1;
	tree->root = sgn_strdup(root);
	if (tree->root)
		return tree;
	sgn_undo_tree_free(tree);
	return NULL;
}

int sgn_undo_open_root(struct sgn_undo_tree *tree, struct sgn_error *err)
{
	tree->root_fd = sgn_dir_open_at(AT_FDCWD, tree->root);
	return tree->root_fd < 0 ? sgn_fail_sys(err, errno, "cannot open the folder") : 0;
}

/* --- making the record ----------------------------------------------------------------------------- */

static int no_place(const char *path, const char *why, struct sgn_error *err)
{
	int rc = sgn_fail(err, SGN_E_UNSUPPORTED, "cannot be changed in place: '%s' %s", path, why);

	return sgn_error_cure(err, rc, WITHOUT);
}

/* Does a pulled plug matter? Once it does, nobody need ask any more. */
static void ask_disk(struct sgn_undo_tree *tree, const char *name)
{
	struct stat st;
	int fd;

	if (tree->flush)
		return;
	fd = openat(tree->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	tree->flush =
		fd < 0 || fstat(fd, &st) != 0 || !sgn_disk_has_nothing_of(fd, (uint64_t)st.st_size);
	if (fd >= 0)
		close(fd);
}

/* A file that lies in dir by that name. */
static int keep_file(struct sgn_undo_tree *tree, const struct sgn_undo_entry *e, int dir,
                     const char *name, struct sgn_error *err)
{
	char old[SGN_UNDO_NAME];
	int rc;

	sgn_undo_name(tree->count, "old", old);
	if (linkat(dir, name, tree->fd, old, 0) != 0) {
		rc = sgn_fail_sys(err, errno, "cannot make a link to '%s' for the undo record",
		                  e->path);
		return sgn_error_cure(err, rc, WITHOUT);
	}
	ask_disk(tree, old);
	return sgn_undo_list_add(tree, e, err);
}

static int keep_content(struct sgn_undo_tree *tree, const char *path, struct sgn_error *err)
{
	struct sgn_dir dir = {.fd = -1};
	struct sgn_buf whole;
	int rc;

	sgn_buf_init(&whole, SGN_LIMIT_PATH);
	sgn_wr_fmt(&whole, "%s/%s", tree->root, path);
	rc = sgn_buf_finish(&whole, err, "path");
	if (rc == 0)
		rc = sgn_dir_open(sgn_buf_str(&whole), MAX_FILES_IN_FOLDER, &dir, err);
	for (size_t i = 0; rc == 0 && i < dir.count; i++) {
		struct sgn_undo_entry e = {.kind = SGN_UNDO_INSIDE};
		struct stat st;

		sgn_buf_reset(&whole);
		sgn_wr_fmt(&whole, "%s/%s", path, dir.names[i]);
		rc = sgn_buf_finish(&whole, err, "path");
		e.path = sgn_buf_str(&whole);
		if (rc == 0 && (fstatat(dir.fd, dir.names[i], &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		                !S_ISREG(st.st_mode)))
			rc = no_place(e.path, "is no plain file", err);
		if (rc == 0)
			rc = keep_file(tree, &e, dir.fd, dir.names[i], err);
	}
	sgn_dir_close(&dir);
	sgn_buf_dispose(&whole);
	return rc;
}

static int keep_there(struct sgn_undo_tree *tree, const struct sgn_undo_place *p, int dir,
                      const char *name, const struct stat *st, struct sgn_error *err)
{
	struct sgn_undo_entry e = {.kind = p->folder ? SGN_UNDO_FOLDER : SGN_UNDO_KEPT,
	                           .mode = (uint32_t)st->st_mode & 07777u,
	                           .user = (uint32_t)st->st_uid,
	                           .group = (uint32_t)st->st_gid,
	                           .path = p->path};
	int rc;

	if (!p->folder)
		return S_ISREG(st->st_mode) ? keep_file(tree, &e, dir, name, err)
		                            : no_place(p->path, "is no plain file", err);
	if (!S_ISDIR(st->st_mode))
		return no_place(p->path, "is no folder", err);
	rc = sgn_undo_list_add(tree, &e, err);
	return rc ? rc : keep_content(tree, p->path, err);
}

static int keep(struct sgn_undo_tree *tree, const struct sgn_undo_place *p, struct sgn_error *err)
{
	struct sgn_undo_entry absent = {.kind = p->folder ? SGN_UNDO_NO_FOLDER : SGN_UNDO_ABSENT,
	                                .path = p->path};
	const char *name;
	struct stat st;
	int rc, dir = sgn_undo_parent(tree, p->path, &name);

	if (dir < 0)
		return no_place(p->path, "lies behind a symbolic link, or cannot be reached", err);
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		rc = keep_there(tree, p, dir, name, &st, err);
	else if (errno == ENOENT)
		rc = sgn_undo_list_add(tree, &absent, err);
	else
		rc = sgn_fail_sys(err, errno, "cannot look at '%s'", p->path);
	close(dir);
	return rc;
}

int sgn_undo_busy(struct sgn_error *err)
{
	int rc = sgn_fail_sys(err, EBUSY, "another run is changing it in place just now");

	return sgn_error_cure(err, rc, "wait for the other run, and run the same command again");
}

/* A folder never takes the place of one that has something in it. */
static int publish(struct sgn_undo_tree *tree, struct sgn_error *err)
{
	if (tree->flush && fsync(tree->fd) != 0 && errno != EINVAL)
		return sgn_fail_sys(err, errno, "cannot flush the undo record to disk");
	if (rename(tree->litter, tree->record) != 0)
		return errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR
		               ? sgn_undo_busy(err)
		               : sgn_fail_sys(err, errno, "cannot put the undo record in place");
	tree->named = true;
	return tree->flush ? sgn_undo_flush_folder(tree->root, err) : 0;
}

static int check_lock(const struct sgn_undo_tree *tree, struct sgn_error *err)
{
	int fd, rc;
	/* It is held: so where there are locks another one is not to be had. */
	enum sgn_lock again = sgn_txn_lock(AT_FDCWD, tree->litter, &fd);

	if (fd >= 0)
		close(fd);
	if (again == SGN_LOCK_ALIVE)
		return 0;
	rc = sgn_fail(err, SGN_E_UNSUPPORTED,
	              "the file system has no locks, so it cannot be changed in place safely");
	return sgn_error_cure(err, rc, WITHOUT);
}

static int make_record(struct sgn_undo_tree *tree, const struct sgn_undo_place *places,
                       size_t count, struct sgn_error *err)
{
	int rc = sgn_undo_record_path(tree->root, &tree->record, err);

	if (rc == 0)
		rc = sgn_txn_make_folder(tree->root, &tree->litter, &tree->fd, err);
	if (rc == 0)
		rc = check_lock(tree, err);
	if (rc == 0)
		rc = sgn_undo_open_root(tree, err);
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = keep(tree, &places[i], err);
	if (rc == 0)
		rc = sgn_undo_list_write(tree, err);
	return rc ? rc : publish(tree, err);
}

int sgn_undo_tree_begin(const char *root, const struct sgn_undo_place *places, size_t count,
                        bool durable, struct sgn_pool *pool, struct sgn_undo_tree **out,
                        struct sgn_error *err)
{
	struct sgn_undo_tree *tree;
	char *real = NULL;
	int rc = sgn_path_real(root, &real, err);

	*out = NULL;
	if (rc != 0)
		return rc;
	tree = sgn_undo_tree_new(real);
	sgn_free(real);
	if (!tree)
		return sgn_fail_nomem(err);
	tree->flush = tree->durable = durable;
	tree->pool = pool;
	rc = make_record(tree, places, count, err);
	if (rc != 0 && tree->named)
		sgn_undo_drop(tree, NULL);
	if (rc != 0)
		sgn_undo_tree_free(tree);
	else
		*out = tree;
	return sgn_error_at_path(err, rc, root);
}

/* --- changing the tree ----------------------------------------------------------------------------- */

static int find(const struct sgn_undo_tree *tree, const char *path, size_t *out,
                struct sgn_error *err)
{
	size_t len = strlen(tree->root);

	if (strncmp(path, tree->root, len) == 0 && path[len] == '/')
		for (*out = 0; *out < tree->count; ++*out)
			if (strcmp(tree->entries[*out].path, path + len + 1) == 0)
				return 0;
	return sgn_fail(err, SGN_E_INTERNAL, "%s is not in the undo record", path);
}

int sgn_undo_tree_new_path(const struct sgn_undo_tree *tree, const char *path, char **out,
                           struct sgn_error *err)
{
	char name[SGN_UNDO_NAME];
	struct sgn_buf whole;
	size_t i = 0;
	int rc = find(tree, path, &i, err);

	*out = NULL;
	if (rc != 0)
		return rc;
	sgn_undo_name(i, "new", name);
	sgn_buf_init(&whole, SGN_LIMIT_PATH);
	sgn_wr_fmt(&whole, "%s/%s", tree->record, name);
	rc = sgn_buf_finish(&whole, err, "path");
	if (rc == 0)
		*out = (char *)sgn_buf_take(&whole, NULL);
	sgn_buf_dispose(&whole);
	return rc;
}

int sgn_undo_tree_put(const struct sgn_undo_tree *tree, const char *path, struct sgn_error *err)
{
	size_t i = 0;
	int rc = find(tree, path, &i, err);

	return rc ? rc : sgn_undo_link(tree, i, "new", tree->entries[i].path, err);
}

int sgn_undo_tree_store(const struct sgn_undo_tree *tree, const char *path, struct sgn_view bytes,
                        unsigned mode, struct sgn_error *err)
{
	char *new_path;
	int rc = sgn_undo_tree_new_path(tree, path, &new_path, err);

	if (rc == 0)
		rc = sgn_file_store(new_path, bytes, mode, err);
	if (rc == 0)
		rc = sgn_undo_tree_put(tree, path, err);
	sgn_free(new_path);
	return rc;
}

/* --- the end of it --------------------------------------------------------------------------------- */

/* The last name of a large file takes the time of giving back its pages. */
static int forget_file(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	const struct sgn_undo_tree *tree = arg;
	char old[SGN_UNDO_NAME];

	SGN_UNUSED(worker);
	SGN_UNUSED(err);
	sgn_undo_name(i, "old", old);
	unlinkat(tree->fd, old, 0);
	return 0;
}

int sgn_undo_drop(struct sgn_undo_tree *tree, struct sgn_error *err)
{
	if (rename(tree->record, tree->litter) != 0)
		return sgn_fail_sys(err, errno, "cannot remove the undo record %s", tree->record);
	/* What stays is removed by the next run. */
	tree->named = false;
	if (tree->pool)
		sgn_parallel_for(tree->pool, tree->count, forget_file, tree, NULL);
	sgn_tree_remove(tree->litter, NULL);
	return 0;
}

int sgn_undo_tree_commit(struct sgn_undo_tree *tree, struct sgn_error *err)
{
	int rc = tree->flush ? sgn_undo_flush_tree(tree, err) : 0;

	if (rc == 0)
		rc = sgn_undo_drop(tree, err);
	if (rc == 0 && tree->durable)
		rc = sgn_wrap(err, sgn_undo_flush_folder(tree->root, err), "the tree was changed");
	return sgn_error_at_path(err, rc, tree->root);
}

int sgn_undo_put_back(struct sgn_undo_tree *tree, struct sgn_error *err)
{
	int rc = sgn_undo_restore(tree, err);

	if (rc == 0 && tree->flush)
		rc = sgn_undo_flush_tree(tree, err);
	return rc ? rc : sgn_undo_drop(tree, err);
}

int sgn_undo_tree_roll_back(struct sgn_undo_tree *tree, int rc, struct sgn_error *err)
{
	struct sgn_error second = SGN_ERROR_INIT;

	if (tree->named && sgn_undo_put_back(tree, &second) != 0) {
		sgn_wrap(err, rc, "it is half changed, and cannot be restored now (%s)",
		         second.text);
		if (err)
			err->cure[0] = '\0';
		sgn_error_cure(err, rc,
		               "remove the reason, then run the same command again: what is "
		               "missing lies in %s",
		               tree->record);
	}
	sgn_error_dispose(&second);
	return rc;
}
