/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/undo_record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "signer/base/num.h"
#include "signer/base/on_disk.h"
#include "signer/base/reader.h"
#include "signer/base/temps.h"
#include "signer/base/text.h"
#include "signer/base/txn_names.h"

#define MAGIC       "signetU2"
#define MAGIC_SIZE  8u
#define HEADER_SIZE 56u
#define PART_SIZE   24u

#define NAME_MAX_BYTES 255
#define NAME_MORE      (1 + sizeof(SGN_TXN_INFIX SGN_TXN_UNDO) - 1)

#define CHUNK (64u * 1024)

int sgn_undo_record_path(const char *target, char **out, struct sgn_error *err)
{
	const char *name = sgn_path_base(target);
	struct sgn_buf path;
	int rc;

	*out = NULL;
	if (strlen(name) > NAME_MAX_BYTES - NAME_MORE) {
		rc = sgn_fail(err, SGN_E_UNSUPPORTED,
		              "the name has %zu bytes; with more than %zu there is no room for the "
		              "name of an undo record",
		              strlen(name), NAME_MAX_BYTES - NAME_MORE);
		return sgn_error_cure(err, rc, "do it without --in-place");
	}
	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_wr_bytes(&path, target, (size_t)(name - target));
	sgn_wr_fmt(&path, ".%s" SGN_TXN_INFIX SGN_TXN_UNDO, name);
	rc = sgn_buf_finish(&path, err, "path");
	if (rc == 0)
		*out = (char *)sgn_buf_take(&path, NULL);
	sgn_buf_dispose(&path);
	return rc;
}

int sgn_undo_flush_folder(const char *path, struct sgn_error *err)
{
	int fd, rc = sgn_txn_open_parent(path, &fd, err);

	if (rc != 0)
		return rc;
	/* EINVAL: a file system that knows no fsync of folders. */
	if (fsync(fd) != 0 && errno != EINVAL)
		rc = sgn_fail_sys(err, errno, "cannot flush the folder that it is in to disk");
	close(fd);
	return rc;
}

/* --- what it says ------------------------------------------------------------------------------- */

/* What a part replaces of the old file. */
static uint64_t old_length(uint64_t old_size, uint64_t at, uint64_t len)
{
	uint64_t left = at < old_size ? old_size - at : 0;

	return left < len ? left : len;
}

static int make_parts(const struct sgn_change *change, struct sgn_undo_record *r,
                      struct sgn_error *err)
{
	uint64_t stored;

	r->parts = sgn_calloc(change->count + 1, sizeof(*r->parts));
	if (!r->parts)
		return sgn_fail_nomem(err);
	for (size_t i = 0; i < change->count; i++) {
		const struct sgn_patch *p = &change->patches[i];

		r->parts[r->count++] = (struct sgn_undo_part){
			.at = p->at,
			.old_len = old_length(r->old_size, p->at, p->bytes.size),
			.new_len = p->bytes.size,
		};
	}
	/* What is cut off. */
	if (r->new_size < r->old_size)
		r->parts[r->count++] = (struct sgn_undo_part){.at = r->new_size,
		                                              .old_len = r->old_size - r->new_size};
	if (r->count > SGN_LIMIT_UNDO_PARTS)
		return sgn_fail(err, SGN_E_INTERNAL, "%zu places are to be changed", r->count);
	stored = HEADER_SIZE + r->count * PART_SIZE;
	for (size_t i = 0; i < r->count; i++) {
		r->parts[i].stored = stored;
		stored += r->parts[i].old_len + r->parts[i].new_len;
	}
	r->sum_at = stored;
	return 0;
}

static void write_head(const struct sgn_undo_record *r, struct sgn_buf *b)
{
	sgn_wr_bytes(b, MAGIC, MAGIC_SIZE);
	sgn_wr_be64(b, r->old_size);
	sgn_wr_be64(b, r->new_size);
	for (size_t i = 0; i < 2; i++) {
		sgn_wr_be64(b, (uint64_t)r->times[i].tv_sec);
		sgn_wr_be32(b, (uint32_t)r->times[i].tv_nsec);
	}
	sgn_wr_be32(b, r->mode);
	sgn_wr_be32(b, (uint32_t)r->count);
	for (size_t i = 0; i < r->count; i++) {
		sgn_wr_be64(b, r->parts[i].at);
		sgn_wr_be64(b, r->parts[i].old_len);
		sgn_wr_be64(b, r->parts[i].new_len);
	}
}

/* Of bytes that come from a file: every part inside the file, apart from the one before, and inside the
 * record, which it fills. */
