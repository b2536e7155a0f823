/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signer/base/mem.h"

/* One read(2) or pread(2); some systems refuse more than INT_MAX. */
#define MAX_TRANSFER ((size_t)1 << 30)

static int open_retry(const char *path, int flags)
{
	int fd;

	do
		fd = open(path, flags | O_CLOEXEC | O_NOCTTY);
	while (fd < 0 && errno == EINTR);
	return fd;
}

static int open_failed(struct sgn_error *err, int sys)
{
	int rc = sgn_fail_sys(err, sys, "cannot open the file");

	if (sys == EACCES)
		sgn_error_cure(err, rc, "check the permissions of the file and its folders");
	return rc;
}

/* Only a regular file has a size and can be read at any place. */
static int check_regular(int fd, uint64_t *size, struct sgn_error *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return sgn_fail_sys(err, errno, "cannot look at the file");
	if (S_ISDIR(st.st_mode))
		return sgn_fail(err, SGN_E_UNSUPPORTED, "is a directory");
	if (!S_ISREG(st.st_mode))
		return sgn_fail(err, SGN_E_UNSUPPORTED, "is not a regular file");
	*size = (uint64_t)st.st_size;
	return 0;
}

int sgn_source_open(const char *path, struct sgn_source *out, struct sgn_error *err)
{
	int rc;

	*out = (struct sgn_source){.fd = -1};
	out->path = sgn_strdup(path);
	if (!out->path)
		return sgn_fail_nomem(err);
	/* Not blocking: a FIFO must be refused, not waited for. */
	out->fd = open_retry(path, O_RDONLY | O_NONBLOCK);
	if (out->fd < 0)
		rc = open_failed(err, errno);
	else
		rc = check_regular(out->fd, &out->size, err);
	if (rc != 0)
		sgn_source_close(out);
	return sgn_error_at_path(err, rc, path);
}

void sgn_source_memory(struct sgn_view bytes, struct sgn_source *out)
{
	*out = (struct sgn_source){.size = bytes.size, .fd = -1, .mem = bytes};
}

void sgn_source_close(struct sgn_source *src)
{
	if (src->path && src->fd >= 0)
		close(src->fd);
	sgn_free(src->path);
	*src = (struct sgn_source){.fd = -1};
}

static int read_short(const struct sgn_source *src, uint64_t off, uint64_t want,
                      struct sgn_error *err)
{
	int rc = sgn_fail(err, SGN_E_IO,
	                  "changed while it was read: %llu more bytes were expected at offset %llu",
	                  (unsigned long long)want, (unsigned long long)off);

	sgn_error_at_offset(err, rc, off);
	return sgn_error_at_path(err, rc, src->path);
}

static int read_file(const struct sgn_source *src, uint64_t off, uint8_t *out, size_t len,
                     struct sgn_error *err)
{
	int rc;

	while (len > 0) {
		size_t want = len < MAX_TRANSFER ? len : MAX_TRANSFER;
		ssize_t got = pread(src->fd, out, want, (off_t)off);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			rc = sgn_fail_sys(err, errno, "cannot read");
			sgn_error_at_offset(err, rc, off);
			return sgn_error_at_path(err, rc, src->path);
		}
		if (got == 0)
			return read_short(src, off, len, err);
		out += got;
		off += (uint64_t)got;
		len -= (size_t)got;
	}
	return 0;
}

int sgn_source_links(const struct sgn_source *src, uint64_t *out, struct sgn_error *err)
{
	struct stat st = {.st_nlink = 1};

	if (src->path && fstat(src->fd, &st) != 0)
		return sgn_fail_sys(err, errno, "cannot look at the file");
	*out = (uint64_t)st.st_nlink;
	return 0;
}

void sgn_source_changed(const struct sgn_source *src, const struct sgn_change *change,
                        struct sgn_source *out)
{
	*out = (struct sgn_source){
		.size = change->new_size, .fd = -1, .before = src, .change = change};
}

