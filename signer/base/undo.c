/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/undo.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "signer/base/mem.h"
#include "signer/base/text.h"
#include "signer/base/txn_names.h"
#include "signer/base/undo_record.h"

#define CHUNK (64u * 1024)

/* The file that is changed, open for reading and writing. */
struct victim {
	int fd;
	char *path; /* owned */
	struct stat st;
};

static void close_victim(struct victim *v)
{
	if (v->fd >= 0)
		close(v->fd);
	sgn_free(v->path);
}

static int open_victim(const char *path, struct victim *v, struct sgn_error *err)
{
	int rc;

	*v = (struct victim){.fd = -1, .path = sgn_strdup(path)};
	if (!v->path)
		return sgn_fail_nomem(err);
	do
		v->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	while (v->fd < 0 && errno == EINTR);
	if (v->fd < 0) {
		rc = sgn_fail_sys(err, errno, "cannot open the file to change it in place");
		return sgn_error_cure(err, rc,
		                      "make it writable, or do it without --in-place, which needs "
		                      "only the folder to be writable");
	}
	if (fstat(v->fd, &v->st) == 0 && S_ISREG(v->st.st_mode))
		return 0;
	return sgn_fail(err, SGN_E_UNSUPPORTED, "is not a regular file");
}

static int write_at(const struct victim *v, uint64_t off, const void *data, size_t len,
                    struct sgn_error *err)
{
	const struct sgn_output out = {.fd = v->fd, .final_path = v->path};

	return sgn_output_write(&out, off, data, len, err);
}

static int set_size(const struct victim *v, uint64_t size, struct sgn_error *err)
{
	struct stat st;
	int rc;

	if (fstat(v->fd, &st) == 0 && (uint64_t)st.st_size == size)
		return 0;
	do
		rc = ftruncate(v->fd, (off_t)size);
	while (rc != 0 && errno == EINTR);
	return rc == 0 ? 0 : sgn_fail_sys(err, errno, "cannot set the size of the file");
}

/* Writing takes the set-id bits and gives new times; both are as before, where this user may. Then all of
 * it goes to the disk, where the disk had the file before. */
static int settle(const struct victim *v, const struct sgn_undo_record *r, struct sgn_error *err)
{
	struct stat st;

	if (fstat(v->fd, &st) == 0 && ((unsigned)st.st_mode & 07777u) != r->mode &&
	    fchmod(v->fd, (mode_t)r->mode) != 0 && errno != EPERM && errno != ENOTSUP)
		return sgn_fail_sys(err, errno, "cannot set the mode %04o", r->mode);
	if (futimens(v->fd, r->times) != 0 && errno != EPERM && errno != EACCES)
		return sgn_fail_sys(err, errno, "cannot set the modification time");
	if (r->flush && fsync(v->fd) != 0)
		return sgn_fail_sys(err, errno, "cannot flush to disk");
	return 0;
}

/* --- back --------------------------------------------------------------------------------------- */

/* Without an allocation: memory may be what was wanting. */
static int restore_part(const struct victim *v, const struct sgn_undo_record *r,
                        const struct sgn_undo_part *p, struct sgn_error *err)
{
	uint8_t buf[16384];
	int rc = 0;

	for (uint64_t done = 0; rc == 0 && done < p->old_len; done += sizeof(buf)) {
		uint64_t left = p->old_len - done;
		size_t n = left < sizeof(buf) ? (size_t)left : sizeof(buf);

		rc = sgn_undo_record_read(r, p->stored + done, buf, n, err);
		if (rc == 0)
			rc = write_at(v, p->at + done, buf, n, err);
	}
	return rc;
}

/* The record stays until the old bytes are on the disk. */
static int roll_back(const struct victim *v, const struct sgn_undo_record *r, struct sgn_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < r->count; i++)
		rc = restore_part(v, r, &r->parts[i], err);
	if (rc == 0)
		rc = set_size(v, r->old_size, err);
	if (rc == 0)
		rc = settle(v, r, err);
	return rc ? rc : sgn_undo_record_remove(r, err);
}

/* --- forth -------------------------------------------------------------------------------------- */

static int check_same(const struct victim *v, const struct sgn_source *src, struct sgn_error *err)
{
	struct stat st;

	if (fstat(src->fd, &st) == 0 && st.st_dev == v->st.st_dev && st.st_ino == v->st.st_ino &&
	    (uint64_t)v->st.st_size == src->size)
		return 0;
	return sgn_fail(err, SGN_E_IO, "changed while it was read: it is another file by now");
}