static int check_parts(struct sgn_undo_record *r, uint64_t record_size, struct sgn_error *err)
{
	uint64_t larger = r->old_size > r->new_size ? r->old_size : r->new_size;
	uint64_t stored = HEADER_SIZE + r->count * PART_SIZE, end = 0;

	for (size_t i = 0; i < r->count; i++) {
		struct sgn_undo_part *p = &r->parts[i];
		uint64_t len = p->old_len > p->new_len ? p->old_len : p->new_len;

		if (p->at < end || p->at > larger || len > larger - p->at ||
		    p->old_len != old_length(r->old_size, p->at, len) ||
		    p->new_len != old_length(r->new_size, p->at, len))
			return sgn_fail(err, SGN_E_FORMAT, "part %zu lies outside the file", i);
		p->stored = stored;
		if (!sgn_add_u64(stored, p->old_len, &stored) ||
		    !sgn_add_u64(stored, p->new_len, &stored))
			return sgn_fail(err, SGN_E_FORMAT, "part %zu is too large", i);
		end = p->at + len;
	}
	if (record_size < SGN_UNDO_SUM_SIZE || stored != record_size - SGN_UNDO_SUM_SIZE)
		return sgn_fail(err, SGN_E_FORMAT,
		                "it has %llu bytes, and would need %llu and a sum",
		                (unsigned long long)record_size, (unsigned long long)stored);
	r->sum_at = stored;
	return 0;
}

static int read_parts(struct sgn_undo_record *r, struct sgn_error *err)
{
	uint8_t bytes[PART_SIZE];
	int rc = 0;

	r->parts = sgn_calloc(r->count ? r->count : 1, sizeof(*r->parts));
	if (!r->parts)
		return sgn_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < r->count; i++) {
		struct sgn_reader in = sgn_rd_init(sgn_view_of(bytes, sizeof(bytes)));

		rc = sgn_undo_record_read(r, HEADER_SIZE + i * PART_SIZE, bytes, sizeof(bytes),
		                          err);
		if (rc == 0)
			r->parts[i] = (struct sgn_undo_part){.at = sgn_rd_be64(&in),
			                                     .old_len = sgn_rd_be64(&in),
			                                     .new_len = sgn_rd_be64(&in)};
	}
	return rc;
}

static int check_sum(const struct sgn_undo_record *r, struct sgn_error *err)
{
	uint8_t stored[SGN_UNDO_SUM_SIZE], want[SGN_UNDO_SUM_SIZE];
	int rc = sgn_undo_record_sum(r, want, err);

	if (rc == 0)
		rc = sgn_undo_record_read(r, r->sum_at, stored, sizeof(stored), err);
	if (rc || memcmp(stored, want, sizeof(want)) == 0)
		return rc;
	return sgn_fail(err, SGN_E_FORMAT,
	                "it is not whole: the machine was stopped before it was on the disk");
}

static int read_head(struct sgn_undo_record *r, uint64_t record_size, struct sgn_error *err)
{
	uint8_t bytes[HEADER_SIZE];
	struct sgn_reader in = sgn_rd_init(sgn_view_of(bytes, sizeof(bytes)));
	int rc;

	if (record_size < HEADER_SIZE)
		return sgn_fail(err, SGN_E_FORMAT, "it has only %llu bytes",
		                (unsigned long long)record_size);
	rc = sgn_undo_record_read(r, 0, bytes, sizeof(bytes), err);
	if (rc != 0)
		return rc;
	if (memcmp(bytes, MAGIC, MAGIC_SIZE) != 0)
		return sgn_fail(err, SGN_E_FORMAT, "it does not begin with " MAGIC);
	sgn_rd_skip(&in, MAGIC_SIZE);
	r->old_size = sgn_rd_be64(&in);
	r->new_size = sgn_rd_be64(&in);
	for (size_t i = 0; i < 2; i++) {
		r->times[i].tv_sec = (time_t)sgn_rd_be64(&in);
		r->times[i].tv_nsec = (long)sgn_rd_be32(&in);
	}
	r->mode = sgn_rd_be32(&in);
	r->count = sgn_rd_be32(&in);
	if (r->count > SGN_LIMIT_UNDO_PARTS || r->old_size > INT64_MAX || r->new_size > INT64_MAX)
		return sgn_fail(err, SGN_E_LIMIT, "it has %zu parts", r->count);
	if (record_size - HEADER_SIZE < r->count * PART_SIZE)
		return sgn_fail(err, SGN_E_FORMAT, "it has only %llu bytes",
		                (unsigned long long)record_size);
	rc = read_parts(r, err);
	if (rc == 0)
		rc = check_parts(r, record_size, err);
	return rc ? rc : check_sum(r, err);
}

