/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Provisioning profiles: Apple's word on who may sign what with which entitlements. A profile is a CMS
 * over a property list; here it is data. (docs/format/profiles.md)
 */
#ifndef SIGNER_PROFILE_PROFILE_H
#define SIGNER_PROFILE_PROFILE_H

#include "signer/base/arena.h"
#include "signer/base/buf.h"
#include "signer/base/value.h"

struct sgn_profile {
	struct sgn_arena arena;
	const char *path;      /* where it came from, for messages; in the arena */
	struct sgn_view bytes; /* the file, copied */
	const char *name;
	const char *uuid;
	const char *team;   /* first TeamIdentifier, or "" */
	const char *app_id; /* "TEAM.com.example.*" from its entitlements, or "" */
	bool for_mac;       /* Platform names OSX */
	bool all_devices;   /* ProvisionsAllDevices: Developer ID or in-house */
	int64_t created;    /* Unix seconds */
	int64_t expires;
	const struct sgn_value *entitlements; /* what it allows; a dictionary */
	const struct sgn_view *certs;         /* DER of the certificates that may sign */
	size_t cert_count;
};

/* SGN_E_FORMAT says what is wrong; the CMS signature itself is not judged. */
int sgn_profile_read(struct sgn_view bytes, const char *path, struct sgn_profile *out,
                     struct sgn_error *err);
void sgn_profile_dispose(struct sgn_profile *p);

/* --- does it fit -------------------------------------------------------------------------------- */

/* How a profile would be used. */
struct sgn_profile_use {
	const char *bundle_id;
	struct sgn_view cert; /* DER of the signer; empty: not checked */
	const char *team;     /* of the signer; NULL: not checked */
	bool for_mac;
	int64_t now;
	const struct sgn_value *entitlements; /* claimed, or NULL */
};

/* 0: fits. 1: does not; why gets one sentence. A wildcard fits less well than an exact identifier:
 * *score is larger for the better fit. Pure. */
int sgn_profile_fits(const struct sgn_profile *p, const struct sgn_profile_use *use, int *score,
                     struct sgn_buf *why);

/* Does the profile allow that value for that entitlement? */
bool sgn_profile_allows(const struct sgn_profile *p, struct sgn_view key,
                        const struct sgn_value *value);

/* The first claimed entitlement that a Mac accepts only with a profile, or NULL. (docs/format/profiles.md) */
const struct sgn_value_entry *sgn_profile_restricted(const struct sgn_value *entitlements);

/* Entitlements made from a profile: wildcards become concrete for the bundle. XML in out. */
int sgn_profile_make_entitlements(const struct sgn_profile *p, const char *bundle_id,
                                  struct sgn_buf *out, struct sgn_error *err);

/* "embedded.provisionprofile" or "embedded.mobileprovision". */
const char *sgn_profile_file_name(bool for_mac);

#endif
