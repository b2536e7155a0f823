/* SPDX-License-Identifier: Apache-2.0 */
/* The CodeDirectory: reading every version, building 0x20100 to 0x20500.
 * (docs/format/codedirectory.md) */
#ifndef SIGNER_SIGBLOB_CODEDIR_H
#define SIGNER_SIGBLOB_CODEDIR_H

#include "signer/hash/digest.h"
#include "signer/sigblob/cs_format.h"
#include "signer/sigblob/superblob.h"

/* A parsed CodeDirectory. Everything is borrowed from the blob. */
struct sgn_codedir {
	struct sgn_view blob;
	uint32_t version;
	uint32_t flags;
	const char *identifier; /* NUL-terminated inside the blob */
	const char *team;       /* NULL when there is none */
	uint32_t special_count; /* nSpecialSlots */
	uint32_t code_count;    /* nCodeSlots */
	uint64_t code_limit;    /* codeLimit64 when used */
	enum sgn_digest digest; /* hashType */
	uint8_t hash_size;
	uint8_t platform;
	uint8_t page_shift; /* 0: all code is one page */
	uint64_t exec_base, exec_limit, exec_flags;
	bool has_exec_seg;
	uint32_t runtime;            /* 0 when absent */
	struct sgn_view pre_encrypt; /* code_count hashes, or empty */
	uint32_t hash_offset;
	uint32_t scatter_offset;
	/* 0x20600, Apple's own systems only; shown, never written */
	uint8_t linkage_hash_type, linkage_app_type;
	uint16_t linkage_app_subtype;
	struct sgn_view linkage;
};

/* Strict: everything inside, page count fits the code limit. -67059 for a version or hash type out
 * of range (SGN_E_UNSUPPORTED), -67061 otherwise; always with an offset. */
int sgn_codedir_read(struct sgn_view blob, struct sgn_codedir *out, struct sgn_error *err);

/* Hash of special slot n (1..special_count); false beyond. An all-zero hash means "absent". */
bool sgn_codedir_special(const struct sgn_codedir *cd, uint32_t n, struct sgn_view *hash);

/* Hash of code page i. */
bool sgn_codedir_page(const struct sgn_codedir *cd, uint32_t i, struct sgn_view *hash);

/* Bytes of one page; code_limit when page_shift is 0. */
uint64_t sgn_codedir_page_size(const struct sgn_codedir *cd);

/* Full digest of the blob with its own algorithm; the cdhash is its first 20 bytes. */
int sgn_codedir_hash(const struct sgn_codedir *cd, struct sgn_digest_bytes *out,
                     struct sgn_error *err);

/* What a new CodeDirectory is made of. */
struct sgn_codedir_spec {
	const char *identifier;
	const char *team; /* NULL: none */
	uint32_t flags;
	enum sgn_digest digest;
	uint8_t platform;
	uint8_t page_shift;
	uint64_t code_limit;
	uint64_t exec_base, exec_limit, exec_flags;
	uint32_t runtime;
	/* Hashes from before the code was encrypted, one a page. pre_encrypt empty: the page hashes
	 * themselves, which is what code has that is not encrypted yet. */
	bool has_pre_encrypt;
	struct sgn_view pre_encrypt;
	/* [n] is the hash of special slot n; size 0 = absent. [0] is not used. */
	struct sgn_digest_bytes special[CSSLOT_SPECIAL_MAX + 1];
};

/* The lowest version that can say all of it. (docs/format/codedirectory.md, "which version") */
uint32_t sgn_codedir_version(const struct sgn_codedir_spec *spec);
uint64_t sgn_codedir_page_count(const struct sgn_codedir_spec *spec);

/* The size as Apple's tool estimates it when it reserves room: 96-byte header.
 * (docs/format/macho.md, "space") */
uint64_t sgn_codedir_estimate(const struct sgn_codedir_spec *spec, uint32_t special_count);

/* code_hashes: page_count * digest size bytes. Appends the blob. */
int sgn_codedir_write(const struct sgn_codedir_spec *spec, const uint8_t *code_hashes,
                      struct sgn_buf *out, struct sgn_error *err);

/* "runtime,hard" or a number (decimal, 0x hex) to bits; SGN_E_USAGE (-67070) names the word. */
int sgn_cs_flags_parse(const char *text, uint32_t *out, struct sgn_error *err);
/* "adhoc,runtime", or "none"; unknown bits as "0x...". */
void sgn_cs_flags_print(uint32_t flags, struct sgn_buf *out);

/* The kernel's and codesign's order: sha384 > sha256 > sha256-truncated > sha1. */
int sgn_digest_rank(enum sgn_digest alg);

#endif
