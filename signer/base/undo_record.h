/* SPDX-License-Identifier: Apache-2.0 */
/* The record of undo.c: its file, and what it says. */
#ifndef SIGNER_BASE_UNDO_RECORD_H
#define SIGNER_BASE_UNDO_RECORD_H

#include <sys/stat.h>

#include "signer/base/file.h"

/*
 * Numbers are big-endian.
 *
 *     0  "signetU2"
 *     8  old size, new size                           64 bits each
 *    24  access time, modification time               64 bits of seconds, 32 of nanoseconds each
 *    48  mode, number of parts                        32 bits each
 *    56  parts: place, old length, new length         64 bits each
 *     .  for each part the old bytes, then the new ones
 *     .  sum of all before                            64 bits
 *
 * Old lengths end at the old size, new ones at the new size.
 */
struct sgn_undo_part {
	uint64_t at;
	uint64_t old_len, new_len;
	uint64_t stored; /* where the old bytes lie in the record; the new ones follow */
};

struct sgn_undo_record {
	int fd;     /* -1: there is none */
	char *path; /* owned */
	uint64_t old_size, new_size;
	struct timespec times[2];
	unsigned mode;
	struct sgn_undo_part *parts; /* owned */
	size_t count;
	uint64_t sum_at;
	/* The disk has, or may have, the file as it is: record and file are flushed, each in its turn. */
	bool flush;
};

/* The cure where a record is of no use. */
#define SGN_UNDO_LOOK "look whether the file is as it should be, then delete the record"

/* ".NAME.signet-undo" beside target; freed with sgn_free(). SGN_E_UNSUPPORTED: the name is too long. */
int sgn_undo_record_path(const char *target, char **out, struct sgn_error *err);

/* Writes the record, and holds its lock; flushes it and its folder, unless the disk has nothing of the file
 * and durable is not set. now: what is known of the file. */
int sgn_undo_record_make(const char *target, const struct sgn_source *src,
                         const struct sgn_change *change, const struct stat *now, bool durable,
                         struct sgn_undo_record *out, struct sgn_error *err);

/* Opens a record that an interrupted run has left, and takes its lock. The record must be its maker's to
 * give: of this user, root, or the owner of the file. */
int sgn_undo_record_open(const char *target, struct sgn_undo_record *out, struct sgn_error *err);

/* len bytes at off of the record. */
int sgn_undo_record_read(const struct sgn_undo_record *r, uint64_t off, void *out, size_t len,
                         struct sgn_error *err);

/* Of bytes, and of all before the sum of a record. */
#define SGN_UNDO_SUM_SIZE 8u
void sgn_undo_sum(struct sgn_view bytes, uint8_t out[SGN_UNDO_SUM_SIZE]);
int sgn_undo_record_sum(const struct sgn_undo_record *r, uint8_t out[SGN_UNDO_SUM_SIZE],
                        struct sgn_error *err);

/* Removes the file; the lock goes with sgn_undo_record_dispose(). */
int sgn_undo_record_remove(const struct sgn_undo_record *r, struct sgn_error *err);
void sgn_undo_record_dispose(struct sgn_undo_record *r);

/* Flushes the folder that path lies in, where the file system knows such a thing. */
int sgn_undo_flush_folder(const char *path, struct sgn_error *err);

#endif
