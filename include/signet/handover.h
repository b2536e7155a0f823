/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing in two steps, so that a private key never leaves its guarded host (docs/howto/two-host-signing.md).
 *
 *  1. The build host, which has the certificate alone, signs with a run that records: nothing is written,
 *     and the run's document says which digests have to be signed (sgn_handover_run_new() with @prepare).
 *  2. The guarded host judges the document and signs those digests (sgn_handover_check(),
 *     sgn_handover_sign()).
 *  3. The build host signs again with a run that has the signatures. Signing is the same work as before, so
 *     the result is byte for byte what signing in one step with the same signing time gives (with an
 *     elliptic key, whose signatures are random: all but the signature values).
 *
 * Where a bundle seals a file of signed code by its bytes (flat layouts as on iOS, code outside the places
 * for code), the digest of the bundle is known only when the signature inside is. Then the document is not
 * complete, and a run that has the signatures so far and records as well makes the next round.
 *
 * A document is data that strangers may have written. sgn_handover_check() and sgn_handover_run_new() believe
 * nothing of it that they have not computed themselves.
 */
#ifndef SIGNET_HANDOVER_H
#define SIGNET_HANDOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <signet/context.h>
#include <signet/error.h>
#include <signet/hash.h>
#include <signet/identity.h>
#include <signet/sign.h>

