/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates, keys, CMS. The only room that knows OpenSSL's certificate and CMS types; it takes and
 * gives plain values (base/cert.h, views). (format/06)
 */
#ifndef SIGNER_PKI_PKI_H
#define SIGNER_PKI_PKI_H

#include <signet/identity.h>

#include "signer/base/arena.h"
#include "signer/base/buf.h"
#include "signer/base/cert.h"
#include "signer/base/limits.h"
#include "signer/hash/digest.h"

/* --- certificates ----------------------------------------------------------------------------- */

/* One DER certificate to values in the arena (the DER is copied). */
int sgn_cert_parse(struct sgn_view der, struct sgn_arena *arena, struct sgn_cert *out,
                   struct sgn_error *err);

/* All certificates of a PEM or DER file's bytes. *out is an array in the arena. */
int sgn_certs_load(struct sgn_view bytes, struct sgn_arena *arena, struct sgn_cert **out,
                   size_t *count, struct sgn_error *err);

/* --- anchors ---------------------------------------------------------------------------------- */

/* Apple's certificates built into the product, and roots that count as Apple's for tests. */
struct sgn_anchors {
	struct sgn_arena arena;
	const struct sgn_cert *apple; /* built in: roots and intermediates */
	size_t apple_count;
	const struct sgn_cert *extra; /* of sgn_context_options.apple_roots */
	size_t extra_count;
};

int sgn_anchors_load(const char *const *extra_paths, size_t extra_count, struct sgn_anchors *out,
                     struct sgn_error *err);
void sgn_anchors_dispose(struct sgn_anchors *a);

/* --- chain ------------------------------------------------------------------------------------ */

struct sgn_chain {
	const struct sgn_cert *certs[SGN_LIMIT_CHAIN]; /* leaf first */
	size_t count;
	bool complete;   /* ends in a self-signed certificate */
	bool apple_root; /* that certificate is Apple's, or one of the extra roots */
};

/* Builds leaf -> root from pool and anchors, each link checked by signature and name. Never fails for
 * an incomplete chain: see complete. The certificates are borrowed from leaf, pool and anchors. */
int sgn_chain_build(const struct sgn_cert *leaf, const struct sgn_cert *pool, size_t pool_count,
                    const struct sgn_anchors *anchors, struct sgn_chain *out,
                    struct sgn_error *err);

/* Certificate kinds by marker extension: one table, cert_kinds.def. */
struct sgn_cert_kind {
	const char *id;        /* "developer-id" */
	const char *text;      /* "Developer ID Application" */
	const char *cn_prefix; /* "Developer ID Application: " */
	bool has_team;         /* its OU is a team identifier (format/02 §3.9) */
	bool wants_timestamp;  /* codesign asks for one by default (format/06 §8.2) */
};
/* Never NULL: an unknown certificate gives the kind "other". */
const struct sgn_cert_kind *sgn_chain_kind(const struct sgn_chain *chain);

/* The team identifier a signature by this chain carries, or empty. */
struct sgn_view sgn_chain_team(const struct sgn_chain *chain);

/* --- identity --------------------------------------------------------------------------------- */

/* Read from files; the anchors must outlive the identity. sgn_identity_load() is this with the
 * context's anchors. */
int sgn_identity_read(const struct sgn_identity_source *source, const struct sgn_anchors *anchors,
                      struct sgn_identity **out, struct sgn_error *err);

/* What sgn_identity_make_test() does, by values: the PKCS#12 and the root's PEM. */
int sgn_identity_generate_test(const struct sgn_test_identity_options *opts, struct sgn_buf *p12,
                               struct sgn_buf *root_pem, struct sgn_error *err);

const struct sgn_chain *sgn_identity_chain(const struct sgn_identity *id);

/* May it sign code now? -> 0, or SGN_E_UNTRUSTED: expired, not yet valid, no code-signing usage,
 * chain does not end in a root; each with a cure. */
