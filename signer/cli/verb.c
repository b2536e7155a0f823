/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "signer/cli/cmd.h"

const struct verb verb_table[VERB_COUNT] = {
#define VERB(id, word, sub, run, operands, min, summary, examples) \
	[VERB_##id] = {word, sub, run, operands, min, summary, examples},
#include "signer/cli/verbs.def"
#undef VERB
};

static bool matches(const struct verb *v, size_t argc, const char *const argv[])
{
	if (argc == 0 || strcmp(v->word, argv[0]) != 0)
		return false;
	return !v->sub || (argc > 1 && !strcmp(v->sub, argv[1]));
}

enum verb_id verb_find(size_t argc, const char *const argv[], size_t *words)
{
	for (int i = 0; i < VERB_COUNT; i++) {
		if (matches(&verb_table[i], argc, argv)) {
			*words = verb_table[i].sub ? 2 : 1;
			return (enum verb_id)i;
		}
	}
	return VERB_COUNT;
}

const char *verb_nearest(const char *word)
{
	const char *best = NULL;
	size_t best_distance = strlen(word) / 3 + 2; /* "sing" is two steps from "sign" */

	for (int i = 0; i < VERB_COUNT; i++) {
		size_t d = edit_distance(word, verb_table[i].word);

		if (d < best_distance) {
			best = verb_table[i].word;
			best_distance = d;
		}
	}
	return best;
}
