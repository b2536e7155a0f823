/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who signs: a private key, its certificate, and the certificates above it.
 */
#ifndef SIGNET_IDENTITY_H
#define SIGNET_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <signet/context.h>
#include <signet/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct sgn_identity - opaque; made by the loaders below, freed by sgn_identity_free()
 *
 * Does not change once it is made: several threads may sign with one identity at the same time.
 */
struct sgn_identity;

/**
 * struct sgn_identity_source - where an identity is read from
 * @path:      PKCS#12, or PEM or DER with a certificate (and a key, further certificates)
 * @key_path:  the private key, when it is in a file of its own; NULL otherwise
 * @chain_paths: files with further certificates, in any order; NULL when @chain_count is 0
 * @chain_count: number of them
 * @password:  for PKCS#12 or an encrypted key, with a NUL at its end and less than 1024 bytes; NULL when
 *             there is none. Copied; the copy is wiped before the call returns.
 * @ask:       called at most once, on the calling thread, when a password is needed and @password is
 *             NULL: what it is for is in what ("PKCS#12"); writes at most room bytes with a NUL to
 *             out and returns 0, or a negative status to give up; may be NULL
 * @ask_arg:   passed to @ask
 * @allow_loose_modes: use a private key although its file may be read or changed by other users of the
 *             machine; otherwise such a file is refused
 * @certificate_only: make an identity of the certificate without its private key, for the host that
 *             prepares a signature which another one makes (handover.h); a key that is there is not kept.
 *             Whatever would sign with it fails.
 *
 * Everything is borrowed for the time of the call.
 */
struct sgn_identity_source {
	const char *path;
	const char *key_path;
	const char *const *chain_paths;
	size_t chain_count;
	const char *password;
	int (*ask)(void *ask_arg, const char *what, char *out, size_t room);
	void *ask_arg;
	bool allow_loose_modes;
	bool certificate_only;
};

/**
 * sgn_identity_load() - reads key and certificates from files
 * @ctx:    context; must outlive the identity
 * @source: the files
 * @out:    receives the identity; free with sgn_identity_free()
 * @err:    filled on failure; may be NULL
 *
 * The file kinds are recognised by content. The leaf is the certificate that belongs to the key. The
 * chain is completed from the files and from the built-in Apple certificates
 * (docs/apple-certificates.md). Expiry, usage and a complete chain are asked for when signing, not here.
 * What is read from the files is wiped (docs/security.md). Thread-safe.
 *
 * Return: 0; SGN_E_NOTFOUND (no file, or no certificate or no key in it), SGN_E_IO, SGN_E_FORMAT,
 * SGN_E_CRYPTO (wrong or missing password), SGN_E_MISMATCH (key and certificate do not belong
 * together), SGN_E_UNTRUSTED (a private key in a file that others may read; the mode is that of the file
 * that was opened; pipes have none), SGN_E_UNSUPPORTED (a cipher that this OpenSSL lacks), SGN_E_LIMIT, SGN_E_NOMEM, or what
 * the ask function returned.
 */
int sgn_identity_load(struct sgn_context *ctx, const struct sgn_identity_source *source,
                      struct sgn_identity **out, struct sgn_error *err);

/**
 * sgn_identity_free() - wipes the key and frees the identity
 * @id: the identity; may be NULL; no call that uses it may be running
 */
void sgn_identity_free(struct sgn_identity *id);

/**
 * struct sgn_identity_info - what an identity is; all pointers belong to the identity
 * @name:       common name of the leaf
 * @kind:       "developer-id", "apple-development", ... (see docs/apple-certificates.md), "other"
 * @kind_text:  the same for people: "Developer ID Application"
 * @purpose:    what such a certificate signs, in words: "programs, ... for any Mac, outside the App Store"
 * @team:       team identifier: the leaf's OU, where Apple vouches for it
 *              (docs/format/codedirectory.md, "team identifier"), or NULL
 * @key_text:   "RSA 2048", "EC P-256"
 * @sha1:       SHA-1 of the certificate in hexadecimal, as codesign -s takes it
 * @not_before: of the leaf, Unix seconds
 * @not_after:  of the leaf, Unix seconds; valid in that second, too
 * @chain:      common names, leaf first
 * @chain_count: number of them
 * @chain_complete: the chain ends in a self-signed certificate
 * @apple_anchored: that certificate is Apple's, or counts as Apple's by sgn_context_options
 * @can_sign_code: the leaf carries the code-signing usage
 * @uri:        the complete PKCS#11 URI of a key in a token (token.h), or NULL
 * @timestamp_by_default: signing asks for a secure timestamp unless it is told not to
 */
