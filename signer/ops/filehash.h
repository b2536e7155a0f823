/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many files hashed with several digests, each byte read once, on all threads of a pool. Every thread
 * has a few files under way at a time, one per lane of the kernels, and takes the next largest one when
 * one ends; a file that alone would outlast all others gets threads of its own.
 */
#ifndef SIGNER_OPS_FILEHASH_H
#define SIGNER_OPS_FILEHASH_H

#include "signer/base/pool.h"
#include "signer/base/stream.h"
#include "signer/hash/files.h"

struct sgn_hash_file {
	const char *path; /* below the root */
	uint64_t size;    /* as it was listed; SGN_SIZE_UNKNOWN */
};

/* What is done with a file; the calls come from several threads, each for files of its own. */
struct sgn_hash_calls {
	void *arg;
	/* Shall the file be read on? head: its first bytes, all of a small file. NULL: all are. */
	bool (*wants)(void *arg, size_t i, struct sgn_view head);
	/* Has the file extended attributes? NULL: nobody cares. */
	void (*has_xattrs)(void *arg, size_t i, bool has);
	/* Digests of file i: those whose size is not 0. The others may come at the same time in another
	 * call. */
	void (*put)(void *arg, size_t i, const struct sgn_file_hashes *hashes);
	bool tolerant; /* a file that cannot be read is left out */
	/* One thread does that first, while the others begin with the files. NULL: nothing. A failure
	 * counts before those of files, and ends all. */
	int (*meanwhile)(void *arg, struct sgn_error *err);
	void *meanwhile_arg;
};

/* wanted: bits of signer/hash/files.h. Of several files that cannot be read the lowest index counts; the
 * error has its path. */
int sgn_hash_files(struct sgn_pool *pool, const char *root, const struct sgn_hash_file *files,
                   size_t count, unsigned wanted, const struct sgn_hash_calls *calls,
                   struct sgn_error *err);

#endif
