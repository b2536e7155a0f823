/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates, keys, CMS. The only room that knows OpenSSL's certificate and CMS types; it takes and
 * gives plain values (base/cert.h, views). (docs/format/cms.md)
 */
#ifndef SIGNER_PKI_PKI_H
#define SIGNER_PKI_PKI_H

#include <signet/identity.h>
#include <signet/token.h>

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
	struct sgn_built_in *built_in; /* roots and intermediates, parsed when first asked for */
	struct sgn_known *known;       /* certificates seen, and who signed whom; or NULL */
	const struct sgn_cert *extra;  /* of sgn_context_options.apple_roots */
	size_t extra_count;
};

int sgn_anchors_load(const char *const *extra_paths, size_t extra_count, struct sgn_anchors *out,
                     struct sgn_error *err);
void sgn_anchors_dispose(struct sgn_anchors *a);

/* The next built-in one with that subject (DER), from *at (0 at first) on; NULL when there is none. It is
 * parsed when it is first asked for. Thread-safe. Borrowed from the anchors. */
int sgn_anchors_named(const struct sgn_anchors *a, struct sgn_view subject, size_t *at,
                      const struct sgn_cert **out, struct sgn_error *err);

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
	const char *purpose;   /* what it signs, for people */
	bool has_team;         /* its OU is a team identifier (docs/format/codedirectory.md) */
	bool wants_timestamp;  /* codesign asks for one by default (docs/apple-certificates.md) */
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

/* What sgn_identity_store_open() does, with these anchors; they must outlive the store. */
int sgn_identity_store_read(const struct sgn_identity_store_options *opts,
                            const struct sgn_anchors *anchors, struct sgn_identity_store **out,
                            struct sgn_error *err);

/* Receives what could have been meant: a complete URI, and what is there. */
struct sgn_token_candidates {
	void (*tell)(void *arg, const char *uri, const char *text);
	void *arg;
};

/* sgn_identity_load_token() is this with the context's anchors and notes. */
int sgn_identity_read_token(const struct sgn_token_source *source,
                            const struct sgn_token_candidates *tell,
                            const struct sgn_anchors *anchors, struct sgn_identity **out,
                            struct sgn_error *err);

/* What sgn_identity_make_test() does, by values: the PKCS#12 and the root's PEM. */
int sgn_identity_generate_test(const struct sgn_test_identity_options *opts, struct sgn_buf *p12,
                               struct sgn_buf *root_pem, struct sgn_error *err);

/* Do the bytes begin like a PKCS#12 file? */
bool sgn_id_is_p12(struct sgn_view bytes);

/* What sgn_identity_save() writes. */
int sgn_identity_p12(const struct sgn_identity *id, const struct sgn_p12_options *opts,
                     struct sgn_buf *out, struct sgn_error *err);

/* What sgn_identity_request() writes: the PEM of the new key, or nothing when opts->key is given, and
 * that of the request. */
int sgn_identity_generate_request(const struct sgn_csr_options *opts, struct sgn_buf *key_pem,
                                  struct sgn_buf *csr_pem, struct sgn_csr_info *info,
                                  struct sgn_error *err);

const struct sgn_chain *sgn_identity_chain(const struct sgn_identity *id);

/* May it sign code now? -> 0, or SGN_E_UNTRUSTED: expired, not yet valid, no code-signing usage,
 * chain does not end in a root; each with a cure. */
int sgn_identity_check(const struct sgn_identity *id, int64_t now, bool allow_expired,
                       struct sgn_error *err);

/*
 * The one operation with the private key: signs a ready SHA-256 digest, PKCS#1 v1.5 for RSA, a DER
 * ECDSA-Sig-Value for EC; appends the signature. A token answers here, too. SGN_E_NOTFOUND without a
 * private key.
 */
int sgn_identity_sign_digest(const struct sgn_identity *id, const struct sgn_digest_bytes *sha256,
                             struct sgn_buf *signature, struct sgn_error *err);

