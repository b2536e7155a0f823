/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/magic.h>
#include <sys/vfs.h>
#endif

#include "signer/base/file.h"
#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "signer/base/meta.h"
#include "signer/base/on_disk.h"
#include "signer/base/temps.h"
#include "signer/base/text.h"

/* One pwrite(2); some systems refuse more than INT_MAX. */
#define MAX_TRANSFER ((size_t)1 << 30)

/* Puts the path on an error, and the cure where the volume takes no more. */
static int failed(const struct sgn_output *out, int rc, struct sgn_error *err)
{
	static const struct {
		int sys;
		const char *what;
	} cures[] = {
		{ENOSPC, "free space"},
		{EDQUOT, "free space or raise the quota"},
		{EFBIG, "raise the limit on file sizes (ulimit -f), or free space"},
	};

	for (size_t i = 0; err && i < SGN_ARRAY_LEN(cures); i++)
		if (err->sys == cures[i].sys)
			sgn_error_cure(err, rc, "%s on the volume that holds %s", cures[i].what,
			               out->final_path);
	return sgn_error_at_path(err, rc, out->final_path);
}

static void forget_temp(struct sgn_output *out)
{
	sgn_temp_forget(&out->temp_path);
}

/*
 * When a file is renamed over another, ext4 allocates its blocks and begins to write it to the disk, so
 * that after a crash one or the other is there (its option auto_da_alloc). For a large file this takes
 * longer than all else that comes behind the hashing, and one thread does it. So it is begun early; and
 * spared where the disk never had the other one: docs/safe-writing.md, "What the rename writes".
 */
#if defined(__linux__) && defined(SYNC_FILE_RANGE_WRITE)

static bool rename_flushes(int fd, const char *target)
{
	struct statfs fs;

	return access(target, F_OK) == 0 && fstatfs(fd, &fs) == 0 && fs.f_type == EXT4_SUPER_MAGIC;
}

/* What fails here is told by the next one who writes. */
void sgn_output_flush_early(const struct sgn_output *out, uint64_t off, uint64_t len)
{
	if (out->flushed_by_rename && len)
		(void)sync_file_range(out->fd, (off_t)off, (off_t)len, SYNC_FILE_RANGE_WRITE);
}

/* The old file has the temporary one's name then. */
static bool exchange(const struct sgn_output *out)
{
	return renameat2(AT_FDCWD, out->temp_path, AT_FDCWD, out->final_path, RENAME_EXCHANGE) == 0;
}

#else

static bool rename_flushes(int fd, const char *target)
{
	SGN_UNUSED(fd);
	SGN_UNUSED(target);
	return false;
}

void sgn_output_flush_early(const struct sgn_output *out, uint64_t off, uint64_t len)
{
	SGN_UNUSED(out);
	SGN_UNUSED(off);
	SGN_UNUSED(len);
}

static bool exchange(const struct sgn_output *out)
{
	SGN_UNUSED(out);
	return false;
}

#endif

