/* SPDX-License-Identifier: Apache-2.0 */
/* What a file carries beside its bytes. */
#ifndef SIGNER_BASE_META_H
#define SIGNER_BASE_META_H

#include "signer/base/error.h"

/*
 * Gives the open file fd the owner, extended attributes (with POSIX ACLs), mode and times of the file
 * like. Left out without an error: an owner that this process may not give away (then also the set-id
 * bits, which would mean somebody else), attributes that the file system does not have, security.*
 * attributes that only the system may set, and IMA and EVM hashes, which the new content would belie.
 */
int sgn_meta_copy(const char *like, int fd, struct sgn_error *err);

/* The same from one open file or folder to another. */
int sgn_meta_copy_fd(int from, int fd, struct sgn_error *err);

/* Only mode and times, which writing into fd has changed since (set-id bits are cleared by it). */
int sgn_meta_settle_fd(int from, int fd, struct sgn_error *err);

/* mode & ~umask, without disturbing other threads where the system allows that. */
unsigned sgn_meta_masked(unsigned mode);

#endif
