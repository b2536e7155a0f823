/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Property lists in and out. Reading gives a plain tree (base/value.h) in the caller's arena. XML is
 * read by libxml2's SAX interface, which knows lines and columns; binary lists by libplist. Writing
 * is byte for byte what CoreFoundation writes
 * (docs/format/entitlements.md, "Property lists as written").
 */
#ifndef SIGNER_CODEC_PLIST_H
#define SIGNER_CODEC_PLIST_H

#include "signer/base/arena.h"
#include "signer/base/buf.h"
#include "signer/base/value.h"

enum sgn_plist_format { SGN_PLIST_UNKNOWN, SGN_PLIST_XML, SGN_PLIST_BINARY };

enum sgn_plist_format sgn_plist_sniff(struct sgn_view in);

/* Things that are well formed but that some reader of Apple's is known to refuse. */
enum sgn_plist_oddity {
	SGN_PLIST_HAS_BOM = 1,
	SGN_PLIST_HAS_COMMENT = 2,
	SGN_PLIST_HAS_CDATA = 4,
	SGN_PLIST_NO_DOCTYPE = 8,
	SGN_PLIST_DUPLICATE_KEY = 16,
	SGN_PLIST_NOT_UTF8 = 32, /* XML in another encoding, UTF-16 for instance */
	SGN_PLIST_NO_ROOT = 64   /* XML that begins with <dict> and has no <plist> around it */
};

struct sgn_plist_info {
	enum sgn_plist_format format;
	unsigned oddities;
	unsigned comment_line; /* first comment, 1-based */
};

/* Either format. Everything in out is copied into the arena. info may be NULL. SGN_E_FORMAT with "line L, column C: ..." and a cure;
 * SGN_E_LIMIT for depth. External entities and entity definitions are refused. */
int sgn_plist_read(struct sgn_view in, struct sgn_arena *arena, struct sgn_value *out,
                   struct sgn_plist_info *info, struct sgn_error *err);

/* Appends CoreFoundation's XML: sorted keys, tabs, wrapped base64, final newline. Of equal
 * keys the last is written. SGN_E_FORMAT for text that XML cannot hold. */
int sgn_plist_write_xml(const struct sgn_value *v, struct sgn_buf *out, struct sgn_error *err);

#endif