static bool target_is_in_memory_only(const struct sgn_output *out)
{
	int fd = open(out->final_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	bool is = fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0 &&
	          sgn_disk_has_nothing_of(fd, (uint64_t)st.st_size);

	if (fd >= 0)
		close(fd);
	return is;
}

int sgn_output_create(const char *target, struct sgn_output *out, struct sgn_error *err)
{
	int rc;

	*out = (struct sgn_output){.fd = -1};
	rc = sgn_path_target(target, &out->final_path, err);
	if (rc != 0)
		return rc;
	rc = failed(out, sgn_temp_create(out->final_path, &out->temp_path, &out->fd, err), err);
	if (rc != 0) {
		sgn_output_dispose(out);
	} else if (rename_flushes(out->fd, out->final_path)) {
		out->spares_flush = target_is_in_memory_only(out);
		out->flushed_by_rename = !out->spares_flush;
	}
	return rc;
}

int sgn_output_write(const struct sgn_output *out, uint64_t off, const void *data, size_t len,
                     struct sgn_error *err)
{
	const uint8_t *bytes = data;

	while (len > 0) {
		size_t want = len < MAX_TRANSFER ? len : MAX_TRANSFER;
		ssize_t put = pwrite(out->fd, bytes, want, (off_t)off);

		if (put < 0 && errno == EINTR)
			continue;
		/* 0 is not foreseen for files: better a failure than a loop without end. */
		if (put <= 0) {
			int rc = sgn_fail_sys(err, put < 0 ? errno : EIO, "cannot write");

			sgn_error_at_offset(err, rc, off);
			return failed(out, rc, err);
		}
		bytes += put;
		off += (uint64_t)put;
		len -= (size_t)put;
	}
	return 0;
}

int sgn_output_reopen(const struct sgn_output *out, struct sgn_source *src, struct sgn_error *err)
{
	struct stat st;

	*src = (struct sgn_source){.fd = -1};
	src->path = sgn_strdup(out->final_path);
	if (!src->path)
		return sgn_fail_nomem(err);
	src->fd = fcntl(out->fd, F_DUPFD_CLOEXEC, 0);
	if (src->fd < 0 || fstat(src->fd, &st) != 0) {
		int rc = sgn_fail_sys(err, errno, "cannot read what was written");

		sgn_source_close(src);
		return failed(out, rc, err);
	}
	src->size = (uint64_t)st.st_size;
	return 0;
}

/* Some network file systems report a failed write only here. */
static int close_temp(struct sgn_output *out, struct sgn_error *err)
{
	int fd = out->fd;

	out->fd = -1;
	/* The descriptor is gone even after EINTR (close(2)). */
	if (close(fd) != 0 && errno != EINTR)
		return sgn_fail_sys(err, errno, "cannot finish writing");
	return 0;
}

static int fsync_retry(int fd)
{
	int rc;

	do
		rc = fsync(fd);
	while (rc != 0 && errno == EINTR);
	return rc;
}

static int sync_folder(const char *path, struct sgn_error *err)
{
	size_t len = (size_t)(sgn_path_base(path) - path);
	char *folder = sgn_strndup(path, len);
	int fd, rc = 0;

	if (!folder)
		return sgn_fail_nomem(err);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* EINVAL: a file system that knows no fsync of folders. */
	if (fd < 0 || (fsync_retry(fd) != 0 && errno != EINVAL))
		rc = sgn_fail_sys(err, errno,
		                  "the file was replaced, but its folder was not flushed to disk");
	if (fd >= 0)
		close(fd);
	sgn_free(folder);
	return rc;
}

/* Meanwhile somebody may have flushed the old file, so that is asked again. */
static int rename_temp(struct sgn_output *out, struct sgn_error *err)
{
	if (out->spares_flush && target_is_in_memory_only(out) && exchange(out)) {
		unlink(out->temp_path);
		forget_temp(out);
		return 0;
	}
	if (rename(out->temp_path, out->final_path) != 0)
		return sgn_fail_sys(err, errno, "cannot replace the file");
	forget_temp(out);
	return 0;
}

/* The content is complete and has its mode. */
static int replace(struct sgn_output *out, bool durable, struct sgn_error *err)
{
	int rc;

	if (durable && fsync_retry(out->fd) != 0)
		return sgn_fail_sys(err, errno, "cannot flush to disk");
	rc = close_temp(out, err);
	if (rc == 0 && !out->placed)
		rc = rename_temp(out, err);
	if (rc != 0)
		return rc;
	return durable ? sync_folder(out->final_path, err) : 0;
}

static int set_mode(const struct sgn_output *out, unsigned mode, struct sgn_error *err)
{
	mode = sgn_meta_masked(mode);
	/* Only a file system without modes refuses the owner. */
	if (fchmod(out->fd, (mode_t)mode) != 0 && errno != EPERM && errno != ENOTSUP)
		return sgn_fail_sys(err, errno, "cannot set the mode %04o", mode);
	return 0;
}

static void close_like(struct sgn_output *out)
{
	if (out->placed)
		close(out->like);
	out->placed = false;
}

static void discard(struct sgn_output *out)
{
	if (out->fd >= 0 && out->final_path)
		close(out->fd);
	out->fd = -1;
	close_like(out);
	if (!out->temp_path)
		return;
	unlink(out->temp_path);
	forget_temp(out);
}

int sgn_output_place(struct sgn_output *out, const char *like, struct sgn_error *err)
{
	int rc = 0;

	out->like = open(like, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (out->like < 0)
		return sgn_error_at_path(
			err, sgn_fail_sys(err, errno, "cannot open the file to copy its mode"),
			like);
	out->placed = true;
	rc = sgn_meta_copy_fd(out->like, out->fd, err);
	if (rc == 0)
		rc = rename_temp(out, err);
	rc = failed(out, rc, err);
	if (rc != 0)
		discard(out);
	return rc;
}

/* What is not known from the time when the file was placed. */
static int copy_meta(const struct sgn_output *out, const char *like, struct sgn_error *err)
{
	if (out->placed)
		return sgn_meta_settle_fd(out->like, out->fd, err);
	return like ? sgn_meta_copy(like, out->fd, err) : set_mode(out, 0666, err);
}

int sgn_output_commit(struct sgn_output *out, const char *like, bool durable, struct sgn_error *err)
{
	int rc;

	if (!out->temp_path && !out->placed)
		return sgn_fail(err, SGN_E_INTERNAL, "commit without an open output");
	rc = copy_meta(out, like, err);
	if (rc == 0)
		rc = replace(out, durable, err);
	close_like(out);
	rc = failed(out, rc, err);
	if (rc != 0)
		discard(out);
	return rc;
}

void sgn_output_dispose(struct sgn_output *out)
{
	discard(out);
	sgn_free(out->final_path);
	*out = (struct sgn_output){.fd = -1};
}

void sgn_output_emergency_cleanup(void)
{
	sgn_temps_unlink_all();
}

int sgn_file_store(const char *path, struct sgn_view bytes, unsigned mode, struct sgn_error *err)
{
	struct sgn_output out;
	int rc = sgn_output_create(path, &out, err);

	if (rc != 0)
		return rc;
	rc = sgn_output_write(&out, 0, bytes.data, bytes.size, err);
	if (rc == 0)
		rc = set_mode(&out, mode, err);
	if (rc == 0)
		rc = replace(&out, false, err);
	rc = failed(&out, rc, err);
	sgn_output_dispose(&out);
	return rc;
}
