/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/regex.h"

#include <locale.h>
#include <regex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "signer/base/text.h"

/* Searches at the same time that do not wait for each other. */
#define COPIES 8

/*
 * regexec() is thread-safe, but where it builds its automaton as it goes (glibc) it does so under a lock
 * per regex_t. So each of several threads takes a copy of its own, compiled when it is first wanted.
 */
struct copy {
	atomic_flag busy;
	bool ready; /* belongs, like the rest, to who has set busy */
	regex_t compiled;
};

struct sgn_regex {
	char *pattern;
	locale_t locale;
	struct copy *copies; /* [0] is always ready */
};

/* What is known of a pattern from left to right, at one level of parentheses. */
struct level {
	uint64_t done; /* size of what can no longer be repeated */
	uint64_t atom; /* size of what a repetition would be about */
};

static uint64_t capped(uint64_t size)
{
	return size > SGN_LIMIT_REGEX_SIZE ? SGN_LIMIT_REGEX_SIZE + 1 : size;
}

static void add_atom(struct level *l, uint64_t size)
{
	l->done = capped(l->done + l->atom);
	l->atom = size;
}

/* Behind a bracket expression that starts at p; its end may be missing. */
static const char *skip_bracket(const char *p)
{
	p++;
	if (*p == '^')
		p++;
	if (*p == ']')
		p++;
	while (*p && *p != ']') {
		if (*p == '[' && (p[1] == ':' || p[1] == '.' || p[1] == '=')) {
			const char close[] = {p[1], ']', '\0'};
			const char *end = strstr(p + 2, close);

			p = end ? end + 2 : p + 1;
		} else {
			p++;
		}
	}
	return *p ? p + 1 : p;
}

static const char *read_number(const char *p, uint64_t *out)
{
	*out = 0;
	for (; sgn_is_digit((uint8_t)*p); p++)
		*out = capped(*out * 10 + (uint64_t)(*p - '0'));
	return p;
}

/* "{m}", "{m,}", "{m,n}" at p: how often the matcher writes the atom down. */
static const char *read_bounds(const char *p, uint64_t *times)
{
	uint64_t low, high;

	p = read_number(p + 1, &low);
	high = low;
	if (*p == ',') {
		p = read_number(p + 1, &high);
		if (high == 0)
			high = low + 1;
	}
	*times = high > low ? high : low;
	return *p == '}' ? p + 1 : p;
}

/* One element of a pattern; NULL when it has been taken care of as a parenthesis is. */
static const char *measure_element(const char *p, struct level *l)
{
	uint64_t times;

	switch (*p) {
	case '[': add_atom(l, 1); return skip_bracket(p);
	case '*':
	case '?': l->atom = capped(l->atom + 1); return p + 1;
	case '+': l->atom = capped(l->atom * 2 + 1); return p + 1;
	case '{':
		p = read_bounds(p, &times);
		l->atom = capped(l->atom * times + 1);
		return p;
	case '\\': add_atom(l, 1); return p[1] ? p + 2 : p + 1;
	default: add_atom(l, 1); return p + 1;
	}
}

static int too_costly(struct sgn_error *err)
{
	return sgn_fail(
		err, SGN_E_LIMIT,
		"the pattern is too costly: its repetitions amount to more than %u characters",
		SGN_LIMIT_REGEX_SIZE);
}

/*
 * Patterns come from the files that are checked, and the system's compiler trusts them: a few nested
 * repetitions take all memory, nested parentheses the stack, and a back-reference (which the extended
 * syntax does not have, but systems grant) exponential time.
 */
