/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a signature will say, decided before a byte is written. sgn_plan_make() is a function of the
 * file, the options and the identity alone; it writes nothing. One plan, used by signing, by
 * --dryrun and by tests.
 */
#ifndef SIGNER_OPS_PLAN_H
#define SIGNER_OPS_PLAN_H

#include <signet/sign.h>

#include "signer/ops/code.h"
#include "signer/ops/context.h"

/* The blobs of one slice that are neither CodeDirectory nor CMS, by special slot. Empty = absent. */
struct sgn_components {
	struct sgn_view blob[CSSLOT_SPECIAL_MAX + 1];
};

/* What a bundle adds to its main executable. */
struct sgn_bundle_parts {
	struct sgn_view info_plist; /* the file's bytes */
	bool has_info_plist;
	struct sgn_view resources; /* CodeResources, or empty: slot -3 */
	const char *identifier;    /* CFBundleIdentifier or CFBundleName, or NULL */
	const char *name;          /* path whose last component names the bundle */
	const char *format;        /* "app bundle with ", or the whole name when it has no Mach-O */
};

struct sgn_plan_slice {
	const struct sgn_code_slice *code;
	struct sgn_components components;
	struct sgn_codedir_spec spec;    /* everything but digest and special hashes */
	const struct sgn_signature *old; /* whose pre-encryption hashes are kept, or NULL */
	uint32_t reserve;                /* bytes for the signature: LC_CODE_SIGNATURE.datasize */
};

struct sgn_plan {
	struct sgn_arena arena; /* owns all of the below */
	const char *format; /* what the bundle puts in front of the Mach-O's format name, or NULL */
	const char *identifier;
	const char *team;
	uint32_t flags;
	enum sgn_digest digests[3]; /* ascending type: the order of the CodeDirectory slots */
	size_t digest_count;
	struct sgn_view info_plist; /* what slot -1 covers, or empty */
	bool has_info_plist;
	const struct sgn_value *info;  /* the same as a dictionary, or NULL */
	struct sgn_view resources;     /* what slot -3 covers, or empty */
	long entitlement_count;        /* of the dictionary that is embedded; -1: none anywhere */
	struct sgn_value entitlements; /* valid when entitlement_count >= 0 */
	struct sgn_view requirements;  /* set blob; the same for all slices */
	bool replaces;                 /* a signature that is not a linker's */
	struct sgn_plan_slice *slices; /* in file order, as code->macho.slices */
	size_t count;
};

/* parts: NULL for a file that is no bundle's main executable. */
int sgn_plan_make(struct sgn_context *ctx, const struct sgn_code *code,
                  const struct sgn_bundle_parts *parts, const struct sgn_sign_options *opts,
                  struct sgn_plan *out, struct sgn_error *err);
void sgn_plan_dispose(struct sgn_plan *plan);

/* --- parts, one file each ----------------------------------------------------------------------- */

/* The old signature whose metadata may be preserved: the native slice's, unless a linker made it. */
const struct sgn_signature *sgn_plan_inherited(const struct sgn_code *code);

/* plan_flags.c: flags, digests, page size, runtime version, exec segment. */
int sgn_plan_flags(const struct sgn_code *code, const struct sgn_value *info,
                   const struct sgn_sign_options *opts, uint32_t *out, struct sgn_error *err);
int sgn_plan_digests(const struct sgn_code *code, const struct sgn_sign_options *opts,
                     struct sgn_plan *plan, struct sgn_error *err);
int sgn_plan_page_shift(const struct sgn_code_slice *s, const struct sgn_sign_options *opts,
                        uint8_t *out, struct sgn_error *err);
uint32_t sgn_plan_runtime(const struct sgn_code_slice *s, const struct sgn_sign_options *opts,
                          uint32_t flags);

/* The content of special slot n: stored blobs whole, Info.plist and CodeResources as raw bytes. */
struct sgn_view sgn_plan_special(const struct sgn_plan *plan, const struct sgn_plan_slice *s,
                                 uint32_t slot, bool *present);

/* plan_components.c: entitlements, requirements, constraints. */
int sgn_plan_components(struct sgn_context *ctx, const struct sgn_code *code,
                        const struct sgn_sign_options *opts, struct sgn_plan *plan,
                        struct sgn_error *err);

#endif
