/* SPDX-License-Identifier: Apache-2.0 */
/* The signature that an item of a bundle has before it is signed: what a parent seals when the item is
 * kept as it is. */
#ifndef SIGNER_OPS_EXISTING_H
#define SIGNER_OPS_EXISTING_H

#include "signer/ops/sign_item.h"

struct sgn_existing {
	bool is_signed;  /* by more than a linker */
	bool is_adhoc;   /* or by a linker only */
	bool is_program; /* a main executable, signed or not */
	struct sgn_item_done as_done;
	const char *identifier; /* in as_done, or NULL */
};

/* path: the main file; b: its bundle, or NULL. A main file that is no Mach-O is described by the
 * bundle's separate files. An unreadable signature counts as none. */
int sgn_existing_read(const char *path, const struct sgn_bundle *b, struct sgn_existing *out,
                      struct sgn_error *err);

/* Moves the texts and the hash into done, whose action stays. */
void sgn_existing_move(struct sgn_existing *e, struct sgn_item_done *done);
void sgn_existing_dispose(struct sgn_existing *e);

#endif