#ifdef __cplusplus
extern "C" {
#endif

/** SGN_HANDOVER_VERSION - of the document, "signet-digests" in docs/json.md */
#define SGN_HANDOVER_VERSION 1

/** SGN_HANDOVER_DIRS - CodeDirectories of one slice, at most: one for each digest algorithm */
#define SGN_HANDOVER_DIRS 3

/**
 * struct sgn_handover_bytes - bytes that belong to a document
 * @data: NULL when there are none
 * @size: number of them
 */
struct sgn_handover_bytes {
	const void *data;
	size_t size;
};

/**
 * struct sgn_handover_entry - one digest to be signed: of one slice of one piece of code
 * @path:         the file or bundle as the build host names it
 * @arch:         "arm64"; "" for a bundle without Mach-O
 * @identifier:   what the CodeDirectories say
 * @team:         likewise, or NULL
 * @flags:        likewise
 * @cdhash:       of the CodeDirectory with the strongest digest, 40 hexadecimal digits
 * @digest:       SHA-256 of @attributes, 64 hexadecimal digits: what is signed
 * @attributes:   the signed attributes of the CMS, DER
 * @dirs:         the CodeDirectories, in the order of their digest types; the first is the signed content
 * @dir_count:    number of them
 * @entitlements: the blob with the entitlements as a property list, or nothing
 * @signature:    its value, or nothing: not signed yet
 * @timestamp:    the RFC 3161 token for the signature, when an earlier round got one already, or nothing
 */
struct sgn_handover_entry {
	const char *path;
	const char *arch;
	const char *identifier;
	const char *team;
	uint32_t flags;
	const char *cdhash;
	const char *digest;
	struct sgn_handover_bytes attributes;
	struct sgn_handover_bytes dirs[SGN_HANDOVER_DIRS];
	size_t dir_count;
	struct sgn_handover_bytes entitlements;
	struct sgn_handover_bytes signature;
	struct sgn_handover_bytes timestamp;
};

/**
 * struct sgn_handover_waiting - a bundle whose digest is not known yet
 * @path: the bundle
 * @on:   the code inside that has to be signed first, because its bytes are sealed
 */
struct sgn_handover_waiting {
	const char *path;
	const char *on;
};

/**
 * struct sgn_handover - a document; start from a zeroed struct, dispose with sgn_handover_dispose()
 * @has_signing_time: the signatures say when they were made
 * @signing_time:     Unix seconds
 * @certificate_name: common name of the signer's certificate
 * @certificate_sha1: of the certificate, hexadecimal
 * @certificate_sha256: likewise
 * @options:          how it is signed, in words of the caller; compared only to explain a failure
 * @option_count:     number of them
 * @entries:          what is to be signed, and in later rounds what has been
 * @entry_count:      number of them
 * @waiting:          bundles for a later round; none: the document is complete
 * @waiting_count:    number of them
 * @memory:           the library's
 */
struct sgn_handover {
	bool has_signing_time;
	int64_t signing_time;
	const char *certificate_name;
	const char *certificate_sha1;
	const char *certificate_sha256;
	const char **options;
	size_t option_count;
	struct sgn_handover_entry *entries;
	size_t entry_count;
	struct sgn_handover_waiting *waiting;
	size_t waiting_count;
	void *memory;
};

/**
 * sgn_handover_dispose() - frees all that belongs to a document
 * @doc: the document; empty afterwards
 */
void sgn_handover_dispose(struct sgn_handover *doc);

/**
 * sgn_handover_set_certificate() - says who signs
 * @doc:    document
 * @name:   common name
 * @sha1:   40 hexadecimal digits
 * @sha256: 64 hexadecimal digits
 * @err:    filled on failure; may be NULL
 *
 * For readers of a stored document, as the three functions below: everything is copied, nothing is judged.
 *
 * Return: 0, SGN_E_NOMEM.
 */
int sgn_handover_set_certificate(struct sgn_handover *doc, const char *name, const char *sha1,
                                 const char *sha256, struct sgn_error *err);

/**
 * sgn_handover_add_option() - appends to the options
 * @doc:  document
 * @text: option in words
 * @err:  filled on failure; may be NULL
 *
 * Return: 0, SGN_E_NOMEM.
 */
int sgn_handover_add_option(struct sgn_handover *doc, const char *text, struct sgn_error *err);

/**
 * sgn_handover_add_entry() - appends to the entries
 * @doc:   document
 * @entry: what to append; every text but the team must be there
 * @err:   filled on failure; may be NULL
 *
 * Return: 0, SGN_E_FORMAT, SGN_E_LIMIT, SGN_E_NOMEM.
 */
int sgn_handover_add_entry(struct sgn_handover *doc, const struct sgn_handover_entry *entry,
                           struct sgn_error *err);

/**
 * sgn_handover_add_waiting() - appends to the waiting bundles
 * @doc:  document
 * @path: the bundle
 * @on:   what it waits for
 * @err:  filled on failure; may be NULL
 *
 * Return: 0, SGN_E_LIMIT, SGN_E_NOMEM.
 */
int sgn_handover_add_waiting(struct sgn_handover *doc, const char *path, const char *on,
                             struct sgn_error *err);

/* --- the build host ------------------------------------------------------------------------------ */

/** struct sgn_handover_run - opaque; the signing of one document, to be named in sgn_sign_options.handover */
struct sgn_handover_run;

/**
 * struct sgn_handover_setup - what a run is for; start from a zeroed struct
 * @identity:     who signs; only the certificate is used. Must live as long as the run.
 * @document:     signatures to use; NULL: none, the first round. Copied.
 * @prepare:      record what is not in the document; without it everything must be
 * @has_signing_time: first round: write the signing time
 * @signing_time: first round: Unix seconds
 * @options:      how it is signed, in words, for people and for messages; copied
 * @option_count: number of them
 */
struct sgn_handover_setup {
	const struct sgn_identity *identity;
	const struct sgn_handover *document;
	bool prepare;
	bool has_signing_time;
	int64_t signing_time;
	const char *const *options;
	size_t option_count;
};

/**
 * sgn_handover_run_new() - begins a run
 * @setup: what for
 * @out:   receives it; free with sgn_handover_run_free()
 * @err:   filled on failure; may be NULL
 *
 * Every signature of the document is verified against the certificate first. The run is named in
 * sgn_sign_options.handover of any number of sgn_sign_path() calls, also at the same time; its identity must be
 * sgn_sign_options.identity. With @prepare these calls write nothing, and what they would ask a timestamp
 * server for they ask only for signatures of the document that a later round depends on.
 *
 * Return: 0; SGN_E_MISMATCH (another certificate; a signature that is not by it), SGN_E_NOTFOUND (a digest of
 * the document is not signed yet), SGN_E_USAGE (a document that is not complete without @prepare, or one that
 * is with it), SGN_E_FORMAT, SGN_E_CRYPTO, SGN_E_NOMEM.
 */
int sgn_handover_run_new(const struct sgn_handover_setup *setup, struct sgn_handover_run **out,
                         struct sgn_error *err);

/** sgn_handover_run_free() - ends a run; NULL is accepted; no signing may be using it */
void sgn_handover_run_free(struct sgn_handover_run *run);

/**
 * sgn_handover_run_document() - what a run knows: the entries of its document and those it recorded
 * @run: after all sgn_sign_path() calls of a run with @prepare
 *
 * Entries are sorted by path and architecture.
 *
 * Return: belongs to the run.
 */
const struct sgn_handover *sgn_handover_run_document(struct sgn_handover_run *run);

/* --- the guarded host ----------------------------------------------------------------------------- */

/**
 * struct sgn_handover_rules - what the guarded host agrees to sign; start from a zeroed struct
 * @identifiers:      shell patterns (fnmatch); every identifier must match one of them, unless there are none
 * @identifier_count: number of them
 * @teams:            every team must be one of them, unless there are none
 * @team_count:       number of them
 * @any_time:         the signing time need not be near the present time (at most 24 hours ago, at most 10
 *                    minutes ahead), and may be missing
 * @allow_expired:    sign although the certificate is not valid now
 */
struct sgn_handover_rules {
	const char *const *identifiers;
	size_t identifier_count;
	const char *const *teams;
	size_t team_count;
	bool any_time;
	bool allow_expired;
};

/**
 * sgn_handover_check() - may this document be signed, and does it say the truth?
 * @doc:   document
 * @id:    who shall sign
 * @rules: what may be signed; NULL: whatever is consistent
 * @err:   filled on failure; names path and slice of the entry; may be NULL
 *
 * Everything is computed again: the digest from the attributes, the attributes from the CodeDirectories and the
 * signing time (they must be the very bytes that signet writes, so that nothing else can be among them),
 * identifier, team, flags and cdhash from every CodeDirectory, the entitlements' hashes from the entitlements.
 * The team must be the certificate's. Signatures of earlier rounds must be by this certificate.
 *
 * Return: 0; SGN_E_MISMATCH (something is not what the document says, or not allowed), SGN_E_UNTRUSTED (the
 * certificate may not sign this now), SGN_E_FORMAT, SGN_E_LIMIT, SGN_E_CRYPTO, SGN_E_NOMEM.
 */
int sgn_handover_check(const struct sgn_handover *doc, const struct sgn_identity *id,
                       const struct sgn_handover_rules *rules, struct sgn_error *err);

/**
 * sgn_handover_sign() - sgn_handover_check(), and then signs each entry that has no signature
 * @ctx:   context, for its threads
 * @doc:   document; the signatures are put into it, all or none
 * @id:    who signs
 * @rules: what may be signed; NULL: whatever is consistent
 * @count: receives the number of new signatures; may be NULL
 * @err:   filled on failure; may be NULL
 *
 * Return: as sgn_handover_check(), and SGN_E_NOTFOUND when the identity has no private key.
 */
int sgn_handover_sign(struct sgn_context *ctx, struct sgn_handover *doc,
                      const struct sgn_identity *id, const struct sgn_handover_rules *rules,
                      size_t *count, struct sgn_error *err);

/**
 * sgn_handover_entitlements_text() - the entitlements of an entry as a readable tree
 * @entry: entry of a document that sgn_handover_check() accepted
 * @text:  receives the tree of codesign's kind, or NULL when there are none; free with sgn_bytes_free()
 * @err:   filled on failure; may be NULL
 *
 * Return: 0, SGN_E_FORMAT, SGN_E_LIMIT, SGN_E_NOMEM.
 */
int sgn_handover_entitlements_text(const struct sgn_handover_entry *entry, char **text,
                                   struct sgn_error *err);

/* --- bytes as text --------------------------------------------------------------------------------- */

/**
 * sgn_base64_text() - bytes as base64 (RFC 4648 section 4, padded, one line)
 * @data: the bytes
 * @size: number of them
 * @out:  receives the text; free with sgn_bytes_free()
 * @err:  filled on failure; may be NULL
 *
 * Return: 0, SGN_E_NOMEM, SGN_E_LIMIT.
 */
int sgn_base64_text(const void *data, size_t size, char **out, struct sgn_error *err);

/**
 * sgn_base64_bytes() - the bytes that base64 stands for
 * @text: the text; not NUL-terminated
 * @size: its length
 * @out:  receives the bytes; free with sgn_bytes_free()
 * @out_size: number of them
 * @err:  filled on failure; may be NULL
 *
 * Strict: no blanks, right padding.
 *
 * Return: 0, SGN_E_FORMAT, SGN_E_NOMEM, SGN_E_LIMIT.
 */
int sgn_base64_bytes(const char *text, size_t size, void **out, size_t *out_size,
                     struct sgn_error *err);

#ifdef __cplusplus
}
#endif

#endif
