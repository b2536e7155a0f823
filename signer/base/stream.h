/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files below one folder, read once from front to back with as few system calls as will do: for many
 * files whose sizes are known from a walk. A file of another size than was listed is an error.
 */
#ifndef SIGNER_BASE_STREAM_H
#define SIGNER_BASE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "signer/base/error.h"
#include "signer/base/walk.h"

struct sgn_stream {
	int fd;
	uint64_t size;
	uint64_t at; /* bytes read so far */
};

/* A folder whose files are opened by their paths below it; closed with sgn_folder_close(). */
int sgn_folder_open(const char *path, int *folder, struct sgn_error *err);
void sgn_folder_close(int folder);

/* size: as the walk gave it; SGN_SIZE_UNKNOWN: the file is asked. Never what a symlink in the place of the
 * file names. Nothing is open after a failure. */
int sgn_stream_open(int folder, const char *path, uint64_t size, struct sgn_stream *out,
                    struct sgn_error *err);

/* The next bytes: len, or all that are left. room has len + 1, so that the end is seen without asking
 * again. end: that was all. SGN_E_IO when the file has become shorter or longer than its size. */
int sgn_stream_read(struct sgn_stream *s, void *room, size_t len, size_t *got, bool *end,
                    struct sgn_error *err);

/* Does it have any extended attribute? Also true when the system does not say. */
bool sgn_stream_has_xattrs(const struct sgn_stream *s);

void sgn_stream_close(struct sgn_stream *s);

#endif
