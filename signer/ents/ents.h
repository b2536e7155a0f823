/* SPDX-License-Identifier: Apache-2.0 */
/* Entitlements: the XML blob, the DER blob, and what they mean for the exec segment.
 * (docs/format/entitlements.md) */
#ifndef SIGNER_ENTS_ENTS_H
#define SIGNER_ENTS_ENTS_H

#include "signer/base/arena.h"
#include "signer/base/buf.h"
#include "signer/base/value.h"

/* A warning about input that is accepted; at most this many are kept. */
#define SGN_ENTS_WARNINGS 16

struct sgn_ents {
	struct sgn_view xml;   /* the bytes to store, without blob header; in the arena */
	struct sgn_value dict; /* what they say */
	const char *warnings[SGN_ENTS_WARNINGS]; /* sentences, in the arena */
	size_t warning_count;
};

/*
 * Takes what the user supplied: XML (stored verbatim), a binary plist (converted, with a warning), or
 * an entitlements blob. -66994: not a dictionary, or a value that DER cannot express (the message
 * names the key); errors of XML carry line and column and say what to do.
 */
int sgn_ents_from_input(struct sgn_view in, struct sgn_arena *arena, struct sgn_ents *out,
                        struct sgn_error *err);

/* The XML payload found in a signature; out->xml is that payload, whatever it is. Values that DER cannot
 * express are a warning here. */
int sgn_ents_from_xml(struct sgn_view xml, struct sgn_arena *arena, struct sgn_ents *out,
                      struct sgn_error *err);

/* Appends the canonical DER of a dictionary: the payload of blob fade7172. -66994 with the place of a
 * value that DER cannot express ("key[2].inner"). */
int sgn_ents_to_der(const struct sgn_value *dict, struct sgn_buf *out, struct sgn_error *err);

/* Reads the payload of blob fade7172, the current form (tag 0x70) and the old bare SET. */
int sgn_ents_from_der(struct sgn_view der, struct sgn_arena *arena, struct sgn_value *out,
                      struct sgn_error *err);

/* CS_EXECSEG_* bits that a dictionary asks for (the main-binary bit aside).
 * (docs/format/entitlements.md, "bits") */
uint64_t sgn_ents_exec_flags(const struct sgn_value *dict);

/* Appends codesign's readable tree: [Dict], [Key], [Value] ... Keys are sorted, so that the XML and the
 * DER of the same entitlements print the same. Control characters in text appear as \n or \xNN. */
void sgn_ents_print(const struct sgn_value *dict, struct sgn_buf *out);

#endif
