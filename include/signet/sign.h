/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing code, and removing signatures.
 */
#ifndef SIGNET_SIGN_H
#define SIGNET_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <signet/context.h>
#include <signet/error.h>
#include <signet/hash.h>
#include <signet/identity.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sgn_handover_run; /* handover.h */

/** enum sgn_preserve - what a new signature takes over from the old one (--preserve-metadata) */
enum sgn_preserve {
	SGN_PRESERVE_IDENTIFIER = 1 << 0,
	SGN_PRESERVE_ENTITLEMENTS = 1 << 1,
	SGN_PRESERVE_REQUIREMENTS = 1 << 2,
	SGN_PRESERVE_FLAGS = 1 << 3,
	SGN_PRESERVE_RUNTIME = 1 << 4,
	SGN_PRESERVE_LAUNCH_CONSTRAINTS = 1 << 5,
	SGN_PRESERVE_LIBRARY_CONSTRAINTS = 1 << 6,
	SGN_PRESERVE_PAGESIZE = 1 << 7, /* signet's own: kept per slice */
	SGN_PRESERVE_DIGESTS = 1 << 8   /* signet's own: of the native slice, for all slices */
};

/** enum sgn_constraint - launch and library constraints, by CodeDirectory slot */
enum sgn_constraint {
	SGN_CONSTRAINT_SELF,
	SGN_CONSTRAINT_PARENT,
	SGN_CONSTRAINT_RESPONSIBLE,
	SGN_CONSTRAINT_LIBRARY,
	SGN_CONSTRAINT_COUNT
};

/**
 * struct sgn_item_rule - what is different for some items of a bundle; start from a zeroed struct
 * @pattern:  shell pattern (fnmatch, "*" also matches "/") over the item's path from the bundle's
 *            root ("Contents/Helpers/tool"; "." is the bundle itself), or over its identifier
 *            ("id:com.example.*"), or its kind ("kind:framework", "kind:app", "kind:xpc",
 *            "kind:plugin", "kind:bundle", "kind:macho")
 * @skip:     leave the item, and what lies inside it, as it is; it must be signed already where its
 *            bundle seals it as code. The bundle itself is never skipped.
 * @has_entitlements: the next three apply
 * @entitlements: bytes; NULL: none, whatever the item had
 * @entitlements_size: number of them
 * @has_flags: @flags applies
 * @flags:    CodeDirectory flags
 * @identifier: code identifier, or NULL
 *
 * Later rules win over earlier ones, field by field.
 */
struct sgn_item_rule {
	const char *pattern;
	bool skip;
	bool has_entitlements;
	const void *entitlements;
	size_t entitlements_size;
	bool has_flags;
	uint32_t flags;
	const char *identifier;
};

/**
 * struct sgn_profile_file - a provisioning profile to choose from
 * @path: for messages
 * @data: the bytes of the file
 * @size: number of them
 */
struct sgn_profile_file {
	const char *path;
	const void *data;
	size_t size;
};

/** enum sgn_value_from - where a value of an item's signature comes from */
enum sgn_value_from {
	SGN_FROM_NOTHING, /* there is none: no entitlements, no flags */
	SGN_FROM_OPTION,  /* the options of the call */
	SGN_FROM_RULE,    /* a rule */
	SGN_FROM_OLD,     /* the signature that was there: kept, or its metadata preserved */
	SGN_FROM_DERIVED /* Info.plist or the file's name; entitlements: the provisioning profile */
};

/**
 * struct sgn_value_why - a reason, for people who ask why an item was signed so
 * @from: see above
 * @rule: index of the rule, for SGN_FROM_RULE
 */
struct sgn_value_why {
	enum sgn_value_from from;
	size_t rule;
};

/** SGN_PAGESIZE_DEFAULT - 16384 for arm64 other than tvOS, 4096 otherwise (docs/format/macho.md) */
#define SGN_PAGESIZE_DEFAULT (-1)

