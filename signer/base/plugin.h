/* SPDX-License-Identifier: Apache-2.0 */
/* Shared libraries that the user names, closed again after use. Loading one runs its code: the name must be
 * trusted. Those that this program is built with are library.h's. */
#ifndef SIGNER_BASE_PLUGIN_H
#define SIGNER_BASE_PLUGIN_H

#include <stdbool.h>

#include "signer/base/error.h"

struct sgn_plugin;

/* A name without a slash is looked for where the system keeps libraries. SGN_E_NOTFOUND with the system's
 * reason, which names the file; SGN_E_NOMEM. */
int sgn_plugin_open(const char *name, struct sgn_plugin **out, struct sgn_error *err);

/* Accepts NULL. */
void sgn_plugin_close(struct sgn_plugin *plugin);

/* Copies the address of a function into *function, a pointer to a function pointer; false when there is
 * none of that name. */
bool sgn_plugin_function(const struct sgn_plugin *plugin, const char *name, void *function);

#endif
