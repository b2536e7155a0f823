/* SPDX-License-Identifier: Apache-2.0 */
/* The resource seal: which items it covers, its bytes, and how it compares with a tree.
 * (docs/format/resources.md) */
#ifndef SIGNER_BUNDLE_SEAL_H
#define SIGNER_BUNDLE_SEAL_H

#include "signer/bundle/rules.h"
#include "signer/hash/files.h"
#include "signer/sigblob/cs_format.h"

enum sgn_seal_kind { SGN_SEAL_FILE, SGN_SEAL_LINK, SGN_SEAL_NESTED };

/* Something the seal covers. Found by sgn_seal_scan(); the hashes are filled in by the caller. */
struct sgn_seal_item {
	const char *path; /* from the support dir */
	size_t entry;     /* index in the walk */
	enum sgn_seal_kind kind;
	bool nested_is_dir; /* NESTED: a bundle; else a file */
	bool in_v1, optional_v1;
	bool in_v2, optional_v2;
	const char *link;              /* LINK: its target text */
	struct sgn_file_hashes hashes; /* FILE: SHA-1 when in_v1, and those in use */
	uint8_t cdhash[20];            /* NESTED */
	const char *requirement;       /* NESTED: text of the designated requirement; borrowed */
};

struct sgn_seal_scan {
	struct sgn_arena arena;
	struct sgn_seal_item *items; /* sorted by path */
	size_t count;
	struct sgn_bundle_problem
		*problems; /* .DS_Store symlink, sockets, unreadable directories */
	size_t problem_count;
};

/* Walks the bundle's support dir by the rules; main executable, _CodeSignature, CodeResources and
 * _MASReceipt are excluded. (docs/format/resources.md, "walk") v1 may be NULL. Pure. */
int sgn_seal_scan(const struct sgn_bundle *b, const struct sgn_rules *v1,
                  const struct sgn_rules *v2, struct sgn_seal_scan *out, struct sgn_error *err);
void sgn_seal_scan_dispose(struct sgn_seal_scan *s);

/* The bytes of CodeResources. digests: those of the signature, ascending.
 * (docs/format/resources.md, "the file") */
int sgn_seal_write(const struct sgn_seal_scan *scan, const struct sgn_rules *v1,
                   const struct sgn_rules *v2, const enum sgn_digest *digests, size_t digest_count,
                   struct sgn_buf *out, struct sgn_error *err);

/* One entry of an existing seal. */
struct sgn_sealed {
	struct sgn_view path; /* from the support dir */
	enum sgn_seal_kind kind;
	bool optional;
	struct sgn_view hash[5]; /* by enum sgn_digest; empty = not there */
	struct sgn_view link;
	struct sgn_view cdhash;
	struct sgn_view requirement;
};

struct sgn_seal {
	struct sgn_arena arena;
	int version;                /* 2, or 1 for a seal without files2 */
	struct sgn_sealed *entries; /* sorted by path */
	size_t count;
	struct sgn_rules rules;       /* of that version */
	struct sgn_rules other_rules; /* version 1 of a version-2 seal; empty otherwise */
	bool has_other_rules;
	size_t rule_count;
};

/* Parses CodeResources. -67055 with the key that is wrong. */
int sgn_seal_read(struct sgn_view bytes, struct sgn_seal *out, struct sgn_error *err);
void sgn_seal_dispose(struct sgn_seal *s);

/* The entry of a path, or NULL. */
const struct sgn_sealed *sgn_seal_find(const struct sgn_seal *s, const char *path);

#endif
