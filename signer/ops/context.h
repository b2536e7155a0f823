/* SPDX-License-Identifier: Apache-2.0 */
/* What a context holds, and how operations talk to the user through it. */
#ifndef SIGNER_OPS_CONTEXT_H
#define SIGNER_OPS_CONTEXT_H

#include <signet/context.h>

#include "signer/base/pool.h"
#include "signer/base/thread.h"
#include "signer/pki/pki.h"

struct sgn_http;
struct sgn_gate;
struct sgn_undo_tree;

struct sgn_context {
	struct sgn_pool *pool;
	struct sgn_anchors anchors;
	void (*note)(void *arg, const struct sgn_note *note);
	void *note_arg;
	struct sgn_mutex *note_lock; /* notes come one at a time */
	struct sgn_http *http;       /* asks nobody before it is used */
	struct sgn_gate *gate;       /* to be left while waiting for a server; or NULL */
	struct sgn_undo_tree *undo;  /* of the bundle that is changed in place, or NULL */
};

/* Sends a note; path, arch and cure may be NULL. */
void sgn_note(struct sgn_context *ctx, enum sgn_note_level level, const char *path,
              const char *arch, const char *cure, const char *fmt, ...) SGN_PRINTF(6, 7);

#endif