struct sgn_identity_info {
	const char *name;
	const char *kind;
	const char *kind_text;
	const char *purpose;
	const char *team;
	const char *key_text;
	char sha1[41];
	int64_t not_before;
	int64_t not_after;
	const char *const *chain;
	size_t chain_count;
	bool chain_complete;
	bool apple_anchored;
	bool can_sign_code;
	const char *uri;
	bool timestamp_by_default;
};

/**
 * sgn_identity_describe() - what an identity is
 * @id:  identity
 * @out: receives the description; its pointers are valid as long as @id is
 *
 * Thread-safe.
 */
void sgn_identity_describe(const struct sgn_identity *id, struct sgn_identity_info *out);

/**
 * sgn_identity_store_default() - the folder in which a user keeps identities when none is named
 * @out:  receives the path
 * @room: bytes of @out; 4096 is enough on every usual system
 * @err:  filled on failure; may be NULL
 *
 * $XDG_CONFIG_HOME/signet/identities, or ~/.config/signet/identities; on macOS
 * ~/Library/Application Support/signet/identities instead, on Windows %APPDATA%/signet/identities. The
 * folder need not exist. Thread-safe while nobody changes the environment.
 *
 * Return: 0, SGN_E_NOTFOUND (the environment names no home folder), SGN_E_LIMIT (longer than @room),
 * SGN_E_NOMEM.
 */
int sgn_identity_store_default(char *out, size_t room, struct sgn_error *err);

/* --- a folder of identities ----------------------------------------------------------------------- */

/** enum sgn_identity_flaw - why a certificate cannot be signed with; bits */
enum sgn_identity_flaw {
	SGN_FLAW_NO_KEY = 1 << 0,     /* its private key is in none of the files */
	SGN_FLAW_LOCKED_KEY = 1 << 1, /* it is, but the password is missing or wrong */
	SGN_FLAW_LOOSE_KEY = 1 << 2,  /* it is, in a file that other users may read or change */
	SGN_FLAW_KEY_TYPE = 1 << 3,   /* neither RSA nor EC */
	SGN_FLAW_NO_CODE_SIGNING =
		1 << 4, /* no code-signing usage: installer certificates and others */
	SGN_FLAW_EXPIRED = 1 << 5,
	SGN_FLAW_NOT_YET_VALID = 1 << 6,
	SGN_FLAW_INCOMPLETE_CHAIN = 1 << 7, /* the certificates above it are in none of the files */
	SGN_FLAW_ANY = (1 << 8) - 1
};

/**
 * struct sgn_identity_candidate - a certificate in a store that could sign; all pointers belong to the store
 * @info:     what it is
 * @files:    names of the files that hold the certificate, in byte order
 * @file_count: number of them
 * @key_file: name of the file with its private key, or NULL
 * @flaws:    bits of enum sgn_identity_flaw; 0: it can be signed with
 * @why:      the same in words: "expired on 2024-01-31, no private key"; "" for 0
 * @cure:     what to do about the first of them, or ""
 */
struct sgn_identity_candidate {
	struct sgn_identity_info info;
	const char *const *files;
	size_t file_count;
	const char *key_file;
	unsigned flaws;
	const char *why;
	const char *cure;
};

/** enum sgn_identity_skip - why a file of a store was left out */
enum sgn_identity_skip {
	SGN_SKIP_HIDDEN,     /* its name begins with a dot */
	SGN_SKIP_FOLDER,     /* folders in the folder are not looked into */
	SGN_SKIP_UNKNOWN,    /* neither key nor certificate */
	SGN_SKIP_DAMAGED,    /* begins like one, but cannot be understood */
	SGN_SKIP_UNREADABLE, /* the system refused, or it is larger than a limit */
	SGN_SKIP_LOCKED,     /* its password is missing or wrong */
	SGN_SKIP_LOOSE       /* the same, and other users may read or change it */
};

/**
 * struct sgn_identity_skipped - a file of a store that was left out, wholly or in part
 * @file: its name in the folder
 * @why:  see above
 * @text: one sentence for people
 */
struct sgn_identity_skipped {
	const char *file;
	enum sgn_identity_skip why;
	const char *text;
};