static int check_cost(const char *p, struct sgn_error *err)
{
	struct level levels[SGN_LIMIT_REGEX_DEPTH + 1] = {{0}};
	struct level *l = levels;

	while (*p) {
		if (*p == '\\' && p[1] >= '1' && p[1] <= '9')
			return sgn_fail(
				err, SGN_E_FORMAT,
				"back-references (\\%c) are not part of extended expressions",
				p[1]);
		if (*p == '(') {
			if (l == levels + SGN_LIMIT_REGEX_DEPTH)
				return sgn_fail(err, SGN_E_LIMIT,
				                "parentheses are nested more than %u deep",
				                SGN_LIMIT_REGEX_DEPTH);
			*++l = (struct level){0};
			p++;
		} else if (*p == ')' && l > levels) {
			add_atom(l, 1);
			add_atom(l - 1, capped(l->done + l->atom));
			l--;
			p++;
		} else {
			p = measure_element(p, l);
		}
	}
	/* What is still open is refused by the compiler, which then has at most its own length to do. */
	for (; l >= levels; l--)
		if (l->done + l->atom > SGN_LIMIT_REGEX_SIZE)
			return too_costly(err);
	return 0;
}

static int compile(const struct sgn_regex *re, regex_t *out)
{
	locale_t before = uselocale(re->locale);
	int code = regcomp(out, re->pattern, REG_EXTENDED | REG_NOSUB);

	uselocale(before);
	return code;
}

static int compile_first(struct sgn_regex *re, struct sgn_error *err)
{
	struct copy *first = &re->copies[0];
	int code = compile(re, &first->compiled);
	char text[128];

	first->ready = code == 0;
	if (code == 0)
		return 0;
	if (code == REG_ESPACE)
		return sgn_fail_nomem(err);
	regerror(code, NULL, text, sizeof(text));
	return sgn_fail(err, SGN_E_FORMAT, "the pattern '%.200s' is not a regular expression: %s",
	                re->pattern, text);
}

int sgn_regex_new(const char *pattern, struct sgn_regex **out, struct sgn_error *err)
{
	struct sgn_regex *re = NULL;
	int rc;

	*out = NULL;
	if (strlen(pattern) > SGN_LIMIT_REGEX)
		return sgn_fail(err, SGN_E_LIMIT, "the pattern is longer than %u bytes",
		                SGN_LIMIT_REGEX);
	rc = check_cost(pattern, err);
	if (rc != 0)
		return rc;
	re = sgn_calloc(1, sizeof(*re));
	if (!re)
		return sgn_fail_nomem(err);
	re->locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	re->pattern = sgn_strdup(pattern);
	re->copies = sgn_calloc(COPIES, sizeof(*re->copies));
	if (!re->locale || !re->pattern || !re->copies) {
		rc = sgn_fail_nomem(err);
		goto out;
	}
	for (size_t i = 0; i < COPIES; i++)
		atomic_flag_clear(&re->copies[i].busy);
	rc = compile_first(re, err);
	if (rc == 0) {
		*out = re;
		re = NULL;
	}
out:
	sgn_regex_free(re);
	return rc;
}

void sgn_regex_free(struct sgn_regex *re)
{
	if (!re)
		return;
	for (size_t i = 0; re->copies && i < COPIES; i++)
		if (re->copies[i].ready)
			regfree(&re->copies[i].compiled);
	if (re->locale)
		freelocale(re->locale);
	sgn_free(re->copies);
	sgn_free(re->pattern);
	sgn_free(re);
}

/* A compiled copy that nobody else has, or NULL. */
static struct copy *take_copy(const struct sgn_regex *re)
{
	for (size_t i = 0; i < COPIES; i++) {
		struct copy *c = &re->copies[i];

		if (atomic_flag_test_and_set(&c->busy))
			continue;
		if (!c->ready)
			c->ready = compile(re, &c->compiled) == 0;
		if (c->ready)
			return c;
		atomic_flag_clear(&c->busy);
		return NULL;
	}
	return NULL;
}

bool sgn_regex_search(const struct sgn_regex *re, const char *text)
{
	struct copy *own = take_copy(re);
	/* The first is always there, and its own lock lets us wait. */
	const struct copy *c = own ? own : &re->copies[0];
	locale_t before = uselocale(re->locale);
	bool found = regexec(&c->compiled, text, 0, NULL, 0) == 0;

	uselocale(before);
	if (own)
		atomic_flag_clear(&own->busy);
	return found;
}