/**
 * struct sgn_sign_options - how to sign; start from sgn_sign_options_init()
 * @identity:     who signs; NULL: ad hoc
 * @identifier:   code identifier; NULL: derived (docs/format/codedirectory.md, "identifier")
 * @prefix:       put in front of a derived identifier that contains no dot; may be NULL
 * @team:         team identifier; NULL: the certificate's. Must not contradict the certificate.
 * @has_flags:    @flags was given
 * @flags:        CodeDirectory flags as numbers (docs/format/codedirectory.md, "flags"; see
 *                sgn_flags_parse()); ad hoc is set by itself
 * @entitlements: bytes of an entitlements file; NULL: none (or preserved)
 * @entitlements_size: number of them
 * @force_library_entitlements: also for slices that are no main executables
 * @requirements: a requirement, a requirement set, binary or text; NULL: the default
 * @requirements_size: number of bytes
 * @constraints:  a property list or a finished blob each, by enum sgn_constraint; NULL: none
 *                (docs/format/constraints.md, "input")
 * @constraint_sizes: their sizes
 * @digests:      CodeDirectory digests; @digest_count 0: by deployment target
 * @digest_count: at most 3
 * @page_size:    SGN_PAGESIZE_DEFAULT, 0 (all code is one page), or a power of two
 * @runtime_version: X.Y.Z as 0x00XXYYZZ; 0: the SDK version of the slice
 * @signature_size: bytes reserved for the CMS; 0: Apple's default, 18000
 *                (docs/format/macho.md, "space")
 * @preserve:     bits of enum sgn_preserve
 * @force:        replace an existing signature
 * @allow_expired: sign although the certificate is not valid now
 * @has_signing_time: @signing_time was given
 * @signing_time: Unix seconds for the CMS; otherwise the current time
 * @no_signing_time: leave the attribute out
 * @intel_host:   derive per-file values as an Intel Mac would (docs/format/macho.md, "native")
 * @dry_run:      do everything but write
 * @durable:      wait until the disk has it (docs/safe-writing.md, "durability")
 * @in_place:     change the file where it is instead of replacing it, or of a bundle only the files that change
 *                (docs/safe-writing.md, "In place"); not with @output. SGN_E_UNSUPPORTED where it cannot be done.
 * @in_place_links: with @in_place, also when the file has further names (hard links), which change too
 * @output:       write here and leave the input alone; NULL: replace the input
 * @pre_encrypt_hashes: write each page hash a second time, as the hash from before encryption (Xcode asks
 *                for it; --generate-pre-encrypt-hashes)
 * @timestamp_none: the caller said that there shall be no secure timestamp
 * @timestamp:    ask for a secure timestamp whatever the certificate; otherwise only a Developer ID
 *                gets one. Ad hoc signatures and dry runs never do.
 * @timestamp_url: the server (RFC 3161, http or https); NULL: Apple's
 * @timestamp_fallback: a server to ask when that one gives none; may be NULL
 * @timestamp_timeout: seconds that one request may take; 0: 15
 * @timestamp_tries: how often one server is asked when it is away or answers nonsense; 0: 4
 * @only_code_places: bundles: leave Mach-O files alone that lie where the bundle's rules do not
 *                seal them as code (otherwise they are found and signed, too)
 * @find_all_code: bundles: with @preserve, sign also unsigned and ad hoc code outside the places for
 *                code (otherwise that is left as it is, because it would change the seal)
 * @allow_no_executable: bundles: sign Info.plist as the main part when CFBundleExecutable names a
 *                missing file, as codesign does
 * @profiles:     bundles: provisioning profiles; each bundle that needs one gets the one that fits its
 *                identifier, team, platform, certificate and entitlements (docs/bundles.md)
 * @profile_count: number of them
 * @repair_symlinks: bundles: make the symbolic links of frameworks again that a tool turned into
 *                copies or left out; otherwise a bundle that lost links is refused
 * @rules:        bundles: exceptions by path, identifier or kind
 * @rule_count:   number of them
 * @handover:     sign in two steps (handover.h): signatures come from this run's document, or are recorded in
 *                it as wanted; NULL: @identity signs. Its signing time replaces the one above.
 * @handover_name: what the document calls the file or bundle; NULL: the path
 *
 * Everything is borrowed for the time of the call.
 */
struct sgn_sign_options {
	const struct sgn_identity *identity;
	const char *identifier;
	const char *prefix;
	const char *team;
	bool has_flags;
	uint32_t flags;
	const void *entitlements;
	size_t entitlements_size;
	bool force_library_entitlements;
	const void *requirements;
	size_t requirements_size;
	const void *constraints[SGN_CONSTRAINT_COUNT];
	size_t constraint_sizes[SGN_CONSTRAINT_COUNT];
	enum sgn_digest digests[3];
	size_t digest_count;
	int64_t page_size;
	uint32_t runtime_version;
	uint32_t signature_size;
	unsigned preserve;
	bool force;
	bool allow_expired;
	bool has_signing_time;
	int64_t signing_time;
	bool no_signing_time;
	bool intel_host;
	bool dry_run;
	bool durable;
	bool in_place;
	bool in_place_links;
	bool pre_encrypt_hashes;
	bool timestamp_none;
	const char *output;
	bool only_code_places;
	bool find_all_code;
	bool allow_no_executable;
	bool repair_symlinks;
	const struct sgn_item_rule *rules;
	size_t rule_count;
	const struct sgn_profile_file *profiles;
	size_t profile_count;
	bool timestamp;
	const char *timestamp_url;
	const char *timestamp_fallback;
	unsigned timestamp_timeout;
	unsigned timestamp_tries;
	struct sgn_handover_run *handover;
	const char *handover_name;
};

