/* SPDX-License-Identifier: Apache-2.0 */
/* The list in the undo record of a tree. */
#include "signer/base/undo_list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "signer/base/reader.h"
#include "signer/base/undo_record.h"

#define MAGIC      "signetT1"
#define MAGIC_SIZE 8u

void sgn_undo_name(size_t i, const char *what, char out[SGN_UNDO_NAME])
{
	snprintf(out, SGN_UNDO_NAME, "%zu-%s", i, what);
}

int sgn_undo_list_add(struct sgn_undo_tree *tree, const struct sgn_undo_entry *e,
                      struct sgn_error *err)
{
	struct sgn_undo_entry own = *e;

	if (tree->count == tree->cap) {
		size_t cap = tree->cap ? tree->cap * 2 : 16;
		struct sgn_undo_entry *grown =
			sgn_realloc(tree->entries, cap * sizeof(*tree->entries));

		if (!grown)
			return sgn_fail_nomem(err);
		tree->entries = grown;
		tree->cap = cap;
	}
	own.path = sgn_arena_strdup(&tree->arena, e->path);
	if (!own.path)
		return sgn_fail_nomem(err);
	tree->entries[tree->count++] = own;
	return 0;
}

/* --- writing -------------------------------------------------------------------------------------- */

static int put_file(const struct sgn_undo_tree *tree, struct sgn_view bytes, struct sgn_error *err)
{
	struct sgn_output to = {.final_path = tree->record};
	int rc;

	to.fd = openat(tree->fd, SGN_UNDO_LIST, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to.fd < 0)
		return sgn_fail_sys(err, errno, "cannot make the list of the undo record");
	rc = sgn_output_write(&to, 0, bytes.data, bytes.size, err);
	if (rc == 0 && tree->flush && fsync(to.fd) != 0)
		rc = sgn_fail_sys(err, errno, "cannot flush the undo record to disk");
	close(to.fd);
	return rc;
}

int sgn_undo_list_write(const struct sgn_undo_tree *tree, struct sgn_error *err)
{
	uint8_t sum[SGN_UNDO_SUM_SIZE];
	struct sgn_buf b;
	int rc;

	sgn_buf_init(&b, SGN_LIMIT_UNDO_LIST);
	sgn_wr_bytes(&b, MAGIC, MAGIC_SIZE);
	sgn_wr_be32(&b, (uint32_t)tree->count);
	for (size_t i = 0; i < tree->count; i++) {
		const struct sgn_undo_entry *e = &tree->entries[i];

		sgn_wr_u8(&b, (uint8_t)e->kind);
		sgn_wr_be32(&b, e->mode);
		sgn_wr_be32(&b, e->user);
		sgn_wr_be32(&b, e->group);
		sgn_wr_be32(&b, (uint32_t)strlen(e->path));
		sgn_wr_str(&b, e->path);
	}
	rc = sgn_buf_finish(&b, err, "list of an undo record");
	if (rc == 0) {
		sgn_undo_sum(sgn_buf_view(&b), sum);
		sgn_wr_bytes(&b, sum, sizeof(sum));
		rc = sgn_buf_finish(&b, err, "list of an undo record");
	}
	if (rc == 0)
		rc = put_file(tree, sgn_buf_view(&b), err);
	sgn_buf_dispose(&b);
	return rc;
}

/* --- reading -------------------------------------------------------------------------------------- */

/* Inside of the tree: no empty name, no "." and "..". Symlinks are met when it is followed. */
static bool is_plain(const char *path, size_t len)
{
	size_t at = 0;

	if (len == 0 || len >= SGN_LIMIT_PATH || strlen(path) != len)
		return false;
	while (at <= len) {
		size_t n = strcspn(path + at, "/");

		if (n == 0 || (n <= 2 && strncmp(path + at, "..", n) == 0))
			return false;
		at += n + 1;
	}
	return true;
}

static bool is_kind(uint8_t kind)
{
	return kind && strchr("fadin", kind) != NULL;
}

static int read_entry(struct sgn_reader *in, struct sgn_undo_tree *tree, struct sgn_error *err)
{
	uint8_t kind = sgn_rd_u8(in);
	struct sgn_undo_entry e = {.kind = (enum sgn_undo_kind)kind};
	struct sgn_view path;
	char *text;
	int rc;

	e.mode = sgn_rd_be32(in);
	e.user = sgn_rd_be32(in);
	e.group = sgn_rd_be32(in);
	path = sgn_rd_bytes(in, sgn_rd_be32(in));
	rc = sgn_rd_finish(in, err, "list");
	if (rc != 0)
		return rc;
	text = sgn_strndup((const char *)path.data, path.size);
	if (!text)
		return sgn_fail_nomem(err);
	e.path = text;
	if (!is_kind(kind) || !is_plain(text, path.size))
		rc = sgn_fail(err, SGN_E_FORMAT, "its list has an entry that is none");
	if (rc == 0)
		rc = sgn_undo_list_add(tree, &e, err);
	sgn_free(text);
	return rc;
}

static int check_sum(struct sgn_view *all, struct sgn_error *err)
{
	uint8_t want[SGN_UNDO_SUM_SIZE];
	struct sgn_view body, sum;

	if (all->size >= sizeof(want) && sgn_view_slice(*all, 0, all->size - sizeof(want), &body) &&
	    sgn_view_slice(*all, body.size, sizeof(want), &sum)) {
		sgn_undo_sum(body, want);
		*all = body;
		if (sgn_view_equal(sum, sgn_view_of(want, sizeof(want))))
			return 0;
	}
	return sgn_fail(err, SGN_E_FORMAT,
	                "its list is not whole: the machine was stopped before it was on the disk");
}

static int parse(struct sgn_view all, struct sgn_undo_tree *tree, struct sgn_error *err)
{
	struct sgn_reader in;
	uint32_t count;
	int rc = check_sum(&all, err);

	if (rc != 0)
		return rc;
	in = sgn_rd_init(all);
	if (!sgn_view_equal(sgn_rd_bytes(&in, MAGIC_SIZE), sgn_view_str(MAGIC)))
		return sgn_fail(err, SGN_E_FORMAT, "its list does not begin with " MAGIC);
	count = sgn_rd_be32(&in);
	for (uint32_t i = 0; rc == 0 && i < count; i++)
		rc = read_entry(&in, tree, err);
	return rc ? rc : sgn_rd_finish(&in, err, "list");
}

int sgn_undo_list_read(struct sgn_undo_tree *tree, struct sgn_error *err)
{
	struct sgn_file_facts facts;
	struct sgn_buf b;
	int rc, fd = openat(tree->fd, SGN_UNDO_LIST,
	                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return sgn_fail(err, SGN_E_FORMAT, "it has no list");
	sgn_buf_init(&b, SGN_LIMIT_UNDO_LIST);
	rc = sgn_file_load_open(fd, &b, &facts, err);
	if (rc == 0)
		rc = parse(sgn_buf_view(&b), tree, err);
	sgn_buf_dispose(&b);
	close(fd);
	return rc;
}