/**
 * struct sgn_identity_store_options - start from a zeroed struct
 * @dir:         the folder; must be given. Any name may be used in it: files are known by content.
 * @password:    tried on every file that needs one; less than 1024 bytes; NULL: none. Copied; the copy is
 *               wiped before the call returns.
 * @key_path:    a further file with private keys; may be NULL
 * @chain_paths: further files with certificates that complete chains, but are not offered themselves
 * @chain_count: number of them
 * @allow_loose_modes: take private keys although other users may read or change their files, and a folder
 *               that other users may write to
 * @now:         Unix seconds for judging validity; 0: the clock
 *
 * Everything is borrowed for the time of the call.
 */
struct sgn_identity_store_options {
	const char *dir;
	const char *password;
	const char *key_path;
	const char *const *chain_paths;
	size_t chain_count;
	bool allow_loose_modes;
	int64_t now;
};

/** struct sgn_identity_store - opaque: the keys and certificates of a folder, as they were when it was read */
struct sgn_identity_store;

/**
 * sgn_identity_store_open() - reads all keys and certificates of a folder
 * @ctx:  context; must outlive the store
 * @opts: which folder
 * @out:  receives the store; free with sgn_identity_store_free()
 * @err:  filled on failure; may be NULL
 *
 * Keys and certificates belong together by their public keys, whatever files they are in; certificates of
 * authorities complete the chains of the others. Candidates are all certificates that are no authority's,
 * and those that have a private key. A file that cannot be used is no failure: see
 * sgn_identity_store_skipped(). Folders in the folder and hidden files are left out; links are
 * followed. Thread-safe.
 *
 * Return: 0; SGN_E_NOTFOUND (no such folder, or one of the further files has nothing in it), SGN_E_IO,
 * SGN_E_UNSUPPORTED (@dir is no folder), SGN_E_UNTRUSTED (other users may write to the folder), SGN_E_LIMIT
 * (more than 500 files or certificates, or 100 keys), SGN_E_USAGE (@password too long), SGN_E_CRYPTO,
 * SGN_E_FORMAT (a further file), SGN_E_NOMEM.
 */
int sgn_identity_store_open(struct sgn_context *ctx, const struct sgn_identity_store_options *opts,
                            struct sgn_identity_store **out, struct sgn_error *err);

/**
 * sgn_identity_store_free() - wipes the keys and frees the store
 * @store: may be NULL. Identities made from it live on.
 */
void sgn_identity_store_free(struct sgn_identity_store *store);

/**
 * sgn_identity_store_list() - the certificates of a store: usable ones first, then by name
 * @store: the store
 * @count: receives their number
 *
 * Thread-safe.
 *
 * Return: an array that belongs to the store; its pointers are valid as long as the store is.
 */
const struct sgn_identity_candidate *sgn_identity_store_list(const struct sgn_identity_store *store,
                                                             size_t *count);

/**
 * sgn_identity_store_skipped() - the files of a store that were left out, by name
 * @store: the store
 * @count: receives their number
 *
 * Thread-safe.
 *
 * Return: an array that belongs to the store.
 */
const struct sgn_identity_skipped *sgn_identity_store_skipped(
	const struct sgn_identity_store *store, size_t *count);

/**
 * sgn_identity_store_find() - the one identity that a name means, as codesign -s finds it
 * @store: the store
 * @name:  the SHA-1 of the certificate (40 hexadecimal digits), its common name, or a part of that; the
 *         first of the three that any certificate meets counts. Case matters in names.
 * @ignore: flaws that do not matter here (bits of enum sgn_identity_flaw)
 * @out:   receives the candidate; it belongs to the store
 * @err:   filled on failure; may be NULL
 *
 * Of several matches those without flaws are preferred. Thread-safe.
 *
 * Return: 0; SGN_E_NOTFOUND ("no identity found": nothing matches; "ambiguous (matches ...)": several do, and
 * the cure has their SHA-1s), SGN_E_UNTRUSTED ("no identity found": what matches has flaws), SGN_E_NOMEM. The
 * text goes on with what there is and why it was refused.
 */
int sgn_identity_store_find(const struct sgn_identity_store *store, const char *name,
                            unsigned ignore, const struct sgn_identity_candidate **out,
                            struct sgn_error *err);

