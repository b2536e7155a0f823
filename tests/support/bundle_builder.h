/* SPDX-License-Identifier: Apache-2.0 */
/* Synthetic bundles for tests, written below a scratch folder. Plain C; aborts on failure. */
#ifndef TESTS_SUPPORT_BUNDLE_BUILDER_H
#define TESTS_SUPPORT_BUNDLE_BUILDER_H

#include "tests/support/macho_builder.h"
#include "tests/support/scratch.h"

/* A folder with all its parents, and a file in such a folder. Paths are relative to the scratch dir. */
void bb_dir(struct scratch *s, const char *path);
void bb_file(struct scratch *s, const char *path, const char *text);
void bb_link(struct scratch *s, const char *path, const char *target);

/* A Mach-O: universal (x86_64 and arm64) when fat. filetype as in mach_header. */
void bb_macho(struct scratch *s, const char *path, uint32_t filetype, bool fat);

/* An Info.plist with identifier, executable (NULL: none) and package type. */
void bb_info(struct scratch *s, const char *path, const char *identifier, const char *executable,
             const char *type);

/*
 * name.app with everything that nests: a versioned framework (with a helper app inside), a loose dylib,
 * a plug-in, an XPC service, a helper tool, resources (a localised one, a symlink, .DS_Store), and a
 * Mach-O file in Resources. 8 code items below the app.
 */
void bb_app(struct scratch *s, const char *name);

/* A flat iOS app with a flat framework and an app extension. */
void bb_ios_app(struct scratch *s, const char *name);

#endif
