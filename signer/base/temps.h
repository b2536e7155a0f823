/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The temporary files that exist right now, so that a signal handler can remove them. A fixed table
 * without locks: a handler may run at any instruction of any thread.
 */
#ifndef SIGNER_BASE_TEMPS_H
#define SIGNER_BASE_TEMPS_H

#include "signer/base/error.h"

/*
 * path is borrowed until sgn_temps_forget(). When the table is full the file is not listed, and only
 * lacks the protection against signals.
 */
void sgn_temps_add(const char *path);
void sgn_temps_forget(const char *path);

/*
 * Creates a file of mode 0600 in the folder of target, ".NAME.signet-XXXXXXXX", and lists it. *path is
 * forgotten, and freed, with sgn_temp_forget().
 */
int sgn_temp_create(const char *target, char **path, int *fd, struct sgn_error *err);
void sgn_temp_forget(char **path);

/* Unlinks all listed files; async-signal-safe. */
void sgn_temps_unlink_all(void);

#endif
