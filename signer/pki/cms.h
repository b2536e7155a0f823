/* SPDX-License-Identifier: Apache-2.0 */
/* A parsed SignedData, shared by code signatures and timestamp tokens. Only for signer/pki. */
#ifndef SIGNER_PKI_CMS_H
#define SIGNER_PKI_CMS_H

#include "signer/pki/internal.h"

/* The bytes of a SignedData with its first SignerInfo; views into the input or the arena. */
struct sgn_cms {
	struct sgn_view content_type; /* OID */
	bool has_content;
	struct sgn_view content;
	struct sgn_view certs[SGN_LIMIT_CERTS]; /* as stored */
	size_t cert_count;

	struct sgn_view issuer, serial; /* who signed, or: */
	struct sgn_view key_id;
	struct sgn_view digest_oid;
	bool has_attributes;
	struct sgn_view attributes;  /* members of the signed attributes, as stored */
	struct sgn_view signed_head; /* tag and length that are hashed before them */
	struct sgn_view signature_oid;
	struct sgn_view signature;
	struct sgn_view unsigned_attributes;
};

/* SGN_E_FORMAT, SGN_E_LIMIT, SGN_E_NOMEM. */
int sgn_cms_parse(struct sgn_view in, struct sgn_arena *arena, struct sgn_cms *out,
                  struct sgn_error *err);

/* The values (content of the SET) of the attribute with that OID; how often the attribute occurs. */
size_t sgn_cms_attribute(struct sgn_view attributes, struct sgn_view oid, struct sgn_view *values);

/* The certificates that OpenSSL can read; the others are left out. Array in the arena; what they point to
 * may be borrowed from known. */
int sgn_cms_certs(const struct sgn_cms *cms, struct sgn_known *known, struct sgn_arena *arena,
                  struct sgn_cert **out, size_t *count, struct sgn_error *err);

/* Which of the certificates signed, or NULL. */
const struct sgn_cert *sgn_cms_signer(const struct sgn_cms *cms, const struct sgn_cert *certs,
                                      size_t count);

/* The signing time attribute. */
bool sgn_cms_signing_time(const struct sgn_cms *cms, int64_t *unix_seconds);

enum sgn_digest sgn_cms_digest(const struct sgn_cms *cms);

#define SGN_CMS_WHY 256

/* Each: true when it holds; else why says in one clause what is wrong. */
bool sgn_cms_content_ok(const struct sgn_cms *cms, struct sgn_view content,
                        struct sgn_view content_type, char why[SGN_CMS_WHY]);
bool sgn_cms_signature_ok(const struct sgn_cms *cms, struct sgn_view content,
                          const struct sgn_cert *signer, struct sgn_known *known,
                          char why[SGN_CMS_WHY]);

/* Findings of one verification. */
struct sgn_cms_findings {
	struct sgn_cms_info *info;
	struct sgn_arena *arena;
	size_t found; /* problems so far, also those beyond the room in info */
	bool nomem;
};

void sgn_cms_find(struct sgn_cms_findings *f, enum sgn_cms_problem_id id, const char *fmt, ...)
	SGN_PRINTF(3, 4);

/* The lists of cdhashes in the signed attributes against the CodeDirectories (cms_agility.c). */
int sgn_cms_check_agility(const struct sgn_cms *cms, const struct sgn_cms_verify_input *in,
                          struct sgn_cms_findings *f, struct sgn_error *err);

/*
 * The RFC 3161 token of the unsigned attributes, if there is one, into f->info->timestamp. The code's
 * own chain must be built already: an Apple one asks for an Apple timestamp.
 */
int sgn_tsa_check(const struct sgn_cms *cms, const struct sgn_anchors *anchors,
                  struct sgn_cms_findings *f, struct sgn_error *err);

#endif
