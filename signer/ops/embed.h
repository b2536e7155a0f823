/* SPDX-License-Identifier: Apache-2.0 */
/* Which provisioning profile goes into a bundle, and putting it there before the bundle is sealed. */
#ifndef SIGNER_OPS_EMBED_H
#define SIGNER_OPS_EMBED_H

#include "signer/ops/item_options.h"
#include "signer/ops/plan.h"
#include "signer/profile/profile.h"

/* The profiles of the options, parsed once. */
struct sgn_profiles {
	struct sgn_profile *all; /* in arena */
	size_t count;
	struct sgn_arena arena;
};

int sgn_profiles_load(const struct sgn_sign_options *opts, struct sgn_profiles *out,
                      struct sgn_error *err);
void sgn_profiles_dispose(struct sgn_profiles *p);

/*
 * Chooses and embeds for one bundle. root: the bundle that the user named; it gets its entitlements from
 * the profile when none were given or preserved (out->entitlements, to be used for signing). Nothing
 * happens when there are no profiles. A bundle that needs one and finds none that fits is
 * SGN_E_MISMATCH: the message names the entitlement and why each profile was refused.
 */
int sgn_embed_profile(struct sgn_context *ctx, const struct sgn_profiles *profiles,
                      const struct sgn_bundle *b, const char *main_path, bool root,
                      struct sgn_sign_options *opts, struct sgn_arena *arena,
                      struct sgn_error *err);

#endif
