/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The YAML of settings files: mappings, lists and scalars, each with its place. What makes YAML dangerous
 * or surprising is refused: anchors, aliases, tags, several documents, keys given twice.
 */
#ifndef SIGNER_CODEC_YAML_H
#define SIGNER_CODEC_YAML_H

#include "signer/base/arena.h"
#include "signer/base/error.h"

enum sgn_yaml_kind { SGN_YAML_SCALAR, SGN_YAML_LIST, SGN_YAML_MAP };

struct sgn_yaml {
	enum sgn_yaml_kind kind;
	unsigned line, column; /* from 1 */
	const char *key;       /* in a mapping; NULL elsewhere */
	unsigned key_line, key_column;
	const char *text; /* SCALAR; never NULL then */
	bool is_plain;    /* SCALAR: not quoted, so that true, 12 and null mean what they say */
	struct sgn_yaml *first; /* LIST, MAP */
	struct sgn_yaml *next;  /* in the list or mapping around it */
};

/* Everything in arena. An empty file is an empty mapping. SGN_E_FORMAT with line and column,
 * SGN_E_LIMIT. */
int sgn_yaml_read(struct sgn_view bytes, struct sgn_arena *arena, struct sgn_yaml **out,
                  struct sgn_error *err);

/* SGN_E_FORMAT "line N, column N: ..." about a node. */
int sgn_yaml_fail(const struct sgn_yaml *at, struct sgn_error *err, const char *fmt, ...)
	SGN_PRINTF(3, 4);
/* The same about its key. */
int sgn_yaml_fail_key(const struct sgn_yaml *at, struct sgn_error *err, const char *fmt, ...)
	SGN_PRINTF(3, 4);

#endif
