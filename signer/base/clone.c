/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of one file into another, in the cheapest way that the file system has. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/fs.h>
#include <sys/ioctl.h>
#endif

#include "signer/base/file.h"
#include "signer/base/mem.h"
#include "signer/base/tree.h"

#define CHUNK        (256u * 1024)
#define SHARE_MIN    (1024u * 1024) /* less is copied as fast */
#define MAX_TRANSFER ((size_t)1 << 30)

#ifdef __linux__

/* Both files share their blocks until one is written to; done at once. */
static bool share_blocks(int from, int to)
{
	int rc;

	do
		rc = ioctl(to, FICLONE, from);
	while (rc != 0 && errno == EINTR);
	return rc == 0;
}

static bool share_range(int from, uint64_t at, int to, uint64_t to_at, uint64_t len)
{
	struct file_clone_range range = {
		.src_fd = from, .src_offset = at, .src_length = len, .dest_offset = to_at};
	int rc;

	do
		rc = ioctl(to, FICLONERANGE, &range);
	while (rc != 0 && errno == EINTR);
	return rc == 0;
}

/*
 * Copies inside the system. Whatever stops it, the plain loop goes on from there: it meets the same
 * trouble if there is any, and what copy_file_range(2) cannot do (other file systems, special files that
 * seem empty) it can.
 */
static void copy_inside(int from, int to)
{
	for (;;) {
		ssize_t got = copy_file_range(from, NULL, to, NULL, MAX_TRANSFER, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return;
	}
}

#else

static bool share_blocks(int from, int to)
{
	SGN_UNUSED(from);
	SGN_UNUSED(to);
	return false;
}

static bool share_range(int from, uint64_t at, int to, uint64_t to_at, uint64_t len)
{
	SGN_UNUSED(from);
	SGN_UNUSED(at);
	SGN_UNUSED(to);
	SGN_UNUSED(to_at);
	SGN_UNUSED(len);
	return false;
}

static void copy_inside(int from, int to)
{
	SGN_UNUSED(from);
	SGN_UNUSED(to);
}

#endif

uint64_t sgn_output_share(const struct sgn_output *out, const struct sgn_source *src, uint64_t from,
                          uint64_t to, uint64_t len)
{
	struct stat st;
	uint64_t whole;

	if (src->fd < 0 || len < SHARE_MIN || fstat(out->fd, &st) != 0 || st.st_blksize <= 0)
		return 0;
	whole = len - len % (uint64_t)st.st_blksize;
	return whole && share_range(src->fd, from, out->fd, to, whole) ? whole : 0;
}

static int write_all(int to, const char *data, size_t len, struct sgn_error *err)
{
	while (len > 0) {
		ssize_t put = write(to, data, len);

		if (put < 0 && errno == EINTR)
			continue;
		/* 0 is not foreseen for files: better a failure than a loop without end. */
		if (put <= 0)
			return sgn_fail_sys(err, put < 0 ? errno : EIO, "cannot write the copy");
		data += put;
		len -= (size_t)put;
	}
	return 0;
}

static int copy_rest(int from, int to, struct sgn_error *err)
{
	char *chunk = sgn_malloc(CHUNK);
	int rc = 0;

	if (!chunk)
		return sgn_fail_nomem(err);
	while (rc == 0) {
		ssize_t got = read(from, chunk, CHUNK);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			rc = sgn_fail_sys(err, errno, "cannot read the file to copy it");
		if (got <= 0)
			break;
		rc = write_all(to, chunk, (size_t)got, err);
	}
	sgn_free(chunk);
	return rc;
}

int sgn_bytes_clone(int from, int to, struct sgn_error *err)
{
	struct stat a, b;
	int rc;

	if (share_blocks(from, to))
		return 0;
	copy_inside(from, to);
	rc = copy_rest(from, to, err);
	if (rc != 0)
		return rc;
	if (fstat(from, &a) != 0 || fstat(to, &b) != 0)
		return sgn_fail_sys(err, errno, "cannot look at the copy");
	if (a.st_size != b.st_size)
		return sgn_fail(err, SGN_E_IO, "changed while it was copied");
	return 0;
}
