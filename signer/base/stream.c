/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/xattr.h>
#endif

#include "signer/base/compiler.h"

/* One read(2); some systems refuse more than INT_MAX. */
#define MAX_TRANSFER ((size_t)1 << 30)

int sgn_folder_open(const char *path, int *folder, struct sgn_error *err)
{
	int rc;

	do
		*folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (*folder < 0 && errno == EINTR);
	if (*folder >= 0)
		return 0;
	rc = sgn_fail_sys(err, errno, "cannot open the folder");
	return sgn_error_at_path(err, rc, path);
}

void sgn_folder_close(int folder)
{
	if (folder >= 0)
		close(folder);
}

static int ask_size(struct sgn_stream *s, struct sgn_error *err)
{
	struct stat st;

	if (fstat(s->fd, &st) != 0)
		return sgn_fail_sys(err, errno, "cannot look at the file");
	if (!S_ISREG(st.st_mode))
		return sgn_fail(err, SGN_E_UNSUPPORTED, "is not a regular file");
	s->size = (uint64_t)st.st_size;
	return 0;
}

int sgn_stream_open(int folder, const char *path, uint64_t size, struct sgn_stream *out,
                    struct sgn_error *err)
{
	int rc;

	*out = (struct sgn_stream){.fd = -1, .size = size};
	/* Not blocking: it may have become a FIFO. */
	do
		out->fd = openat(folder, path,
		                 O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
	while (out->fd < 0 && errno == EINTR);
	if (out->fd < 0) {
		int sys = errno;

		rc = sgn_fail_sys(err, sys, "cannot open the file");
		if (sys == EACCES)
			sgn_error_cure(err, rc,
			               "check the permissions of the file and its folders");
		return rc;
	}
	rc = size == SGN_SIZE_UNKNOWN ? ask_size(out, err) : 0;
	if (rc != 0)
		sgn_stream_close(out);
	return rc;
}

static int has_shrunk(const struct sgn_stream *s, struct sgn_error *err)
{
	int rc = sgn_fail(err, SGN_E_IO,
	                  "changed while it was read: it ends at %llu bytes instead of %llu",
	                  (unsigned long long)s->at, (unsigned long long)s->size);

	return sgn_error_at_offset(err, rc, s->at);
}

static int has_grown(const struct sgn_stream *s, struct sgn_error *err)
{
	int rc = sgn_fail(err, SGN_E_IO,
	                  "changed while it was read: it has more than the %llu bytes that it had",
	                  (unsigned long long)s->size);

	return sgn_error_at_offset(err, rc, s->size);
}

int sgn_stream_read(struct sgn_stream *s, void *room, size_t len, size_t *got, bool *end,
                    struct sgn_error *err)
{
	uint64_t left = s->size - s->at;
	size_t want = left < len ? (size_t)left : len;
	uint8_t *at = room;

	*got = 0;
	*end = want == left;
	for (;;) {
		size_t ask = want - *got + (*end ? 1 : 0);
		ssize_t n = read(s->fd, at + *got, ask < MAX_TRANSFER ? ask : MAX_TRANSFER);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sgn_error_at_offset(err, sgn_fail_sys(err, errno, "cannot read"),
			                           s->at);
		*got += (size_t)n;
		s->at += (uint64_t)n;
		if (*got > want)
			return has_grown(s, err);
		if (*got == want)
			return 0;
		if (n == 0)
			return has_shrunk(s, err);
	}
}

bool sgn_stream_has_xattrs(const struct sgn_stream *s)
{
#ifdef __linux__
	return flistxattr(s->fd, NULL, 0) != 0;
#else
	SGN_UNUSED(s);
	return true;
#endif
}

void sgn_stream_close(struct sgn_stream *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}
