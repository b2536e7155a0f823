/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/txn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signer/base/file.h"
#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "signer/base/text.h"
#include "signer/base/tree.h"
#include "signer/base/txn_names.h"

/* Names tried before giving up; a second one is needed once in 2^32 times. */
#define MAX_TRIES 16

/* "." before the name, and what comes behind it. */
#define NAME_MAX_BYTES 255
#define NAME_MORE      (1 + sizeof(SGN_TXN_INFIX) - 1 + SGN_TXN_RANDOM_HEX + sizeof(SGN_TXN_PART) - 1)

static int join_path(const char *a, const char *b, char **out, struct sgn_error *err)
{
	struct sgn_buf whole;
	int rc;

	*out = NULL;
	sgn_buf_init(&whole, SGN_LIMIT_PATH);
	sgn_wr_fmt(&whole, "%s%s", a, b);
	rc = sgn_buf_finish(&whole, err, "path");
	if (rc == 0)
		*out = (char *)sgn_buf_take(&whole, NULL);
	sgn_buf_dispose(&whole);
	return rc;
}

int sgn_txn_name(const char *target, char **out, struct sgn_error *err)
{
	const char *name = sgn_path_base(target);
	uint8_t random[SGN_TXN_RANDOM];
	char hex[SGN_TXN_RANDOM_HEX + 1];
	struct sgn_buf path;
	int rc;

	*out = NULL;
	if (strlen(name) > NAME_MAX_BYTES - NAME_MORE)
		return sgn_fail(err, SGN_E_LIMIT,
		                "the name has %zu bytes; a tree with more than %zu has no room for "
		                "its working copy's name",
		                strlen(name), NAME_MAX_BYTES - NAME_MORE);
	if (getentropy(random, sizeof(random)) != 0)
		return sgn_fail_sys(err, errno, "the system gives no random numbers");
	sgn_hex_encode(random, sizeof(random), hex);
	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_wr_bytes(&path, target, (size_t)(name - target));
	sgn_wr_fmt(&path, ".%s" SGN_TXN_INFIX "%s", name, hex);
	rc = sgn_buf_finish(&path, err, "path");
	if (rc == 0)
		*out = (char *)sgn_buf_take(&path, NULL);
	sgn_buf_dispose(&path);
	return rc;
}

static int cannot_make(struct sgn_error *err, int sys)
{
	int rc = sgn_fail_sys(err, sys, "cannot make a working copy beside it");

	if (sys == EACCES || sys == EPERM || sys == EROFS)
		sgn_error_cure(err, rc,
		               "make the folder that it is in writable, or choose another place "
		               "for the output");
	return rc;
}

/*
 * Between mkdir and the lock the folder looks like litter, and a recovery may take it. That shows when
 * the lock is to be had: then another name is tried.
 */
int sgn_txn_make_folder(const char *target, char **path, int *lock, struct sgn_error *err)
{
	for (int tries = 0; tries < MAX_TRIES; tries++) {
		int rc = sgn_txn_name(target, path, err);

		if (rc != 0)
			return rc;
		if (mkdir(*path, 0700) == 0) {
			sgn_txn_lock(AT_FDCWD, *path, lock);
			/* Without locks here recovery will not touch it either. */
			if (*lock >= 0)
				return 0;
			errno = EEXIST;
		}
		if (errno != EEXIST)
			rc = cannot_make(err, errno);
		sgn_free(*path);
		*path = NULL;
		if (rc != 0)
			return rc;
	}
	return cannot_make(err, EEXIST);
}