static int make_change(const struct victim *v, const struct sgn_change *change,
                       const struct sgn_undo_record *r, struct sgn_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < change->count; i++)
		rc = write_at(v, change->patches[i].at, change->patches[i].bytes.data,
		              change->patches[i].bytes.size, err);
	if (rc == 0)
		rc = set_size(v, change->new_size, err);
	return rc ? rc : settle(v, r, err);
}

/* The change has failed with what is in err; what is in the way of undoing it is told beside. */
static void undo_now(const struct victim *v, const struct sgn_undo_record *r, int rc,
                     struct sgn_error *err)
{
	struct sgn_error second = SGN_ERROR_INIT;

	if (roll_back(v, r, &second) != 0) {
		sgn_wrap(err, rc, "the file is half written, and cannot be restored now (%s)",
		         second.text);
		if (err)
			err->cure[0] = '\0';
		sgn_error_cure(err, rc,
		               "remove the reason, then run the same command again: what is "
		               "missing lies in %s",
		               r->path);
	}
	sgn_error_dispose(&second);
}

/* What fails here comes too late to undo the change. */
static int finish(const char *path, const struct sgn_undo_record *record, bool durable,
                  struct sgn_error *err)
{
	int rc = sgn_undo_record_remove(record, err);

	if (rc == 0 && durable)
		rc = sgn_undo_flush_folder(path, err);
	return sgn_wrap(err, rc, "the file was changed");
}

int sgn_undo_change(const char *path, const struct sgn_source *src, const struct sgn_change *change,
                    bool durable, struct sgn_error *err)
{
	struct sgn_undo_record record = {.fd = -1};
	struct victim v;
	int rc = open_victim(path, &v, err);

	if (rc == 0)
		rc = check_same(&v, src, err);
	if (rc == 0)
		rc = sgn_undo_record_make(path, src, change, &v.st, durable, &record, err);
	if (rc != 0)
		goto out;
	rc = make_change(&v, change, &record, err);
	if (rc != 0)
		undo_now(&v, &record, rc, err);
	else
		rc = finish(path, &record, durable, err);
out:
	sgn_undo_record_dispose(&record);
	close_victim(&v);
	return sgn_error_at_path(err, rc, path);
}

/* --- after an interruption ------------------------------------------------------------------------ */

/* What the file has at the places of the record. */
struct state {
	bool is_new;              /* all of it is as the change was to make it */
	bool is_either;           /* each byte is old or new */
	uint8_t *now, *old, *new; /* CHUNK each */
	uint64_t size;
};

/* n bytes of the file at off; how many there are. */
static int read_now(const struct victim *v, struct state *s, uint64_t off, size_t n, size_t *got,
                    struct sgn_error *err)
{
	const struct sgn_source src = {.size = s->size, .fd = v->fd, .path = v->path};
	uint64_t left = off < s->size ? s->size - off : 0;

	*got = left < n ? (size_t)left : n;
	return *got ? sgn_source_read(&src, off, s->now, *got, err) : 0;
}

static size_t stored_length(uint64_t len, uint64_t done)
{
	uint64_t left = done < len ? len - done : 0;

	return left < CHUNK ? (size_t)left : CHUNK;
}

static int compare_chunk(const struct victim *v, const struct sgn_undo_record *r,
                         const struct sgn_undo_part *p, uint64_t done, struct state *s,
                         struct sgn_error *err)
{
	size_t old = stored_length(p->old_len, done), new = stored_length(p->new_len, done), got;
	int rc = sgn_undo_record_read(r, p->stored + done, s->old, old, err);

	if (rc == 0)
		rc = sgn_undo_record_read(r, p->stored + p->old_len + done, s->new, new, err);
	if (rc == 0)
		rc = read_now(v, s, p->at + done, old > new ? old : new, &got, err);
	if (rc != 0)
		return rc;
	if (got < new || memcmp(s->now, s->new, new) != 0)
		s->is_new = false;
	/* What lies behind the old size is cut off, whatever it is. */
	for (size_t i = 0; i < old && i < got; i++)
		if (s->now[i] != s->old[i] && (i >= new || s->now[i] != s->new[i]))
			s->is_either = false;
	return 0;
}

static int compare(const struct victim *v, const struct sgn_undo_record *r, struct state *s,
                   struct sgn_error *err)
{
	uint64_t small = r->old_size < r->new_size ? r->old_size : r->new_size;
	uint64_t large = r->old_size > r->new_size ? r->old_size : r->new_size;
	int rc = 0;

