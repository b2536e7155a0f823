/* SPDX-License-Identifier: Apache-2.0 */
/* What interrupted runs of undo_tree.c have left. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signer/base/mem.h"
#include "signer/base/txn_names.h"
#include "signer/base/undo_list.h"
#include "signer/base/undo_record.h"

/* --- finding records -------------------------------------------------------------------------------- */

/* Anybody may make a folder in a shared one, but not say what becomes of other people's files. */
static bool is_trusted(const struct stat *record, const char *root)
{
	struct stat tree;

	return record->st_uid == geteuid() || record->st_uid == 0 ||
	       (stat(root, &tree) == 0 && record->st_uid == tree.st_uid);
}

/* The record of the tree at root; NULL when there is none. around: the tree is only around what is worked on, so
 * what a stranger has put beside it is nobody's business. */
static int record_of(const char *root, bool around, char **record, struct sgn_error *err)
{
	struct sgn_error ignored = SGN_ERROR_INIT;
	struct stat st;
	int rc = sgn_undo_record_path(root, record, &ignored);

	sgn_error_dispose(&ignored);
	/* Of a name that is too long there cannot be any. */
	if (rc != 0)
		return rc == SGN_E_NOMEM ? sgn_fail_nomem(err) : 0;
	if (lstat(*record, &st) == 0 && S_ISDIR(st.st_mode) && (!around || is_trusted(&st, root)))
		return 0;
	sgn_free(*record);
	*record = NULL;
	return 0;
}

/* The outermost tree that has a record: one around real, or that itself. Both NULL when there is none. */
static int find_record(const char *real, char **root, char **record, struct sgn_error *err)
{
	size_t len = 0;
	int rc = 0;

	*root = *record = NULL;
	while (rc == 0 && real[len] && real[len + 1]) {
		len += 1 + strcspn(real + len + 1, "/");
		*root = sgn_strndup(real, len);
		rc = *root ? record_of(*root, real[len] != '\0', record, err) : sgn_fail_nomem(err);
		if (rc == 0 && *record)
			return 0;
		sgn_free(*root);
		*root = NULL;
	}
	return rc;
}

/* 0 and no path: what is not there needs nothing, and whoever works on it next says what is wrong. */
static int resolve(const char *path, char **real, struct sgn_error *err)
{
	struct sgn_error ignored = SGN_ERROR_INIT;
	int rc = sgn_path_real(path, real, &ignored);

	sgn_error_dispose(&ignored);
	return rc == SGN_E_NOMEM ? sgn_fail_nomem(err) : 0;
}

int sgn_undo_tree_refuse_pending(const char *path, struct sgn_error *err)
{
	char *real = NULL, *root = NULL, *record = NULL;
	int rc = resolve(path, &real, err);

	if (rc == 0 && real)
		rc = find_record(real, &root, &record, err);
	if (rc == 0 && record) {
		rc = sgn_fail(err, SGN_E_FORMAT,
		              "may be half changed: a run that changes %s in place was "
		              "interrupted, or is at work just now (undo record %s)",
		              root, record);
		sgn_error_cure(err, rc,
		               "wait for the other run; if there is none, sign it again, or remove "
		               "its signature: either restores it first");
	}
	sgn_free(record);
	sgn_free(root);
	sgn_free(real);
	return sgn_error_at_path(err, rc, path);
}

/* --- restoring -------------------------------------------------------------------------------------- */

static int check_owner(const struct sgn_undo_tree *tree, struct sgn_error *err)
{
	struct stat record;

	if (fstat(tree->fd, &record) != 0)
		return sgn_fail_sys(err, errno, "cannot look at it");
	if (is_trusted(&record, tree->root))
		return 0;
	return sgn_fail(err, SGN_E_MISMATCH, "it belongs to another user (%u)",
	                (unsigned)record.st_uid);
}

static int restore_with(struct sgn_undo_tree *tree, struct sgn_error *err)
{
	int rc;

	switch (sgn_txn_lock(AT_FDCWD, tree->record, &tree->fd)) {
	case SGN_LOCK_MINE: break;
	case SGN_LOCK_ALIVE: return sgn_undo_busy(err);
	case SGN_LOCK_MISSING: return 0; /* the run that had made it is over */
	default: return sgn_fail(err, SGN_E_UNSUPPORTED, "the file system has no locks");
	}
	tree->named = tree->flush = true;
	rc = sgn_undo_open_root(tree, err);
	if (rc == 0)
		rc = check_owner(tree, err);
	if (rc == 0)
		rc = sgn_undo_list_read(tree, err);
	if (rc == 0)
		rc = sgn_txn_name(tree->root, &tree->litter, err);
	return rc ? rc : sgn_undo_put_back(tree, err);
}

/* The user's tree is the one that the error is about. */
static int about_record(const char *record, struct sgn_error *err, int rc)
{
	if (rc == 0 || !err || err->sys == EBUSY)
		return rc;
	sgn_free(err->path);
	err->path = NULL;
	if (!strstr(err->text, record))
		sgn_wrap(err, rc, "undo record %s", record);
	return sgn_error_cure(err, rc,
	                      "look whether everything is as it should be, then delete the record "
	                      "(what was there before lies in it)");
}

static int recover_one(const char *root, const char *record, struct sgn_error *err)
{
	struct sgn_undo_tree *tree = sgn_undo_tree_new(root);
	int rc = tree ? 0 : sgn_fail_nomem(err);

	if (rc == 0) {
		tree->record = sgn_strdup(record);
		rc = tree->record ? restore_with(tree, err) : sgn_fail_nomem(err);
	}
	sgn_undo_tree_free(tree);
	return about_record(record, err, rc);
}

/* From the outside in: what lies inside may be another one after that. */
static int recover_all(const char *real, char **restored, struct sgn_error *err)
{
	int rc = 0;

	while (rc == 0) {
		char *root, *record;

		rc = find_record(real, &root, &record, err);
		if (rc != 0 || !record)
			return rc;
		rc = recover_one(root, record, err);
		sgn_free(record);
		if (rc == 0 && !*restored) {
			*restored = root;
			root = NULL;
		}
		sgn_free(root);
	}
	return rc;
}

int sgn_undo_tree_recover(const char *path, char **restored, struct sgn_error *err)
{
	char *real = NULL;
	int rc = resolve(path, &real, err);

	*restored = NULL;
	if (rc == 0 && real)
		rc = recover_all(real, restored, err);
	sgn_free(real);
	if (rc != 0) {
		sgn_free(*restored);
		*restored = NULL;
	}
	return sgn_error_at_path(err, rc, path);
}