static int fill_stage(struct sgn_txn *txn, const struct sgn_walk *walk, struct sgn_error *err)
{
	struct sgn_tree_copy copy = {.walk = walk, .share = txn->replaces, .arena = &txn->arena};
	int from, rc;

	do
		from = open(walk->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (from < 0 && errno == EINTR);
	if (from < 0)
		return sgn_fail_sys(err, errno, "cannot open the folder to copy it");
	rc = sgn_tree_copy(&copy, from, txn->lock, err);
	txn->modes = copy.modes;
	close(from);
	return rc;
}

static int check_new(const char *output, const char *target, const char *source,
                     struct sgn_error *err)
{
	size_t len = strlen(source);
	struct stat st;
	int rc;

	if (strncmp(target, source, len) == 0 && target[len] == '/')
		return sgn_fail(err, SGN_E_USAGE,
		                "the output would lie inside the folder that it "
		                "is made from");
	if (lstat(target, &st) != 0)
		return 0;
	rc = sgn_fail(err, SGN_E_EXISTS, "there is something of that name already");
	return sgn_error_cure(err, rc, "remove %s, or choose another name", output);
}

/* Where a new tree will be. */
static int new_place(const struct sgn_walk *walk, const char *output, char **target,
                     struct sgn_error *err)
{
	char *name = sgn_strdup(output), *source = NULL;
	struct stat st;
	int rc;

	if (!name)
		return sgn_fail_nomem(err);
	for (size_t len = strlen(name); len > 1 && name[len - 1] == '/'; len--)
		name[len - 1] = '\0';
	rc = sgn_path_real(walk->root, &source, err);
	if (rc != 0)
		goto out;
	if (lstat(name, &st) == 0)
		rc = check_new(output, name, source, err);
	else
		rc = sgn_path_target(name, target, err);
	if (rc == 0)
		rc = check_new(output, *target, source, err);
out:
	sgn_free(source);
	sgn_free(name);
	return rc;
}

/* An interrupted run is undone first; the walk of what it had left is of no use then. */
static int recover_first(const struct sgn_txn *txn, struct sgn_error *err)
{
	bool restored;
	int rc = sgn_txn_recover_at(txn->target, &restored, err);

	if (rc != 0 || !restored)
		return rc;
	rc = sgn_fail(err, SGN_E_MISMATCH, "an interrupted run had to be undone first");
	return sgn_error_cure(err, rc, "run the same command again");
}

int sgn_txn_begin(const struct sgn_walk *walk, const char *output, bool durable,
                  struct sgn_txn *out, struct sgn_error *err)
{
	int rc;

	*out = (struct sgn_txn){.replaces = !output, .durable = durable, .lock = -1};
	rc = output ? new_place(walk, output, &out->target, err)
	            : sgn_path_real(walk->root, &out->target, err);
	if (rc == 0 && strcmp(out->target, "/") == 0)
		rc = sgn_fail(err, SGN_E_UNSUPPORTED, "the root of the system cannot be exchanged");
	if (rc == 0)
		rc = recover_first(out, err);
	if (rc == 0)
		rc = sgn_txn_make_folder(out->target, &out->stage, &out->lock, err);
	if (rc == 0)
		rc = fill_stage(out, walk, err);
	if (rc != 0)
		sgn_txn_dispose(out);
	return sgn_error_at_path(err, rc, output ? output : walk->root);
}

/* The stage is gone or left to recovery. */
static void let_go(struct sgn_txn *txn)
{
	if (txn->stage && txn->lock >= 0)
		close(txn->lock);
	txn->lock = -1;
	sgn_free(txn->stage);
	txn->stage = NULL;
}

/* renameat2() is not to be had here, or not for this. */
static bool is_refused(int sys)
{
	return sys == EINVAL || sys == ENOSYS || sys == EOPNOTSUPP;
}

/* Never over something that is there already, where the system can promise that. */
static int rename_new(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	return is_refused(errno) ? rename(from, to) : -1;
}

static int put_back(struct sgn_txn *txn, const char *old, int rc, struct sgn_error *err)
{
	if (sgn_tree_remove(txn->target, NULL) == 0 && rename(old, txn->target) == 0)
		return rc;
	/* The stage must stay: with it recovery knows what "-old" is. */
	sgn_error_cure(err, rc, "run the same command again: the tree lies in %s", old);
	let_go(txn);
	return rc;
}

/* Copies what cannot be renamed. part becomes old only when it is complete. */
static int copy_aside(struct sgn_txn *txn, const char *part, const char *old, struct sgn_error *err)
{
	struct sgn_tree_copy copy = {.share = true, .arena = &txn->arena};
	struct sgn_walk walk = {0};
	int from = -1, to = -1;
	int rc = sgn_walk_tree(txn->target, &walk, err);

	if (rc != 0)
		goto out;
	copy.walk = &walk;
	from = sgn_dir_open_at(AT_FDCWD, txn->target);
	if (from < 0 || mkdir(part, 0700) != 0 || (to = sgn_dir_open_at(AT_FDCWD, part)) < 0) {
		rc = cannot_make(err, errno);
		goto out;
	}
	rc = sgn_tree_copy(&copy, from, to, err);
	if (rc == 0)
		rc = sgn_tree_set_modes(copy.modes, to, err);
	if (rc == 0 && rename(part, old) != 0)
		rc = cannot_make(err, errno);
out:
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	if (rc != 0)
		sgn_tree_remove(part, NULL);
	sgn_walk_dispose(&walk);
	return rc;
}

/* Makes place where the two cannot be exchanged. After success old is the tree. */
static int move_aside(struct sgn_txn *txn, const char *old, struct sgn_error *err)
{
	char *part = NULL;
	int rc;

	if (rename_new(txn->target, old) == 0)
		return 0;
	if (errno != EXDEV)
		return sgn_fail_sys(err, errno, "cannot move the old tree away");
	rc = join_path(txn->stage, SGN_TXN_PART, &part, err);
	if (rc == 0)
		rc = copy_aside(txn, part, old, err);
	sgn_free(part);
	if (rc != 0)
		return rc;
	rc = sgn_tree_remove(txn->target, err);
	return rc == 0 ? 0 : put_back(txn, old, rc, err);
}

/*
 * In two steps. Killed between them there is no target, but "-old" beside a stage that nobody holds, and
 * recovery puts it back.
 */
static int exchange_slowly(struct sgn_txn *txn, struct sgn_error *err)
{
	char *old = NULL;
	int rc = join_path(txn->stage, SGN_TXN_OLD, &old, err);

	if (rc == 0)
		rc = move_aside(txn, old, err);
	if (rc != 0)
		goto out;
	if (rename(txn->stage, txn->target) != 0) {
		rc = sgn_fail_sys(err, errno, "cannot put the new tree in place");
		rc = put_back(txn, old, rc, err);
		goto out;
	}
	sgn_tree_remove(old, NULL);
out:
	sgn_free(old);
	return rc;
}

static int exchange(struct sgn_txn *txn, struct sgn_error *err)
{
	if (renameat2(AT_FDCWD, txn->stage, AT_FDCWD, txn->target, RENAME_EXCHANGE) == 0) {
		/* The stage's name has become the old tree's. */
		if (txn->listed)
			sgn_tree_remove_files(txn->stage, txn->listed, txn->pool);
		sgn_tree_remove(txn->stage, NULL);
		return 0;
	}
	if (is_refused(errno) || errno == EXDEV)
		return exchange_slowly(txn, err);
	return sgn_fail_sys(err, errno, "cannot exchange the tree with its changed copy");
}

static int put_in_place(struct sgn_txn *txn, struct sgn_error *err)
{
	if (txn->replaces)
		return exchange(txn, err);
	if (rename_new(txn->stage, txn->target) == 0)
		return 0;
	if (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR)
		return sgn_fail(err, SGN_E_EXISTS, "there is something of that name by now");
	return sgn_fail_sys(err, errno, "cannot put the new tree in place");
}

/* All of the stage at once: its links and folders are more than one would name one by one. */
static int flush_stage(const struct sgn_txn *txn, struct sgn_error *err)
{
	if (syncfs(txn->lock) == 0)
		return 0;
	return sgn_fail_sys(err, errno, "cannot flush to disk");
}

static int flush_parent(const struct sgn_txn *txn, struct sgn_error *err)
{
	int fd, rc = sgn_txn_open_parent(txn->target, &fd, err);

	if (rc != 0)
		return sgn_wrap(err, rc, "the tree was changed, but not flushed to disk");
	/* EINVAL: a file system that knows no fsync of folders. */
	if (fsync(fd) != 0 && errno != EINVAL)
		rc = sgn_fail_sys(err, errno,
		                  "the tree was changed, but its folder was not flushed to disk");
	close(fd);
	return rc;
}

int sgn_txn_commit(struct sgn_txn *txn, struct sgn_error *err)
{
	int rc;

	if (!txn->stage)
		return sgn_fail(err, SGN_E_INTERNAL, "commit without a working copy");
	rc = sgn_tree_set_modes(txn->modes, txn->lock, err);
	if (rc == 0 && txn->durable)
		rc = flush_stage(txn, err);
	if (rc == 0)
		rc = put_in_place(txn, err);
	if (rc != 0)
		return sgn_error_at_path(err, rc, txn->target);
	let_go(txn);
	if (txn->durable)
		rc = flush_parent(txn, err);
	return sgn_error_at_path(err, rc, txn->target);
}

void sgn_txn_dispose(struct sgn_txn *txn)
{
	if (txn->stage)
		sgn_tree_remove(txn->stage, NULL);
	let_go(txn);
	sgn_free(txn->target);
	sgn_arena_dispose(&txn->arena);
	*txn = (struct sgn_txn){.lock = -1};
}
