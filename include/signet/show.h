/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A signature as plain data: everything codesign -d prints, and more. Shows, does not judge.
 */
#ifndef SIGNET_SHOW_H
#define SIGNET_SHOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <signet/context.h>
#include <signet/error.h>
#include <signet/hash.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct sgn_shown_bytes - bytes that belong to the description
 * @data: NULL when @size is 0
 * @size: number of bytes
 */
struct sgn_shown_bytes {
	const uint8_t *data;
	size_t size;
};

/**
 * struct sgn_shown_dir - one CodeDirectory
 * @slot:       0, or 0x1000 ...
 * @version:    0x20500
 * @size:       bytes of the blob
 * @flags:      bits
 * @flags_text: "adhoc,runtime" or "none"
 * @digest:     algorithm
 * @digest_name: "sha256"
 * @digest_size: bytes of one slot
 * @special_count: special slots
 * @code_count: code slots
 * @code_limit: bytes covered
 * @page_size:  bytes; 0: one page
 * @platform:   platform identifier, or 0
 * @has_exec_seg: the next three apply
 * @exec_base:  file offset of the executable segment
 * @exec_limit: its size
 * @exec_flags: its flags
 * @runtime:    hardened-runtime version, X.Y.Z as 0x00XXYYZZ; or 0
 * @cdhash:     full digest of the blob
 * @special:    @special_count hashes, slot -1 first; absent ones are all zero
 * @code:       @code_count hashes
 */
struct sgn_shown_dir {
	uint32_t slot;
	uint32_t version;
	uint32_t size;
	uint32_t flags;
	const char *flags_text;
	enum sgn_digest digest;
	const char *digest_name;
	size_t digest_size;
	uint32_t special_count;
	uint32_t code_count;
	uint64_t code_limit;
	uint64_t page_size;
	uint8_t platform;
	bool has_exec_seg;
	uint64_t exec_base, exec_limit, exec_flags;
	uint32_t runtime;
	struct sgn_shown_bytes cdhash;
	struct sgn_shown_bytes special;
	struct sgn_shown_bytes code;
};

/**
 * struct sgn_shown_cert - one certificate of the chain
 * @name:   common name (or the whole subject, when there is none)
 * @sha1:   in hexadecimal
 * @sha256: in hexadecimal
 * @not_before: Unix seconds
 * @not_after:  Unix seconds
 * @der:    the certificate
 */
struct sgn_shown_cert {
	const char *name;
	char sha1[41];
	char sha256[65];
	int64_t not_before;
	int64_t not_after;
	struct sgn_shown_bytes der;
};

/**
 * struct sgn_shown_blob - one entry of the SuperBlob
 * @type:   slot number
 * @name:   "requirements", "CMS signature" ...
 * @magic:  0xfade0c01 ...
 * @offset: in the SuperBlob
 * @bytes:  the blob, header included
 */
struct sgn_shown_blob {
	uint32_t type;
	const char *name;
	uint32_t magic;
	uint32_t offset;
	struct sgn_shown_bytes bytes;
};

/**
 * struct sgn_shown_slice - one slice
 * @arch:       "arm64"
 * @offset:     in the file
 * @size:       bytes
 * @is_signed:  the rest applies
 * @problem:    why the signature cannot be read, or NULL
 * @platform:   LC_BUILD_VERSION platform number, 0: no version command
 * @platform_name: "macOS", or NULL
 * @minos:      oldest system it runs on, X.Y.Z as 0xXXXXYYZZ
 * @sdk:        the SDK it was built with, likewise
 * @uuid:       16 bytes in hexadecimal, or ""
 * @identifier: code identifier
 * @team:       or NULL
 * @dirs:       CodeDirectories, the primary first
 * @dir_count:  number of them
 * @best:       index of the one that gives the cdhash
 *              (docs/format/superblob.md, "a signature as a whole")
 * @adhoc:      no certificate
 * @linker_signed: made by a linker
 * @cms:        the CMS, without wrapper; empty for ad hoc
 * @chain:      signer first; empty for ad hoc or when unreadable
 * @chain_count: number of them
 * @has_signing_time: @signing_time applies
 * @signing_time: the signer's own claim, Unix seconds
 * @has_timestamp: @timestamp applies
 * @timestamp:  of the secure timestamp, Unix seconds; read, not verified
 * @info_plist_entries: of the bound Info.plist; -1: not bound
 * @requirements: the set blob, or empty
 * @requirement_count: entries; -1: no set
 * @requirements_text: one line each ("designated => ..."), or NULL
 * @designated_implied: text of the implied designated requirement, or NULL when one is stored
 * @entitlements_xml: payload, or empty
 * @entitlements_der: payload, or empty
 * @entitlements_text: codesign's readable tree, or NULL
 * @constraints: number of launch and library constraints
 * @constraint_names: "self", "parent", "responsible", "library"
 * @blobs:      all entries
 * @blob_count: number of them
 * @signature_offset: of the SuperBlob in the file
 * @signature_size: bytes of the SuperBlob
 * @reserved:   bytes that LC_CODE_SIGNATURE names
 */
struct sgn_shown_slice {
	char arch[16];
	uint64_t offset, size;
	bool is_signed;
	const char *problem;
	uint32_t platform;
	const char *platform_name;
	uint32_t minos, sdk;
	char uuid[33];
	const char *identifier;
	const char *team;
	const struct sgn_shown_dir *dirs;
	size_t dir_count;
	size_t best;
	bool adhoc;
	bool linker_signed;
	struct sgn_shown_bytes cms;
	const struct sgn_shown_cert *chain;
	size_t chain_count;
	bool has_signing_time;
	int64_t signing_time;
	bool has_timestamp;
	int64_t timestamp;
	long info_plist_entries;
	struct sgn_shown_bytes requirements;
	long requirement_count;
	const char *requirements_text;
	const char *designated_implied;
	struct sgn_shown_bytes entitlements_xml;
	struct sgn_shown_bytes entitlements_der;
	const char *entitlements_text;
	size_t constraints;
	const char *constraint_names[4];
	const struct sgn_shown_blob *blobs;
	size_t blob_count;
	uint64_t signature_offset;
	uint64_t signature_size;
	uint64_t reserved;
};

