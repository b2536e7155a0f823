/* SPDX-License-Identifier: Apache-2.0 */
/* What a pulled plug would take with it: docs/safe-writing.md, "In place". */
#ifndef SIGNER_BASE_ON_DISK_H
#define SIGNER_BASE_ON_DISK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Has the disk not a byte of the open file, whose size is that? True only when the system knows places of it, and
 * says of each that it is not chosen yet, or was never written: the file, and any older version of it, is in
 * memory only. False whenever it may be otherwise, or the system does not say.
 */
bool sgn_disk_has_nothing_of(int fd, uint64_t size);

#endif
