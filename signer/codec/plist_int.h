/* SPDX-License-Identifier: Apache-2.0 */
/* What the files plist*.c share; nobody else includes it. */
#ifndef SIGNER_CODEC_PLIST_INT_H
#define SIGNER_CODEC_PLIST_INT_H

#include "signer/codec/plist.h"

/* plist_xml.c: XML from its first byte, a byte order mark included. */
int sgn_plist_read_xml(struct sgn_view in, struct sgn_arena *arena, struct sgn_value *out,
                       struct sgn_plist_info *info, struct sgn_error *err);

/* plist_plain.c: the same for what is written in the usual way; false when it is not, and out as it was. rc: 0
 * or SGN_E_NOMEM. */
bool sgn_plist_read_plain(struct sgn_view in, struct sgn_arena *arena, struct sgn_value *out,
                          struct sgn_plist_info *info, int *rc, struct sgn_error *err);

/* plist_xml_error.c: input that is no XML at all; says what it looks like. */
int sgn_plist_not_xml(struct sgn_view in, struct sgn_error *err);

/* plist_bin.c: the structure of a binary list, and how large it becomes when objects that are named
 * several times are spelled out. After 0 a reader may walk it without further limits. */
int sgn_plist_check_binary(struct sgn_view in, struct sgn_error *err);

/* plist_scalar.c: the text of <integer>, <real> and <date>; false for anything else. */
bool sgn_plist_parse_int(struct sgn_view text, struct sgn_value *out);
bool sgn_plist_parse_real(struct sgn_view text, double *out);
bool sgn_plist_parse_date(struct sgn_view text, double *out);
/* What CoreFoundation prints; false for a date outside the years 1 to 9999. */
void sgn_plist_print_real(struct sgn_buf *out, double v);
bool sgn_plist_print_date(struct sgn_buf *out, double v);
struct sgn_view sgn_plist_trim(struct sgn_view text);
bool sgn_plist_is_blank(uint8_t c);

/* Sets the oddity when a key occurs twice in dict; false when out of memory. */
bool sgn_plist_note_duplicates(const struct sgn_value *dict, struct sgn_plist_info *info);

#endif
