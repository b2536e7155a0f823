/* SPDX-License-Identifier: Apache-2.0 */
/* POSIX extended regular expressions in the C locale, behind one handle. */
#ifndef SIGNER_BASE_REGEX_H
#define SIGNER_BASE_REGEX_H

#include <stdbool.h>

#include "signer/base/error.h"

struct sgn_regex;

/*
 * SGN_E_FORMAT with the system's explanation for a bad pattern, and for back-references; SGN_E_LIMIT for
 * one whose nesting or repetitions would cost too much (patterns may be hostile); SGN_E_NOMEM.
 */
int sgn_regex_new(const char *pattern, struct sgn_regex **out, struct sgn_error *err);
void sgn_regex_free(struct sgn_regex *re);

/* Unanchored search, whatever the locale of the program. Thread-safe, and without waiting for others up
 * to eight threads. */
bool sgn_regex_search(const struct sgn_regex *re, const char *text);

#endif
