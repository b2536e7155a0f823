/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bundles: what shape a directory has, where its parts lie, and what is wrong with it. Decided from a
 * walked tree and the bytes of Info.plist; nothing here opens code. (docs/format/bundles.md)
 */
#ifndef SIGNER_BUNDLE_BUNDLE_H
#define SIGNER_BUNDLE_BUNDLE_H

#include "signer/base/arena.h"
#include "signer/base/buf.h"
#include "signer/base/value.h"
#include "signer/base/walk.h"

enum sgn_bundle_layout {
	SGN_BUNDLE_DEEP,      /* Contents/ */
	SGN_BUNDLE_FLAT,      /* iOS style; also a flat framework version */
	SGN_BUNDLE_RESOURCES, /* root Resources/ without Contents: CFBundle's layout 0 */
	SGN_BUNDLE_LEGACY     /* Support Files/ */
};

/* What the main executable is, as far as its first bytes tell. */
enum sgn_bundle_main {
	SGN_MAIN_MACHO,
	SGN_MAIN_GENERIC, /* script, static archive: signed through separate files */
	SGN_MAIN_INFO,    /* no executable: Info.plist stands for it */
	SGN_MAIN_NONE     /* nothing can be signed: problem -67028/-67029 */
};

/* A structural finding. path is from the root of the bundle and points into the walk; the texts are
 * static or in the arena. What is fatal comes before what is not. */
struct sgn_bundle_problem {
	int32_t osstatus;
	const char *path;
	const char *text;
	const char *cure; /* or NULL */
	bool fatal; /* codesign refuses to go on; otherwise it is found by strict validation */
};

#define SGN_BUNDLE_PROBLEMS 32

struct sgn_bundle {
	struct sgn_arena arena;      /* owns the texts below */
	const struct sgn_walk *walk; /* borrowed: lists the bundle's root or something above it */
	const char *at; /* path of the bundle's root inside walk; "" when it is the walk's root */

	enum sgn_bundle_layout layout;
	bool is_framework;     /* versioned: everything lies in Versions/<version> */
	const char *version;   /* "A"; NULL when not versioned */
	const char *support;   /* from the bundle's root: "", "Contents", "Versions/A" */
	const char *resources; /* from support: "Resources" or "" (flat: the support dir itself) */
	const char *info_path; /* from the bundle's root; NULL when there is no Info.plist */
	struct sgn_view info_bytes;
	const struct sgn_value *info; /* dictionary, or NULL */
	const char *main_path; /* from the bundle's root: what the signature is about; NULL: none */
	enum sgn_bundle_main main_kind;
	bool is_app;            /* CFBundlePackageType is APPL */
	bool is_installer;      /* IFMajorVersion */
	const char *identifier; /* CFBundleIdentifier, else CFBundleName, else NULL */

	struct sgn_bundle_problem problems[SGN_BUNDLE_PROBLEMS];
	size_t problem_count;
};

/*
 * Recognises the directory at (a path inside walk; its entry must be a directory). version: which
 * framework version; NULL for the current one. Always succeeds for a directory that is somehow a
 * bundle: what is wrong with it is in problems. SGN_E_FORMAT (-67028) when it is none.
 */
int sgn_bundle_open(const struct sgn_walk *walk, const char *at, const char *version,
                    struct sgn_bundle *out, struct sgn_error *err);
void sgn_bundle_dispose(struct sgn_bundle *b);

/* Cheap: does this directory look like something codesign would treat as a bundle (extension, or
 * Contents/Info.plist, Info.plist, Versions ...)? For finding code in unusual places. */
bool sgn_bundle_looks_like(const struct sgn_walk *walk, const char *at);

/* What a Mac leaves in archives and on foreign disks: "._NAME" (AppleDouble) and "__MACOSX". */
bool sgn_is_leftover(const char *name);

/* "app bundle with ", "bundle with ", plus "generic" / "bundle" ... where no Mach-O tells the rest.
 * For a Mach-O the caller appends its format name. (docs/format/bundles.md) */
void sgn_bundle_format_name(const struct sgn_bundle *b, struct sgn_buf *out);

/* Whole file system path of something relative to the bundle's root. */
void sgn_bundle_path(const struct sgn_bundle *b, const char *relative, struct sgn_buf *out);

/* Frameworks whose symlinks were turned into copies (npm, zip): finds what to make a link of again.
 * links[i]: path from the bundle's root, and the target text. */
struct sgn_bundle_link {
	const char *path;
	const char *target;
};
int sgn_bundle_lost_links(const struct sgn_walk *walk, const char *at, struct sgn_arena *arena,
                          struct sgn_bundle_link **links, size_t *count, struct sgn_error *err);

#endif