/**
 * sgn_identity_store_load() - the identity of a candidate, for signing
 * @store: the store
 * @candidate: what sgn_identity_store_find() gave, or an element of sgn_identity_store_list()
 * @out:   receives the identity; free with sgn_identity_free()
 * @err:   filled on failure; may be NULL
 *
 * No file is read again. Thread-safe.
 *
 * Return: 0; SGN_E_UNTRUSTED (no key, or one in a file that other users may read), SGN_E_UNSUPPORTED (its
 * key type), SGN_E_NOMEM.
 */
int sgn_identity_store_load(const struct sgn_identity_store *store,
                            const struct sgn_identity_candidate *candidate,
                            struct sgn_identity **out, struct sgn_error *err);

/* --- making PKCS#12 files and signing requests ---------------------------------------------------- */

/** enum sgn_p12_encryption - how a PKCS#12 file is protected; docs/howto/cer-to-p12.md says who reads what */
enum sgn_p12_encryption {
	SGN_P12_MODERN, /* AES-256-CBC (PBES2) and HMAC-SHA-256 */
	SGN_P12_LEGACY /* triple DES and HMAC-SHA-1, for older systems: weak against guessed passwords */
};

/**
 * struct sgn_p12_options - how an identity becomes a file
 * @encryption: see above
 * @password:   of the new file; must be given; ASCII is understood everywhere
 * @allow_empty: @password may be "", which protects nothing
 * @name:       what a keychain shows for the key; NULL: the common name of the certificate
 * @without_chain: leave out the certificates above the signer's own (docs/howto/cer-to-p12.md says for
 *              whom)
 * @replace:    an existing file is replaced
 *
 * Everything is borrowed for the time of the call.
 */
struct sgn_p12_options {
	enum sgn_p12_encryption encryption;
	const char *password;
	bool allow_empty;
	const char *name;
	bool without_chain;
	bool replace;
};

/**
 * sgn_identity_save() - writes key, certificate and the certificates above it as PKCS#12
 * @ctx:  context; notes tell of an incomplete chain and of a certificate that is not valid now
 * @id:   what sgn_identity_load() made of a certificate file and its key
 * @opts: how
 * @path: receives the file, mode 0600
 * @err:  filled on failure; may be NULL
 *
 * Key and certificate carry the same localKeyID and friendlyName, by which a keychain pairs and shows
 * them. Thread-safe on different paths.
 *
 * Return: 0, SGN_E_USAGE (no password), SGN_E_EXISTS, SGN_E_IO, SGN_E_NOTFOUND (no such folder),
 * SGN_E_CRYPTO (also for a key that cannot leave its token), SGN_E_NOMEM.
 */
int sgn_identity_save(struct sgn_context *ctx, const struct sgn_identity *id,
                      const struct sgn_p12_options *opts, const char *path, struct sgn_error *err);

/**
 * struct sgn_csr_options - a certificate signing request
 * @key:          the file with the existing key (path, password, ask); NULL: a new key is made
 * @new_key_path: where a new key goes, as PEM with mode 0600; never overwritten; must be given with
 *                @key NULL
 * @key_type:     of the new key: "rsa2048", "rsa4096", "p256" or "p384"; NULL: "rsa2048"
 * @new_key_password: encrypts the new key; NULL or "": not encrypted
 * @name:         common name of the request; NULL: "Code signing". Apple puts its own into the
 *                certificate.
 * @email:        may be NULL
 * @country:      two letters; may be NULL
 * @replace:      an existing request is replaced
 *
 * Everything is borrowed for the time of the call.
 */
struct sgn_csr_options {
	const struct sgn_identity_source *key;
	const char *new_key_path;
	const char *key_type;
	const char *new_key_password;
	const char *name;
	const char *email;
	const char *country;
	bool replace;
};

/**
 * struct sgn_csr_info - what was requested
 * @key_text:       "RSA 2048", "EC P-256"
 * @apple_takes_it: Apple's developer portal issues code-signing certificates for such keys (RSA 2048)
 */
struct sgn_csr_info {
	char key_text[32];
	bool apple_takes_it;
};

/**
 * sgn_identity_request() - makes a certificate signing request, and a new key unless there is one
 * @ctx:      context; a note tells when Apple would not take the key
 * @opts:     what to request
 * @csr_path: receives the request as PEM (PKCS#10, signed with SHA-256)
 * @info:     filled on success; may be NULL
 * @err:      filled on failure; may be NULL
 *
 * The key is written first: a request whose key is lost is worth nothing. Thread-safe on different paths.
 *
 * Return: 0, SGN_E_USAGE (contradictory options, a name or country that cannot be written),
 * SGN_E_EXISTS, SGN_E_IO, SGN_E_NOTFOUND, SGN_E_FORMAT, SGN_E_CRYPTO, SGN_E_NOMEM.
 */
