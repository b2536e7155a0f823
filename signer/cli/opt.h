/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options: one table (opt.def), one parser. The parser knows no meaning; it says what was given.
 */
#ifndef SIGNER_CLI_OPT_H
#define SIGNER_CLI_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum verb_id {
#define VERB(id, word, sub, run, operands, min, summary, examples) VERB_##id,
#include "signer/cli/verbs.def"
#undef VERB
	VERB_COUNT
};

/* Bits for the masks of opt.def. */
enum verb_bit {
#define VERB(id, word, sub, run, operands, min, summary, examples) V_##id = 1 << VERB_##id,
#include "signer/cli/verbs.def"
#undef VERB
	V_ALL = (1 << VERB_COUNT) - 1
};

enum opt_id {
#define OPT(id, ...) OPT_##id,
#include "signer/cli/opt.def"
#undef OPT
	OPT_COUNT
};

enum opt_arg {
	ARG_NONE,
	ARG_REQUIRED, /* --long VALUE, --long=VALUE, -s VALUE, -sVALUE */
	ARG_OPTIONAL, /* --long, --long=VALUE, -s, -sVALUE; never the next word */
	ARG_COUNT     /* --long, --long=N, -s, -ss */
};

enum opt_group {
	GROUP_WHO,
	GROUP_WHAT,
	GROUP_HOW,
	GROUP_BUNDLE,
	GROUP_CHECK,
	GROUP_SHOW,
	GROUP_TEST,
	GROUP_OUTPUT,
	GROUP_COMMON,
	GROUP_CODESIGN, /* what codesign has and signet ignores or refuses */
	GROUP_COUNT
};

enum opt_kind { OPT_USED, OPT_IGNORED, OPT_REFUSED };

struct opt {
	unsigned verbs;
	const char *name;
	char letter; /* 0: none */
	enum opt_arg arg;
	const char *arg_name;
	enum opt_group group;
	enum opt_kind kind;
	const char *help;
	const char *note;
};

extern const struct opt opt_table[OPT_COUNT];

/* What was given, in order. The strings belong to argv. */
struct opt_given {
	enum opt_id id;
	const char *value; /* NULL: none */
};

struct opts {
	struct opt_given *given;
	size_t given_count;
	const char **operands;
	size_t operand_count;
};

/* One sentence for people, and what may have been meant. */
struct opt_problem {
	char text[320];
	char hint[200];
};

/* argv holds the words behind the verb. False: problem says why. out is disposed by the caller in
 * either case. */
bool opts_parse(enum verb_id verb, size_t argc, const char *const argv[], struct opts *out,
                struct opt_problem *problem);
void opts_dispose(struct opts *opts);

/* The last value wins, as with codesign. NULL: not given, or given without a value. */
const char *opts_value(const struct opts *opts, enum opt_id id);
bool opts_has(const struct opts *opts, enum opt_id id);
/* The next value of a repeatable option behind *pos (start at 0), or NULL. */
const char *opts_next(const struct opts *opts, enum opt_id id, size_t *pos);
size_t opts_count(const struct opts *opts, enum opt_id id);
/* -v -v is 2, --verbose=3 is 3, --verbose counts one. */
unsigned opts_level(const struct opts *opts, enum opt_id id);

/* Steps to make b from a: for "did you mean". */
size_t edit_distance(const char *a, const char *b);

#endif