/**
 * struct sgn_shown_seal - the sealed resources of a bundle
 * @version: of the seal, 2 or 1; 0: nothing is sealed, or the seal cannot be read
 * @rules:   resource rules of that version
 * @files:   entries: files, links and nested code
 */
struct sgn_shown_seal {
	int version;
	size_t rules;
	size_t files;
};

/**
 * struct sgn_description - one code object
 * @executable: absolute path of the file, symlinks resolved
 * @bundle:     path of the bundle whose main part it is, or NULL
 * @format:     "app bundle with Mach-O universal (x86_64 arm64)"
 * @seal:       bundles: what the signature's CodeResources holds
 * @slices:     in the order of @format
 * @slice_count: number of them
 * @native:     index of the slice that stands for the file (the one codesign -d shows)
 */
struct sgn_description {
	const char *executable;
	const char *bundle;
	const char *format;
	struct sgn_shown_seal seal;
	const struct sgn_shown_slice *slices;
	size_t slice_count;
	size_t native;
};

/**
 * sgn_describe_path() - reads the signatures of one code object
 * @ctx:  context
 * @path: a file; a bundle, or its main executable, which stands for it
 * @out:  receives the description; free with sgn_description_free()
 * @err:  filled on failure; may be NULL
 *
 * An unsigned slice, or one whose signature is damaged, is described as such; it is no failure.
 * Thread-safe.
 *
 * Return: 0, SGN_E_NOTFOUND, SGN_E_IO, SGN_E_FORMAT (a damaged Mach-O), SGN_E_UNSUPPORTED (not code),
 * SGN_E_LIMIT, SGN_E_NOMEM.
 */
int sgn_describe_path(struct sgn_context *ctx, const char *path, struct sgn_description **out,
                      struct sgn_error *err);

/**
 * struct sgn_tree_item - one piece of code of a bundle
 * @path:       from the bundle's root; "." is the bundle itself
 * @depth:      0 for the bundle itself
 * @kind:       "app", "framework", "xpc", "plugin", "bundle" or "macho"
 * @sealed_as_code: the bundle around it seals cdhash and requirement; otherwise its bytes
 * @archs:      "x86_64 arm64", or ""
 * @is_signed:  the rest applies, except @problems
 * @identifier: code identifier
 * @team:       or NULL
 * @flags:      CodeDirectory flags of the native slice
 * @flags_text: "adhoc,runtime" or "none"
 * @entitlements: there are some
 * @adhoc:      no certificate
 * @linker_signed: made by a linker
 * @authority:  name of the signer's certificate, or NULL
 * @has_timestamp: @timestamp applies
 * @timestamp:  secure timestamp, Unix seconds
 * @cdhash:     of the native slice, in hexadecimal, or ""
 * @errors:     findings about this item that make it invalid
 * @errors_inside: the same of what lies in it, at any depth: then it is not valid either
 * @warnings:   findings that are likely to hurt
 * @problem:    the first of them as one sentence, or NULL
 * @problem_id: its id (docs/findings.md), or "structure"; NULL when there is none
 * @osstatus:   its number, or 0
 */
struct sgn_tree_item {
	const char *path;
	unsigned depth;
	const char *kind;
	bool sealed_as_code;
	const char *archs;
	bool is_signed;
	const char *identifier;
	const char *team;
	uint32_t flags;
	const char *flags_text;
	bool entitlements;
	bool adhoc;
	bool linker_signed;
	const char *authority;
	bool has_timestamp;
	int64_t timestamp;
	char cdhash[41];
	size_t errors;
	size_t errors_inside;
	size_t warnings;
	const char *problem;
	const char *problem_id;
	int32_t osstatus;
};

/**
 * struct sgn_described_tree - the code of a bundle
 * @items:  the bundle itself first, then what lies in it, each right behind what it lies in, by path
 * @count:  number of them
 * @errors: of all items
 */
struct sgn_described_tree {
	const struct sgn_tree_item *items;
	size_t count;
	size_t errors;
};

/**
 * sgn_describe_tree() - the picture of a bundle's code: what there is, who signed it, what is wrong
 * @ctx:  context
 * @path: a bundle, or its main executable; a lone file is a tree of one item
 * @out:  receives it; free with sgn_described_tree_free()
 * @err:  filled on failure; may be NULL
 *
 * Everything is verified as sgn_verify_path() does with deep; code that lies among the resources too.
 * What is broken is an item with a problem. Thread-safe.
 *
 * Return: 0, SGN_E_NOTFOUND, SGN_E_IO, SGN_E_FORMAT (no bundle), SGN_E_UNSUPPORTED (not code),
 * SGN_E_LIMIT, SGN_E_NOMEM.
 */
int sgn_describe_tree(struct sgn_context *ctx, const char *path, struct sgn_described_tree **out,
                      struct sgn_error *err);

/** sgn_described_tree_free() - frees a tree; NULL is accepted */
void sgn_described_tree_free(struct sgn_described_tree *tree);

/** sgn_description_free() - frees a description; NULL is accepted */
void sgn_description_free(struct sgn_description *d);

#ifdef __cplusplus
}
#endif

#endif
