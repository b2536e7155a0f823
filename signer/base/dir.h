/* SPDX-License-Identifier: Apache-2.0 */
/* One folder of small files: their names, and their content through the folder that was opened. */
#ifndef SIGNER_BASE_DIR_H
#define SIGNER_BASE_DIR_H

#include "signer/base/file.h"

struct sgn_dir {
	int fd;
	unsigned mode; /* permission bits of the folder */
	char **names;  /* sorted in byte order; without "." and ".." */
	size_t count;
};

/* Lists a folder, or what a symlink to one leads to. SGN_E_NOTFOUND, SGN_E_IO, SGN_E_UNSUPPORTED (no
 * folder), SGN_E_LIMIT (more than max names). out is closed by the caller in either case. */
int sgn_dir_open(const char *path, size_t max, struct sgn_dir *out, struct sgn_error *err);
void sgn_dir_close(struct sgn_dir *dir);

/* The content of a regular file in it, symlinks followed. SGN_E_UNSUPPORTED for what is none: nothing
 * is waited for, no device is opened. No path is put on errors. */
int sgn_dir_load(const struct sgn_dir *dir, const char *name, struct sgn_buf *out,
                 struct sgn_file_facts *facts, struct sgn_error *err);

#endif
