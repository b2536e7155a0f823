/* SPDX-License-Identifier: Apache-2.0 */
/* POSIX extended regular expressions in the C locale, behind one handle. */
#ifndef SIGNER_BASE_REGEX_H
#define SIGNER_BASE_REGEX_H

#include <stdbool.h>

#include "signer/base/error.h"

struct sgn_regex;

/* SGN_E_FORMAT with the system's explanation for a bad pattern. */
int sgn_regex_new(const char *pattern, struct sgn_regex **out, struct sgn_error *err);
void sgn_regex_free(struct sgn_regex *re);

/* Unanchored search. Thread-safe. */
bool sgn_regex_search(const struct sgn_regex *re, const char *text);

#endif
