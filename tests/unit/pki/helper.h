/* SPDX-License-Identifier: Apache-2.0 */
/* Identities, anchors and signatures for the tests of this room. Helpers assert; nothing returns errors. */
#ifndef TESTS_UNIT_PKI_HELPER_H
#define TESTS_UNIT_PKI_HELPER_H

#include <openssl/types.h>

#include "signer/pki/internal.h"
#include "tests/support/scratch.h"

/* A made identity, its root (the first extra anchor of anchors), and what they were read from. */
struct made {
	struct scratch files; /* id.p12, root.pem, and what a test adds */
	char p12_path[512], root_path[512];
	struct sgn_anchors anchors; /* Apple's, and the root as an extra one */
	struct sgn_identity *id;
};

void make(struct made *m, const struct sgn_test_identity_options *opts);
void make_kind(struct made *m, const char *kind, const char *key_type);
void unmake(struct made *m);

/* Reads an identity that must be readable. */
struct sgn_identity *must_read(const struct sgn_identity_source *source,
                               const struct sgn_anchors *anchors);

/* Each writes a new file into the folder of m and gives its path. */
const char *put_file(struct made *m, const char *name, struct sgn_view bytes);
const char *put_pem_key(struct made *m, const char *name, EVP_PKEY *key, const char *password);
const char *put_pem_certs(struct made *m, const char *name, const struct sgn_cert *const *certs,
                          size_t count);

/* A signature over two (or one) invented CodeDirectories. */
struct signed_code {
	uint8_t content[2][64];
	struct sgn_cms_cdhash cdhashes[2];
	size_t count;
	struct sgn_buf cms;
};

/* content[0] with SHA-1 and content[1] with SHA-256, or with one only SHA-256. */
void sign_code(struct signed_code *s, const struct sgn_identity *id, size_t count,
               int64_t signing_time);
void judge(const struct signed_code *s, const struct sgn_anchors *anchors, struct sgn_arena *arena,
           struct sgn_cms_info *info);
void judge_enforced(const struct signed_code *s, const struct sgn_anchors *anchors, int64_t now,
                    struct sgn_arena *arena, struct sgn_cms_info *info);
bool has_problem(const struct sgn_cms_info *info, enum sgn_cms_problem_id id);

/* Asserts that there is no problem, and says which there is. */
void assert_good(const struct sgn_cms_info *info);

/* Changes bytes inside the CMS: finds needle, which must be there, and gives its place. */
uint8_t *find_bytes(struct sgn_buf *cms, struct sgn_view needle);

/* Puts a token into the CMS as its only unsigned attribute. */
void attach_token(struct sgn_buf *cms, struct sgn_view token);

#endif