int sgn_identity_request(struct sgn_context *ctx, const struct sgn_csr_options *opts,
                         const char *csr_path, struct sgn_csr_info *info, struct sgn_error *err);

/* --- is it good for signing? ---------------------------------------------------------------------- */

/** enum sgn_check_verdict - the outcome of one question */
enum sgn_check_verdict { SGN_CHECK_OK, SGN_CHECK_WARNING, SGN_CHECK_FAILED };

/**
 * struct sgn_check - one question about an identity, answered
 * @id:      "private-key", "code-signing", "chain", "validity", "profile-certificate", "profile-team",
 *           "profile-validity"
 * @verdict: see above
 * @text:    one sentence
 * @cure:    what to do about it, "" for SGN_CHECK_OK
 */
struct sgn_check {
	const char *id;
	enum sgn_check_verdict verdict;
	const char *text;
	const char *cure;
};

/**
 * struct sgn_checkup_options - start from a zeroed struct
 * @source:       the files, or
 * @store:        a store, which must outlive the answers, and
 * @candidate:    one of its certificates, or
 * @identity:     one that is loaded already, from a token for instance; must outlive the answers
 * @profile_path: a provisioning profile that is to be used with it; may be NULL
 * @now:          the time that counts, Unix seconds; 0: the present
 * @warn_days:    what expires within so many days does so soon; 0: no such question
 *
 * Everything is borrowed for the time of the call.
 */
struct sgn_checkup_options {
	const struct sgn_identity_source *source;
	const struct sgn_identity_store *store;
	const struct sgn_identity_candidate *candidate;
	const struct sgn_identity *identity;
	const char *profile_path;
	int64_t now;
	unsigned warn_days;
};

/**
 * struct sgn_checkup - what was found; everything in it lives until sgn_checkup_free()
 * @info:         the certificate, also when its key is missing
 * @usable:       nothing failed: it can sign now, for the profile when one was given
 * @expires_soon: certificate or profile expire within the days that were asked for
 * @days_left:    days until the certificate expires, rounded down; negative: it has expired
 * @checks:       all questions, in a fixed order
 * @check_count:  number of them
 * @profile_name: of the profile, or NULL
 * @profile_uuid: of the profile, or NULL
 * @profile_not_after: of the profile, Unix seconds, or 0
 */
struct sgn_checkup {
	struct sgn_identity_info info;
	bool usable;
	bool expires_soon;
	int64_t days_left;
	const struct sgn_check *checks;
	size_t check_count;
	const char *profile_name;
	const char *profile_uuid;
	int64_t profile_not_after;
};

/**
 * sgn_identity_checkup() - is an identity good for signing, and for how long?
 * @ctx:  context
 * @opts: which, and with which profile
 * @out:  receives the answers; free with sgn_checkup_free()
 * @err:  filled on failure; may be NULL
 *
 * What is wrong with an identity is an answer: a missing key, a key of another certificate, no code-signing
 * usage, an incomplete chain, expiry, a profile that names other certificates. Thread-safe.
 *
 * Return: 0; SGN_E_NOTFOUND (no file, no certificate in it), SGN_E_IO, SGN_E_FORMAT, SGN_E_CRYPTO (wrong or
 * missing password), SGN_E_UNTRUSTED (a key in a file that others may read), SGN_E_UNSUPPORTED, SGN_E_LIMIT,
 * SGN_E_NOMEM, or what the ask function returned.
 */
int sgn_identity_checkup(struct sgn_context *ctx, const struct sgn_checkup_options *opts,
                         struct sgn_checkup **out, struct sgn_error *err);

/**
 * sgn_checkup_free() - frees the answers
 * @checkup: may be NULL
 */
void sgn_checkup_free(struct sgn_checkup *checkup);

/* --- putting one into the store ------------------------------------------------------------------- */

/** enum sgn_import_how - what became of a file */
enum sgn_import_how {
	SGN_IMPORT_COPIED,     /* a PKCS#12 file, unchanged */
	SGN_IMPORT_JOINED,     /* certificate and key, joined to PKCS#12 */
	SGN_IMPORT_CERTIFICATE /* a certificate without a key, unchanged */
};

