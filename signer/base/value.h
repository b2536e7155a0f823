/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A property list as a plain immutable tree. The codecs fill it, everybody reads it. All memory
 * belongs to the arena it was made in.
 */
#ifndef SIGNER_BASE_VALUE_H
#define SIGNER_BASE_VALUE_H

#include <stdint.h>

#include "signer/base/view.h"

enum sgn_value_kind {
	SGN_VALUE_BOOL,
	SGN_VALUE_INT, /* 64 bits; u.uint when is_unsigned (above INT64_MAX) */
	SGN_VALUE_REAL,
	SGN_VALUE_STRING, /* UTF-8 */
	SGN_VALUE_DATA,
	SGN_VALUE_DATE, /* seconds since 2001-01-01T00:00:00Z */
	SGN_VALUE_ARRAY,
	SGN_VALUE_DICT /* in the order of the source */
};

struct sgn_value_entry;

struct sgn_value {
	enum sgn_value_kind kind;
	bool is_unsigned;
	union {
		bool boolean;
		int64_t integer;
		uint64_t uint;
		double real;
		double date;
		struct sgn_view bytes; /* STRING and DATA */
		struct {
			const struct sgn_value *items;
			size_t count;
		} array;
		struct {
			const struct sgn_value_entry *entries;
			size_t count;
		} dict;
	} u;
};

struct sgn_value_entry {
	struct sgn_view key; /* UTF-8 */
	struct sgn_value value;
};

/* The value of a key, or NULL: also when v is NULL or no dictionary. The last of equal keys wins. */
const struct sgn_value *sgn_value_get(const struct sgn_value *v, const char *key);
const struct sgn_value *sgn_value_get_view(const struct sgn_value *v, struct sgn_view key);

/* True when v is a boolean and true; false for NULL. */
bool sgn_value_is_true(const struct sgn_value *v);

/* The text of a STRING; the empty view otherwise. */
struct sgn_view sgn_value_string(const struct sgn_value *v);

/* Same kind and content; dictionaries regardless of order, and of values that a later equal key hides. */
bool sgn_value_equal(const struct sgn_value *a, const struct sgn_value *b);

const char *sgn_value_kind_name(enum sgn_value_kind kind);

#endif