	s->size = (uint64_t)v->st.st_size;
	s->is_new = s->size == r->new_size;
	s->is_either = s->size >= small && s->size <= large;
	for (size_t i = 0; i < r->count; i++) {
		const struct sgn_undo_part *p = &r->parts[i];
		uint64_t len = p->old_len > p->new_len ? p->old_len : p->new_len;

		for (uint64_t done = 0; rc == 0 && done < len; done += CHUNK)
			rc = compare_chunk(v, r, p, done, s, err);
	}
	return rc;
}

static int compare_all(const struct victim *v, const struct sgn_undo_record *r, struct state *s,
                       struct sgn_error *err)
{
	uint8_t *bufs = sgn_malloc((size_t)3 * CHUNK);
	int rc;

	if (!bufs)
		return sgn_fail_nomem(err);
	*s = (struct state){.now = bufs, .old = bufs + CHUNK, .new = bufs + (size_t)2 * CHUNK};
	rc = compare(v, r, s, err);
	sgn_free(bufs);
	return rc;
}

/* Only a state that the record knows is touched: somebody may have put another file there since. */
static int settle_matters(const struct victim *v, const struct sgn_undo_record *r,
                          enum sgn_undone *what, struct sgn_error *err)
{
	struct state s = {0};
	int rc = compare_all(v, r, &s, err);

	if (rc != 0)
		return rc;
	if (s.is_new) {
		rc = settle(v, r, err);
		if (rc == 0)
			rc = sgn_undo_record_remove(r, err);
		if (rc == 0)
			*what = SGN_UNDO_COMPLETE;
		return rc;
	}
	if (s.is_either) {
		rc = roll_back(v, r, err);
		if (rc == 0)
			*what = SGN_UNDO_RESTORED;
		return rc;
	}
	rc = sgn_fail(err, SGN_E_MISMATCH,
	              "an interrupted run has left the undo record %s, but the file has been "
	              "changed since",
	              r->path);
	return sgn_error_cure(err, rc, SGN_UNDO_LOOK);
}

static int recover(const char *path, enum sgn_undone *what, struct sgn_error *err)
{
	struct sgn_undo_record record;
	struct victim v = {.fd = -1};
	int rc = sgn_undo_record_open(path, &record, err);

	if (rc == 0 && record.fd >= 0) {
		rc = open_victim(path, &v, err);
		if (rc == 0)
			rc = settle_matters(&v, &record, what, err);
		close_victim(&v);
	}
	sgn_undo_record_dispose(&record);
	return rc;
}

int sgn_undo_recover(const char *path, enum sgn_undone *what, struct sgn_error *err)
{
	struct sgn_error ignored = SGN_ERROR_INIT;
	char *real = NULL;
	int rc = sgn_path_real(path, &real, &ignored);

	*what = SGN_UNDO_NOTHING;
	sgn_error_dispose(&ignored);
	/* What is not there needs nothing; whoever works on it next says what is wrong with it. */
	if (rc != 0)
		return rc == SGN_E_NOMEM ? sgn_fail_nomem(err) : 0;
	rc = recover(real, what, err);
	sgn_free(real);
	return sgn_error_at_path(err, rc, path);
}

int sgn_undo_refuse_pending(const char *path, struct sgn_error *err)
{
	struct sgn_error ignored = SGN_ERROR_INIT;
	char *record = NULL;
	int rc = sgn_undo_record_path(path, &record, &ignored);

	sgn_error_dispose(&ignored);
	if (rc != 0)
		return rc == SGN_E_NOMEM ? sgn_fail_nomem(err) : 0;
	if (access(record, F_OK) == 0) {
		rc = sgn_fail(
			err, SGN_E_FORMAT,
			"may be half written: a run that changes it in place was interrupted, "
			"or is at work just now (undo record %s)",
			record);
		sgn_error_cure(err, rc,
		               "wait for the other run; if there is none, sign the file again, or "
		               "remove its signature: either restores it first");
	}
	sgn_free(record);
	return rc;
}

bool sgn_undo_names(const char *name, struct sgn_view *file)
{
	const struct sgn_view all = sgn_view_str(name);
	const size_t more = sizeof(SGN_TXN_INFIX SGN_TXN_UNDO) - 1;

	return all.size > 1 + more && all.data[0] == '.' &&
	       memcmp(all.data + all.size - more, SGN_TXN_INFIX SGN_TXN_UNDO, more) == 0 &&
	       sgn_view_slice(all, 1, all.size - 1 - more, file);
}