/* Was that signature made for the digest with the key of the identity's certificate? 0, SGN_E_MISMATCH,
 * SGN_E_CRYPTO. */
int sgn_identity_verify_digest(const struct sgn_identity *id, const struct sgn_digest_bytes *sha256,
                               struct sgn_view signature, struct sgn_error *err);

/* Bytes of the longest signature by its key. */
size_t sgn_identity_signature_size(const struct sgn_identity *id);

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

/* Appends the DER ContentInfo, detached, with Apple's attributes; without a timestamp. */
int sgn_cms_sign(const struct sgn_cms_sign_input *in, struct sgn_buf *out, struct sgn_error *err);

/* The same in two steps, for a timestamp of the signature in between. */
struct sgn_cms_draft {
	const struct sgn_identity *identity; /* borrowed */
	struct sgn_buf attributes;
	struct sgn_buf signature; /* its value: what a timestamp is made for */
};

/* Only the attributes: what is signed is their SHA-256. The draft is disposed by the caller in either
 * case. */
int sgn_cms_draft_make(const struct sgn_cms_sign_input *in, struct sgn_cms_draft *out,
                       struct sgn_digest_bytes *digest, struct sgn_error *err);

/* The same, and signs. */
int sgn_cms_sign_begin(const struct sgn_cms_sign_input *in, struct sgn_cms_draft *out,
                       struct sgn_error *err);

/* Appends the message, with the token as unsigned attribute unless it is empty. */
int sgn_cms_sign_finish(const struct sgn_cms_draft *draft, struct sgn_view token,
                        struct sgn_buf *out, struct sgn_error *err);
void sgn_cms_draft_dispose(struct sgn_cms_draft *draft);

/* --- timestamps: asking for one ----------------------------------------------------------------- */

/* RFC 3161 without its transport: tsa_request.c. */
struct sgn_tsa_query {
	struct sgn_digest_bytes imprint; /* SHA-256 of the signature value */
	uint64_t nonce;
	bool with_policy; /* the one that Apple's client names; other servers may refuse it */
};

/* A new random nonce, with_policy true. SGN_E_CRYPTO without randomness. */
int sgn_tsa_query_init(struct sgn_tsa_query *q, struct sgn_view signature, struct sgn_error *err);

/* Appends the DER TimeStampReq. */
int sgn_tsa_query_write(const struct sgn_tsa_query *q, struct sgn_buf *out, struct sgn_error *err);

/*
 * The token in a TimeStampResp, a view into it. SGN_E_NETWORK with the OSStatus of the refusal, -67888 when
 * these are not the bytes of an answer.
 */
int sgn_tsa_answer_read(struct sgn_view answer, struct sgn_view *token, struct sgn_error *err);

struct sgn_tsa_token_input {
	struct sgn_view token;
	const struct sgn_tsa_query *query;
	struct sgn_view signature;
	const struct sgn_chain *signer; /* of the code signature */
	const struct sgn_anchors *anchors;
	bool allow_expired; /* the time need not lie within the validity of the signer's certificate */
};

struct sgn_tsa_token {
	int64_t time;
	bool rootless; /* the chain of the timestamp's signer ends in no root that is known here */
};

/*
 * Is this what was asked for? Everything that a verifier looks at, and the nonce. SGN_E_NETWORK (-67883,
 * -67884, -67895); SGN_E_UNTRUSTED when the signer's certificate was not valid at the time.
 */
int sgn_tsa_token_check(const struct sgn_tsa_token_input *in, struct sgn_tsa_token *out,
                        struct sgn_error *err);

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
 * question could be answered. Attributes are hashed exactly as they stand in the file
 * (docs/format/cms.md).
 */
int sgn_cms_verify(const struct sgn_cms_verify_input *in, struct sgn_arena *arena,
                   struct sgn_cms_info *out, struct sgn_error *err);

#endif