/** sgn_sign_options_init() - fills @opts with the defaults: ad hoc, everything derived */
void sgn_sign_options_init(struct sgn_sign_options *opts);

/**
 * struct sgn_signed_slice - what was written for one slice
 * @arch:       "arm64"
 * @digest:     algorithm of the CodeDirectory that gives the cdhash
 * @cdhash:     20 bytes in hexadecimal
 * @version:    CodeDirectory version, 0x20500
 * @flags:      CodeDirectory flags
 * @page_size:  bytes; 0: one page
 * @pages:      number of code slots
 * @runtime:    hardened-runtime version, X.Y.Z as 0x00XXYYZZ; or 0
 * @cms_size:   bytes of the CMS; 0 for ad hoc
 * @reserved:   bytes reserved for the signature
 * @pending:    the signature was not made but recorded as wanted: sgn_sign_options.handover
 */
struct sgn_signed_slice {
	char arch[16];
	enum sgn_digest digest;
	char cdhash[41];
	uint32_t version;
	uint32_t flags;
	uint32_t page_size;
	uint32_t pages;
	uint32_t runtime;
	uint32_t cms_size;
	uint32_t reserved;
	bool pending;
};

/** enum sgn_item_action - what happened to an item of a bundle */
enum sgn_item_action {
	SGN_ITEM_SIGNED,
	SGN_ITEM_KEPT,    /* was signed already, and force was not given */
	SGN_ITEM_SKIPPED, /* by a rule */
	SGN_ITEM_WAITING  /* for signatures inside: two-step signing that records (handover.h) */
};

/**
 * struct sgn_signed_item - one item of a bundle; strings belong to the result
 * @path:       from the bundle's root; "." is the bundle itself
 * @kind:       "app", "framework", "xpc", "plugin", "bundle" or "macho"
 * @action:     what happened to it
 * @identifier: as written
 * @flags:      CodeDirectory flags
 * @entitlements: number of entitlements; -1: none
 * @team:       team identifier, or NULL
 * @cdhash:     of its native slice, in hexadecimal; "" in a dry run, and where there is no signature
 * @sealed_as_code: its parent seals cdhash and requirement; otherwise its bytes
 * @is_program: a main executable, which systems give entitlements to
 * @parent:     index of the bundle around it; its own index for the bundle itself
 * @identifier_why, @entitlements_why, @flags_why: where the values come from
 */
struct sgn_signed_item {
	char *path;
	const char *kind;
	enum sgn_item_action action;
	char *identifier;
	uint32_t flags;
	long entitlements;
	char *team;
	char cdhash[41];
	bool sealed_as_code;
	bool is_program;
	size_t parent;
	struct sgn_value_why identifier_why;
	struct sgn_value_why entitlements_why;
	struct sgn_value_why flags_why;
};

/**
 * struct sgn_sign_result - what was done; dispose with sgn_sign_result_dispose()
 * @format:     "Mach-O universal (x86_64 arm64)"
 * @identifier: as written
 * @team:       as written, or NULL
 * @requirement: text of the designated requirement, stored or implied
 * @output:     the file that was (or, in a dry run, would be) written
 * @replaced:   the input had a signature that was not a linker's
 * @entitlements: number of entitlements written; -1: no entitlements
 * @slices:     in file order; of the main executable for a bundle
 * @slice_count: number of them
 * @native:     index of the slice that stands for the file: its cdhash is what a parent seals
 * @items:      bundles: in the order in which they were signed, the bundle itself last
 * @item_count: number of them; 0 for a lone file
 */
struct sgn_sign_result {
	char *format;
	char *identifier;
	char *team;
	char *requirement;
	char *output;
	bool replaced;
	long entitlements;
	struct sgn_signed_slice *slices;
	size_t slice_count;
	size_t native;
	struct sgn_signed_item *items;
	size_t item_count;
};

