/* SPDX-License-Identifier: Apache-2.0 */
/* Where a system keeps what belongs to a user. */
#ifndef SIGNER_BASE_PLACE_H
#define SIGNER_BASE_PLACE_H

#include "signer/base/error.h"

/*
 * The user's folder for settings, with leaf behind it: $XDG_CONFIG_HOME/leaf or ~/.config/leaf
 * (freedesktop.org's Base Directory Specification), ~/Library/Application Support/leaf on macOS,
 * %APPDATA%/leaf on Windows. It need not exist. Freed with sgn_free(). SGN_E_NOTFOUND when the
 * environment names no home folder.
 */
int sgn_place_settings(const char *leaf, char **out, struct sgn_error *err);

#endif