/**
 * struct sgn_import_options - start from a zeroed struct
 * @dir:         the folder of identities; made (mode 0700) when it is missing; must be given
 * @source:      the files; must be given
 * @name:        name of the new file, without its ending; NULL: the common name of the certificate
 * @joined:      how a file is written that had to be joined; its @replace means nothing here; may be
 *               NULL: modern
 * @ask_new:     called for the password of a file that had to be joined when that of @joined is NULL, as
 *               sgn_identity_source.ask; what is the name of the file; may be NULL
 * @ask_new_arg: passed to @ask_new
 * @allow_unusable: also what cannot sign: without a key, expired, not for code
 * @replace:     an existing file of that name is replaced
 *
 * Everything is borrowed for the time of the call.
 */
struct sgn_import_options {
	const char *dir;
	const struct sgn_identity_source *source;
	const char *name;
	const struct sgn_p12_options *joined;
	int (*ask_new)(void *ask_new_arg, const char *what, char *out, size_t room);
	void *ask_new_arg;
	bool allow_unusable;
	bool replace;
};

/**
 * struct sgn_import_result - what is in the store now
 * @path: the new file
 * @name: common name of the certificate, cut where it is too long
 * @sha1: of the certificate, in hexadecimal
 * @how:  see above
 */
struct sgn_import_result {
	char path[4096];
	char name[256];
	char sha1[41];
	enum sgn_import_how how;
};

/**
 * sgn_identity_import() - checks an identity and puts it into a store
 * @ctx:  context; notes tell what might surprise: an incomplete chain, a root that is not Apple's
 * @opts: what, where to
 * @out:  filled on success
 * @err:  filled on failure; may be NULL
 *
 * The new file has mode 0600. What cannot sign is refused, except for certificates of authorities, which
 * complete the chains of others. Thread-safe on different names.
 *
 * Return: 0, what sgn_identity_checkup() returns, SGN_E_UNTRUSTED (it cannot sign), SGN_E_MISMATCH (key of
 * another certificate), SGN_E_USAGE (a name that is no file name, no password), SGN_E_EXISTS.
 */
int sgn_identity_import(struct sgn_context *ctx, const struct sgn_import_options *opts,
                        struct sgn_import_result *out, struct sgn_error *err);

/* --- for tests ------------------------------------------------------------------------------------ */

/**
 * struct sgn_test_identity_options - a throw-away hierarchy for tests
 * @kind:     "developer-id", "apple-development", "apple-distribution", "mac-app-distribution",
 *            "software-signing" or "self-signed"; must be given
 * @team:     ten characters for the leaf's OU; NULL: "TEST123456"
 * @name:     the organisation (the part of the common name behind the colon); NULL: "Test"
 * @common_name: the whole common name of the leaf, overriding what @kind and @name make; may be NULL
 * @key_type: "rsa2048", "rsa4096", "p256" or "p384"; NULL: "rsa2048"
 * @days:     validity of the leaf in days from now; negative: expired that many days ago; 0: 365
 * @password: of the PKCS#12 file; NULL: none
 * @encryption: of the PKCS#12 file
 *
 * Everything is borrowed for the time of the call.
 */
struct sgn_test_identity_options {
	const char *kind;
	const char *team;
	const char *name;
	const char *common_name;
	const char *key_type;
	int days;
	const char *password;
	enum sgn_p12_encryption encryption;
};

/**
 * sgn_identity_make_test() - makes root, intermediate and leaf with Apple's marker extensions
 * @ctx:      context
 * @opts:     what to make
 * @p12_path: receives key and chain as PKCS#12 (mode 0600); an existing file is not overwritten
 * @root_path: receives the root certificate as PEM, to be named in sgn_context_options.apple_roots;
 *             an existing file is not overwritten; may be NULL
 * @err:      filled on failure; may be NULL
 *
 * Never valid on a real system: nobody trusts the root, whose key is forgotten. Thread-safe on different
 * paths.
 *
 * Return: 0, SGN_E_USAGE (unknown kind or key type), SGN_E_EXISTS, SGN_E_IO, SGN_E_NOTFOUND (no such
 * folder), SGN_E_CRYPTO, SGN_E_NOMEM.
 */
int sgn_identity_make_test(struct sgn_context *ctx, const struct sgn_test_identity_options *opts,
                           const char *p12_path, const char *root_path, struct sgn_error *err);

#ifdef __cplusplus
}
#endif

#endif