/**
 * sgn_sign_path() - signs one code object on disk
 * @ctx:    context
 * @path:   a Mach-O file, thin or universal; a bundle, or its main executable
 * @opts:   how; NULL: ad hoc with the defaults
 * @result: receives what was done; dispose with sgn_sign_result_dispose(); empty after a failure; may be
 *          NULL
 * @err:    filled on failure; may be NULL
 *
 * With a handover run that records nothing is written, and a bundle that has to wait for a later round leaves
 * the fields of @result empty that describe its own signature.
 *
 * A bundle is signed inside out: every item gets its own signature, see docs/bundles.md. The file or
 * the bundle is replaced as a whole or not at all; see docs/safe-writing.md. Thread-safe on different
 * paths.
 *
 * Return: 0; SGN_E_EXISTS (signed already, and no force), SGN_E_NOTFOUND, SGN_E_IO, SGN_E_FORMAT,
 * SGN_E_UNSUPPORTED (not something that can be signed), SGN_E_LIMIT (the signature does not fit),
 * SGN_E_USAGE (options contradict each other or the certificate), SGN_E_UNTRUSTED (the certificate
 * may not sign this now), SGN_E_CRYPTO, SGN_E_MISMATCH (-67050: the new signature would not meet its
 * own requirement; or an interrupted run was undone: call again), SGN_E_NETWORK (no timestamp could be
 * had), SGN_E_INTERNAL (the new signature failed signet's own check), SGN_E_NOMEM. After any of them the
 * file or bundle is as it was.
 */
int sgn_sign_path(struct sgn_context *ctx, const char *path, const struct sgn_sign_options *opts,
                  struct sgn_sign_result *result, struct sgn_error *err);

/** sgn_sign_result_dispose() - frees what @result owns and makes it empty; safe on a zeroed one */
void sgn_sign_result_dispose(struct sgn_sign_result *result);

/**
 * struct sgn_remove_options - start from a zeroed struct
 * @output:  write here and leave the input alone; NULL: replace the input
 * @durable: wait until the disk has it
 * @dry_run: do everything but write
 * @in_place: change the file where it is; see struct sgn_sign_options
 * @in_place_links: likewise
 * @deep:    bundles: also from the code inside; otherwise only from the bundle itself, as codesign does
 */
struct sgn_remove_options {
	const char *output;
	bool durable;
	bool dry_run;
	bool deep;
	bool in_place;
	bool in_place_links;
};

/**
 * sgn_remove_path() - removes the signatures of every slice
 * @ctx:  context
 * @path: a Mach-O file; a bundle, or its main executable, which stands for it
 * @opts: NULL for the defaults
 * @removed: receives whether there was anything to remove; may be NULL
 * @err:  filled on failure; may be NULL
 *
 * Of a bundle the folder _CodeSignature goes, too. What has no signature is left as it is (copied, with an
 * output). Same safety as signing. Known
 * from: docs/format/macho.md, "removing". Thread-safe on different paths.
 *
 * Return: 0, SGN_E_NOTFOUND, SGN_E_IO, SGN_E_FORMAT, SGN_E_UNSUPPORTED, SGN_E_LIMIT, SGN_E_NOMEM.
 */
int sgn_remove_path(struct sgn_context *ctx, const char *path,
                    const struct sgn_remove_options *opts, bool *removed, struct sgn_error *err);

/**
 * sgn_flags_parse() - CodeDirectory flags from codesign's words
 * @text: "runtime,hard", or a number (decimal, or hexadecimal with 0x)
 * @flags: receives the bits
 * @err:  filled on failure; may be NULL
 *
 * Known from: docs/format/codedirectory.md, "flags". Thread-safe.
 *
 * Return: 0, or SGN_E_USAGE (-67070) naming the word that is unknown or may not be set by hand.
 */
int sgn_flags_parse(const char *text, uint32_t *flags, struct sgn_error *err);

/** SGN_FLAGS_TEXT - room for the words of all flags */
#define SGN_FLAGS_TEXT 400

/**
 * sgn_flags_text() - CodeDirectory flags as codesign writes them: "adhoc,runtime", or "none"
 * @flags: the bits
 * @text: receives the words
 *
 * Thread-safe.
 */
void sgn_flags_text(uint32_t flags, char text[SGN_FLAGS_TEXT]);

/**
 * sgn_digest_parse() - a digest algorithm from codesign's name or number
 * @text: "sha256"; not NUL-terminated
 * @size: its length in bytes
 *
 * Known from: docs/format/codedirectory.md, "hashes". Thread-safe.
 *
 * Return: the algorithm, or SGN_DIGEST_NONE.
 */
enum sgn_digest sgn_digest_parse(const char *text, size_t size);

/**
 * sgn_version_parse() - "X", "X.Y" or "X.Y.Z" as 0x00XXYYZZ, for a runtime version
 * @text: version; components 0-255, not all zero
 * @version: receives it
 * @err:  filled on failure; may be NULL
 *
 * Thread-safe.
 *
 * Return: 0, or SGN_E_USAGE (-66993).
 */
int sgn_version_parse(const char *text, uint32_t *version, struct sgn_error *err);

#ifdef __cplusplus
}
#endif

#endif