/* The part of [at, at+size) that lies in [off, off+len), from off on. */
static bool overlap(uint64_t off, size_t len, uint64_t at, size_t size, size_t *from, size_t *n)
{
	uint64_t begin = at > off ? at : off;
	uint64_t end = at + size < off + len ? at + size : off + len;

	if (begin >= end)
		return false;
	*from = (size_t)(begin - off);
	*n = (size_t)(end - begin);
	return true;
}

static int read_changed(const struct sgn_source *src, uint64_t off, uint8_t *out, size_t len,
                        struct sgn_error *err)
{
	uint64_t left = off < src->before->size ? src->before->size - off : 0;
	size_t old = left < len ? (size_t)left : len;
	int rc = old ? sgn_source_read(src->before, off, out, old, err) : 0;

	if (rc != 0)
		return rc;
	memset(out + old, 0, len - old);
	for (size_t i = 0; i < src->change->count; i++) {
		const struct sgn_patch *p = &src->change->patches[i];
		size_t from, n;

		if (overlap(off, len, p->at, p->bytes.size, &from, &n))
			memcpy(out + from, p->bytes.data + (off + from - p->at), n);
	}
	return 0;
}

int sgn_source_read(const struct sgn_source *src, uint64_t off, void *out, size_t len,
                    struct sgn_error *err)
{
	struct sgn_view part;

	/* Also what would only be there because the file has grown since it was opened. */
	if (off > src->size || len > src->size - off)
		return read_short(src, off, len, err);
	if (src->path)
		return read_file(src, off, out, len, err);
	if (src->change)
		return read_changed(src, off, out, len, err);
	if (!sgn_view_slice(src->mem, off, len, &part))
		return read_short(src, off, len, err);
	if (part.size)
		memcpy(out, part.data, part.size);
	return 0;
}

/* Reads to the end, or until out is full. */
static int read_all(int fd, struct sgn_buf *out, struct sgn_error *err)
{
	uint8_t chunk[16384];
	int rc = 0;

	while (!out->bad) {
		ssize_t got = read(fd, chunk, sizeof(chunk));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			rc = sgn_fail_sys(err, errno, "cannot read");
		if (got <= 0)
			break;
		sgn_wr_bytes(out, chunk, (size_t)got);
	}
	/* It may have been a private key. */
	sgn_wipe(chunk, sizeof(chunk));
	return rc != 0 ? rc : sgn_buf_finish(out, err, "file");
}

int sgn_file_load_open(int fd, struct sgn_buf *out, struct sgn_file_facts *facts,
                       struct sgn_error *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return sgn_fail_sys(err, errno, "cannot look at the file");
	facts->regular = S_ISREG(st.st_mode);
	facts->mode = (unsigned)st.st_mode & 07777;
	if (S_ISDIR(st.st_mode))
		return sgn_fail(err, SGN_E_UNSUPPORTED, "is a directory");
	return read_all(fd, out, err);
}

int sgn_file_load_facts(const char *path, struct sgn_buf *out, struct sgn_file_facts *facts,
                        struct sgn_error *err)
{
	int fd, rc;

	*facts = (struct sgn_file_facts){false, 0};
	if (strcmp(path, "-") == 0) {
		rc = read_all(STDIN_FILENO, out, err);
		return sgn_error_at_path(err, rc, "standard input");
	}
	fd = open_retry(path, O_RDONLY);
	if (fd < 0) {
		rc = open_failed(err, errno);
		return sgn_error_at_path(err, rc, path);
	}
	rc = sgn_file_load_open(fd, out, facts, err);
	close(fd);
	return sgn_error_at_path(err, rc, path);
}

int sgn_file_load(const char *path, struct sgn_buf *out, struct sgn_error *err)
{
	struct sgn_file_facts facts;

	return sgn_file_load_facts(path, out, &facts, err);
}
