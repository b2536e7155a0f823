/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/cli/opt.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct opt opt_table[OPT_COUNT] = {
#define OPT(id, verbs, name, letter, arg, arg_name, group, kind, help, note) \
	[OPT_##id] = {(verbs), name, letter, arg, arg_name, group, kind, help, note},
#include "signer/cli/opt.def"
#undef OPT
};

/* Where the parser is. */
struct scan {
	unsigned verb; /* bit */
	size_t argc, at;
	const char *const *argv;
	struct opts *out;
	struct opt_problem *problem;
};

static bool refuse(struct scan *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->problem->text, sizeof(s->problem->text), fmt, ap);
	va_end(ap);
	return false;
}

static int find_long(unsigned verb, const char *name, size_t size)
{
	for (int i = 0; i < OPT_COUNT; i++) {
		const struct opt *o = &opt_table[i];

		if ((o->verbs & verb) && strlen(o->name) == size && !memcmp(o->name, name, size))
			return i;
	}
	return -1;
}

static int find_short(unsigned verb, char letter)
{
	for (int i = 0; i < OPT_COUNT; i++)
		if ((opt_table[i].verbs & verb) && opt_table[i].letter == letter)
			return i;
	return -1;
}

#define DISTANCE_WORD 40

size_t edit_distance(const char *a, const char *b)
{
	size_t row[DISTANCE_WORD + 1], na = strlen(a), nb = strlen(b);

	if (na > DISTANCE_WORD || nb > DISTANCE_WORD)
		return SIZE_MAX;
	for (size_t j = 0; j <= nb; j++)
		row[j] = j;
	for (size_t i = 1; i <= na; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[nb];
}

/* An abbreviation, or a misspelling of at most a third of the word. */
static const char *nearest(unsigned verb, const char *name)
{
	const char *best = NULL;
	size_t best_distance = strlen(name) / 3 + 1;

	for (int i = 0; i < OPT_COUNT; i++) {
		const struct opt *o = &opt_table[i];
		size_t d;

		if (!(o->verbs & verb) || o->kind == OPT_REFUSED)
			continue;
		d = edit_distance(name, o->name);
		if (strlen(name) >= 3 && !strncmp(name, o->name, strlen(name)))
			d = 0;
		if (d < best_distance) {
			best = o->name;
			best_distance = d;
		}
	}
	return best;
}

static bool unknown_long(struct scan *s, const char *name, size_t size)
{
	char word[DISTANCE_WORD + 1];
	const char *guess = NULL;

	if (size <= DISTANCE_WORD) {
		memcpy(word, name, size);
		word[size] = '\0';
		guess = nearest(s->verb, word);
	}
	if (guess)
		snprintf(s->problem->hint, sizeof(s->problem->hint), "did you mean --%s?", guess);
	return refuse(s, "unknown option --%.*s", (int)(size < 200 ? size : 200), name);
}

static bool add_given(struct scan *s, int id, const char *value)
{
	const struct opt *o = &opt_table[id];
	struct opts *out = s->out;
	struct opt_given *more;

	if (o->kind == OPT_REFUSED)
		return refuse(s, "--%s: %s", o->name, o->help);
	more = realloc(out->given, (out->given_count + 1) * sizeof(*more));
	if (!more)
		return refuse(s, "out of memory");
	out->given = more;
	out->given[out->given_count++] = (struct opt_given){(enum opt_id)id, value};
	return true;
}

static const char *next_word(struct scan *s)
{
	return s->at < s->argc ? s->argv[s->at++] : NULL;
}

static bool is_number(const char *text)
{
	return *text && strlen(text) <= 3 && strspn(text, "0123456789") == strlen(text);
}

static bool parse_long(struct scan *s, const char *word)
{
	const char *equals = strchr(word, '=');
	size_t size = equals ? (size_t)(equals - word) : strlen(word);
	const char *value = equals ? equals + 1 : NULL;
	int id = find_long(s->verb, word, size);
	const struct opt *o;

	if (id < 0)
		return unknown_long(s, word, size);
	o = &opt_table[id];
	if (o->arg == ARG_NONE && value)
		return refuse(s, "--%s takes no value", o->name);
	if (o->arg == ARG_COUNT && value && !is_number(value))
		return refuse(s, "--%s: %.80s is not a number", o->name, value);
	if (o->arg == ARG_REQUIRED && !value && o->kind != OPT_REFUSED) {
		value = next_word(s);
		if (!value)
			return refuse(s, "--%s needs a value: --%s %s", o->name, o->name,
			              o->arg_name);
	}
	return add_given(s, id, value);
}

/* The letters of one word: flags may be joined, the last may take the rest or the next word. */
static bool parse_cluster(struct scan *s, const char *letters)
{
	for (; *letters; letters++) {
		int id = find_short(s->verb, *letters);
		const struct opt *o = id < 0 ? NULL : &opt_table[id];
		const char *value = NULL;

		if (!o)
			return refuse(s, "unknown option -%c", *letters);
		if (o->arg == ARG_NONE || o->arg == ARG_COUNT || o->kind == OPT_REFUSED) {
			if (!add_given(s, id, NULL))
				return false;
			continue;
		}
		if (letters[1])
			value = letters + 1;
		else if (o->arg == ARG_REQUIRED && !(value = next_word(s)))
			return refuse(s, "-%c needs a value: -%c %s", o->letter, o->letter,
			              o->arg_name);
		return add_given(s, id, value);
	}
	return true;
}

bool opts_parse(enum verb_id verb, size_t argc, const char *const argv[], struct opts *out,
                struct opt_problem *problem)
{
	struct scan s = {1u << verb, argc, 0, argv, out, problem};
	bool operands_only = false;

	*out = (struct opts){0};
	*problem = (struct opt_problem){"", ""};
	out->operands = calloc(argc + 1, sizeof(*out->operands));
	if (!out->operands)
		return refuse(&s, "out of memory");
	while (s.at < s.argc) {
		const char *word = s.argv[s.at++];
		bool fine = true;

		if (operands_only || word[0] != '-' || word[1] == '\0')
			out->operands[out->operand_count++] = word;
		else if (!strcmp(word, "--"))
			operands_only = true;
		else if (word[1] == '-')
			fine = parse_long(&s, word + 2);
		else
			fine = parse_cluster(&s, word + 1);
		if (!fine)
			return false;
	}
	return true;
}

void opts_dispose(struct opts *opts)
{
	free(opts->given);
	free(opts->operands);
	*opts = (struct opts){0};
}

const char *opts_value(const struct opts *opts, enum opt_id id)
{
	for (size_t i = opts->given_count; i-- > 0;)
		if (opts->given[i].id == id)
			return opts->given[i].value;
	return NULL;
}

bool opts_has(const struct opts *opts, enum opt_id id)
{
	return opts_count(opts, id) > 0;
}

const char *opts_next(const struct opts *opts, enum opt_id id, size_t *pos)
{
	while (*pos < opts->given_count) {
		const struct opt_given *g = &opts->given[(*pos)++];

		if (g->id == id)
			return g->value;
	}
	return NULL;
}

size_t opts_count(const struct opts *opts, enum opt_id id)
{
	size_t n = 0;

	for (size_t i = 0; i < opts->given_count; i++)
		n += opts->given[i].id == id;
	return n;
}

unsigned opts_level(const struct opts *opts, enum opt_id id)
{
	unsigned level = 0;

	for (size_t i = 0; i < opts->given_count; i++) {
		const struct opt_given *g = &opts->given[i];

		if (g->id != id)
			continue;
		level = g->value ? (unsigned)strtoul(g->value, NULL, 10) : level + 1;
	}
	return level;
}