int sgn_undo_record_read(const struct sgn_undo_record *r, uint64_t off, void *out, size_t len,
                         struct sgn_error *err)
{
	/* Borrows both: only for reading. */
	struct sgn_source src = {.size = UINT64_MAX, .fd = r->fd, .path = r->path};

	return sgn_source_read(&src, off, out, len, err);
}

/* The user's file is the one that the error is about. */
static int about_record(const struct sgn_undo_record *r, struct sgn_error *err, int rc)
{
	if (rc == 0 || !err || err->sys == EBUSY)
		return rc;
	sgn_free(err->path);
	err->path = NULL;
	return r->path ? sgn_wrap(err, rc, "undo record %s", r->path) : rc;
}

/* --- making one --------------------------------------------------------------------------------- */

/* The old bytes and the new ones of every part. */
static int write_parts(const struct sgn_undo_record *r, const struct sgn_source *src,
                       const struct sgn_change *change, const struct sgn_output *to,
                       struct sgn_error *err)
{
	uint8_t *buf = sgn_malloc(CHUNK);
	int rc = buf ? 0 : sgn_fail_nomem(err);

	for (size_t i = 0; rc == 0 && i < r->count; i++) {
		const struct sgn_undo_part *p = &r->parts[i];

		for (uint64_t done = 0; rc == 0 && done < p->old_len; done += CHUNK) {
			uint64_t left = p->old_len - done;
			size_t n = left < CHUNK ? (size_t)left : CHUNK;

			rc = sgn_source_read(src, p->at + done, buf, n, err);
			if (rc == 0)
				rc = sgn_output_write(to, p->stored + done, buf, n, err);
		}
		if (rc == 0 && p->new_len)
			rc = sgn_output_write(to, p->stored + p->old_len,
			                      change->patches[i].bytes.data, (size_t)p->new_len,
			                      err);
	}
	sgn_free(buf);
	return rc;
}

static int fill(const struct sgn_undo_record *r, const struct sgn_source *src,
                const struct sgn_change *change, struct sgn_error *err)
{
	/* Borrows both: only for writing. */
	struct sgn_output to = {.fd = r->fd, .final_path = r->path};
	uint8_t sum[SGN_UNDO_SUM_SIZE];
	struct sgn_buf head;
	int rc;

	sgn_buf_init(&head, HEADER_SIZE + SGN_LIMIT_UNDO_PARTS * PART_SIZE);
	write_head(r, &head);
	rc = sgn_buf_finish(&head, err, "undo record");
	if (rc == 0)
		rc = sgn_output_write(&to, 0, head.data, head.size, err);
	sgn_buf_dispose(&head);
	if (rc == 0)
		rc = write_parts(r, src, change, &to, err);
	if (rc == 0)
		rc = sgn_undo_record_sum(r, sum, err);
	return rc ? rc : sgn_output_write(&to, r->sum_at, sum, SGN_UNDO_SUM_SIZE, err);
}

static int flush_record(const struct sgn_undo_record *r, struct sgn_error *err)
{
	if (!r->flush || fsync(r->fd) == 0)
		return 0;
	return sgn_fail_sys(err, errno, "cannot flush the undo record to disk");
}