int sgn_identity_check(const struct sgn_identity *id, int64_t now, bool allow_expired,
                       struct sgn_error *err);

/* --- CMS: making ------------------------------------------------------------------------------ */

/* One CodeDirectory for the hash-agility attributes. */
struct sgn_cms_cdhash {
	enum sgn_digest digest;
	struct sgn_digest_bytes full;
};

struct sgn_cms_sign_input {
	const struct sgn_identity *identity;
	struct sgn_view content;               /* the primary CodeDirectory blob */
	const struct sgn_cms_cdhash *cdhashes; /* in ascending hash-type order */
	size_t cdhash_count;
	bool has_signing_time;
	int64_t signing_time; /* Unix seconds */
};

/* Appends the DER ContentInfo, detached, with Apple's attributes; no timestamp. */
int sgn_cms_sign(const struct sgn_cms_sign_input *in, struct sgn_buf *out, struct sgn_error *err);

/* --- CMS: checking ---------------------------------------------------------------------------- */

enum sgn_cms_problem_id {
	SGN_CMS_UNREADABLE,       /* no CMS at all (-26275) */
	SGN_CMS_BAD_SIGNATURE,    /* signature over the attributes (-67061) */
	SGN_CMS_WRONG_CONTENT,    /* messageDigest is not that of the CodeDirectory (-67061) */
	SGN_CMS_AGILITY_V1,       /* cdhash list (-67061) */
	SGN_CMS_AGILITY_V2,       /* digest list (-67061) */
	SGN_CMS_NO_SIGNER_CERT,   /* the signer's certificate is not included (-67061) */
	SGN_CMS_CHAIN_INCOMPLETE, /* CSSMERR_TP_NOT_TRUSTED */
	SGN_CMS_EXPIRED,          /* certificate not valid at the time that counts */
	SGN_CMS_NOT_YET_VALID,
	SGN_CMS_NO_CODE_SIGNING,    /* extended key usage missing (-66996) */
	SGN_CMS_BAD_TIMESTAMP,      /* token present but wrong (-67883) */
	SGN_CMS_TIMESTAMP_UNTRUSTED /* (-67884) */
};

struct sgn_cms_problem {
	enum sgn_cms_problem_id id;
	int32_t osstatus;
	const char *text; /* in the arena: what differed */
};

#define SGN_CMS_PROBLEMS 16

struct sgn_cms_timestamp {
	bool present;
	bool ok;
	int64_t time;                  /* genTime, Unix seconds */
	const struct sgn_cert *signer; /* or NULL */
	struct sgn_chain chain;
};

struct sgn_cms_info {
	const struct sgn_cert *certs; /* as stored */
	size_t cert_count;
	const struct sgn_cert *signer; /* or NULL */
	struct sgn_chain chain;
	bool has_signing_time;
	int64_t signing_time;
	bool has_agility_v1, has_agility_v2;
	enum sgn_digest digest; /* of the SignerInfo */
	struct sgn_cms_timestamp timestamp;
	struct sgn_cms_problem problems[SGN_CMS_PROBLEMS];
	size_t problem_count;
};

struct sgn_cms_verify_input {
	struct sgn_view cms;                   /* without blob wrapper */
	struct sgn_view content;               /* primary CodeDirectory blob */
	const struct sgn_cms_cdhash *cdhashes; /* of every CodeDirectory, ascending hash type */
	size_t cdhash_count;
	const struct sgn_anchors *anchors;
	int64_t now;         /* for signatures without any time */
	bool enforce_expiry; /* CodeDirectory flag CS_CHECK_EXPIRATION, or asked for */
};

/*
 * Parses and judges; what is wrong goes into out->problems, and the result is 0 as long as the
 * question could be answered. Attributes are hashed exactly as they stand in the file (format/06).
 */
int sgn_cms_verify(const struct sgn_cms_verify_input *in, struct sgn_arena *arena,
                   struct sgn_cms_info *out, struct sgn_error *err);

#endif