/* Under its name only when it is complete, and never over another one. */
static int publish(const char *temp, const char *path, struct sgn_error *err)
{
	int rc;

	if (renameat2(AT_FDCWD, temp, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return 0;
	if ((errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP) && link(temp, path) == 0) {
		unlink(temp);
		return 0;
	}
	if (errno != EEXIST)
		return sgn_fail_sys(err, errno, "cannot put the undo record in place");
	rc = sgn_fail_sys(err, EBUSY, "another run is changing it in place just now");
	return sgn_error_cure(err, rc, "wait for the other run, and run the same command again");
}

static int take_lock(int fd, struct sgn_error *err)
{
	int rc;

	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK) {
		rc = sgn_fail_sys(err, EBUSY, "another run is changing it in place just now");
		return sgn_error_cure(err, rc,
		                      "wait for the other run, and run the same command again");
	}
	rc = sgn_fail(err, SGN_E_UNSUPPORTED,
	              "the file system has no locks, so it cannot be changed in place safely");
	return sgn_error_cure(err, rc, "do it without --in-place");
}

int sgn_undo_record_make(const char *target, const struct sgn_source *src,
                         const struct sgn_change *change, const struct stat *now, bool durable,
                         struct sgn_undo_record *out, struct sgn_error *err)
{
	char *temp = NULL;
	int rc;

	*out = (struct sgn_undo_record){.fd = -1,
	                                .old_size = src->size,
	                                .new_size = change->new_size,
	                                .times = {now->st_atim, now->st_mtim},
	                                .mode = (unsigned)now->st_mode & 07777u};
	rc = sgn_undo_record_path(target, &out->path, err);
	if (rc == 0)
		rc = make_parts(change, out, err);
	if (rc == 0)
		rc = sgn_temp_create(target, &temp, &out->fd, err);
	if (rc == 0)
		rc = take_lock(out->fd, err);
	if (rc == 0)
		rc = fill(out, src, change, err);
	/* As late as can be: somebody else may flush the file. */
	out->flush = durable || !sgn_disk_has_nothing_of(src->fd, src->size);
	if (rc == 0)
		rc = flush_record(out, err);
	if (rc == 0)
		rc = publish(temp, out->path, err);
	if (rc != 0 && temp)
		unlink(temp);
	if (temp)
		sgn_temp_forget(&temp);
	if (rc == 0 && out->flush) {
		rc = sgn_undo_flush_folder(target, err);
		if (rc != 0)
			unlink(out->path);
	}
	about_record(out, err, rc);
	if (rc != 0)
		sgn_undo_record_dispose(out);
	return rc;
}

/* --- finding one -------------------------------------------------------------------------------- */

/* Anybody may make a file in a shared folder, but not say what becomes of other people's files. */
static int check_owner(const char *target, int fd, uint64_t *size, struct sgn_error *err)
{
	struct stat record, file;
	int rc;

	if (fstat(fd, &record) != 0)
		return sgn_fail_sys(err, errno, "cannot look at it");
	*size = (uint64_t)record.st_size;
	if (!S_ISREG(record.st_mode))
		return sgn_fail(err, SGN_E_MISMATCH, "it is not a regular file");
	if (record.st_uid == geteuid() || record.st_uid == 0 ||
	    (stat(target, &file) == 0 && record.st_uid == file.st_uid))
		return 0;
	rc = sgn_fail(err, SGN_E_MISMATCH, "it belongs to another user (%u)",
	              (unsigned)record.st_uid);
	return rc;
}

/* Closes it again when the run that made it has removed it meanwhile. */
static int lock_open(struct sgn_undo_record *out, struct sgn_error *err)
{
	struct stat st;
	int rc = take_lock(out->fd, err);

	if (rc == 0 && fstat(out->fd, &st) == 0 && st.st_nlink == 0) {
		close(out->fd);
		out->fd = -1;
	}
	return rc;
}

static int open_record(const char *target, struct sgn_undo_record *out, struct sgn_error *err)
{
	uint64_t size = 0;
	int rc;

	out->fd = open(out->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (out->fd < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		return sgn_fail_sys(err, errno, "cannot open it");
	}
	rc = check_owner(target, out->fd, &size, err);
	if (rc == 0)
		rc = lock_open(out, err);
	if (rc == 0 && out->fd >= 0)
		rc = read_head(out, size, err);
	return rc;
}

int sgn_undo_record_open(const char *target, struct sgn_undo_record *out, struct sgn_error *err)
{
	int rc;

	*out = (struct sgn_undo_record){.fd = -1, .flush = true};
	/* Of such a name there cannot be any. */
	if (strlen(sgn_path_base(target)) > NAME_MAX_BYTES - NAME_MORE)
		return 0;
	rc = sgn_undo_record_path(target, &out->path, err);
	if (rc != 0)
		return rc;
	rc = open_record(target, out, err);
	about_record(out, err, rc);
	if (err && err->sys != EBUSY)
		sgn_error_cure(err, rc, SGN_UNDO_LOOK);
	if (rc != 0)
		sgn_undo_record_dispose(out);
	return rc;
}

int sgn_undo_record_remove(const struct sgn_undo_record *r, struct sgn_error *err)
{
	if (unlink(r->path) != 0 && errno != ENOENT)
		return sgn_fail_sys(err, errno, "cannot remove the undo record %s", r->path);
	return 0;
}

void sgn_undo_record_dispose(struct sgn_undo_record *r)
{
	if (r->fd >= 0)
		close(r->fd);
	sgn_free(r->parts);
	sgn_free(r->path);
	*r = (struct sgn_undo_record){.fd = -1};
}
