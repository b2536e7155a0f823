/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a pattern's matches surely contain. Regular expressions are the hot path of sealing a large
 * bundle; nearly all of them fail, and a comparison of bytes can tell. Only what is certain is taken:
 * anything unusual in a pattern ends the search for literals.
 */
#include <string.h>

#include "signer/bundle/rules_internal.h"

struct scan {
	const char *p; /* NULL: something that is not understood */
	char *text;    /* the run of literals so far */
	size_t len;
	bool at_start; /* the run begins where the path does */
	size_t pieces; /* that are not literal */
	struct sgn_rule *rule;
};

/* A run of literals is over: the first one may be the prefix; of the others the longest is kept. */
static void end_run(struct scan *s)
{
	s->text[s->len] = '\0';
	if (s->at_start) {
		s->rule->prefix = s->text;
		s->rule->prefix_len = s->len;
	} else if (s->len > strlen(s->rule->inside)) {
		s->rule->inside = s->text;
	}
	s->text += s->len + 1;
	s->len = 0;
	s->at_start = false;
}

/* Behind a bracket expression; NULL for one with classes in it, which are rare. */
static const char *behind_bracket(const char *p)
{
	p++;
	if (*p == '^')
		p++;
	if (*p == ']')
		p++;
	p += strcspn(p, "[]");
	return *p == ']' ? p + 1 : NULL;
}

static const char *behind_group(const char *p)
{
	size_t depth = 0;

	while (p && *p != '\0') {
		if (*p == '[') {
			p = behind_bracket(p);
			continue;
		}
		if (*p == '\\' && p[1] != '\0')
			p++;
		else if (*p == '(')
			depth++;
		else if (*p == ')' && --depth == 0)
			return p + 1;
		p++;
	}
	return NULL;
}

static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* One literal character at p: how many bytes of the pattern it takes, 0 when there is none. */
static size_t literal_at(const char *p, char *out)
{
	static const char special[] = ".[]()*+?{}|^$\\";

	if (*p == '\\') {
		*out = p[1];
		return is_one_of(p[1], special) || is_one_of(p[1], "/-") ? 2 : 0;
	}
	*out = *p;
	return *p != '\0' && !is_one_of(*p, special) ? 1 : 0;
}

/* Behind a piece that matches varying text, without its quantifier; NULL when it is not understood. */
static const char *behind_piece(const char *p, size_t literal)
{
	if (literal > 0)
		return p + literal;
	switch (*p) {
	case '.': return p + 1;
	case '[': return behind_bracket(p);
	case '(': return behind_group(p);
	default: return NULL;
	}
}

static void take(struct scan *s)
{
	char c;
	size_t len = literal_at(s->p, &c);

	if (len > 0 && !is_one_of(s->p[len], "*+?{")) {
		s->text[s->len++] = c;
		s->p += len;
		return;
	}
	end_run(s);
	s->pieces++;
	s->p = behind_piece(s->p, len);
	if (s->p && is_one_of(*s->p, "*+?"))
		s->p++;
	if (s->p && is_one_of(*s->p, "*+?{"))
		s->p = NULL;
}

/* "a|b" outside of groups means that nothing is certain. */
static bool has_alternative(const char *p)
{
	while (p && *p != '\0') {
		if (*p == '|')
			return true;
		if (*p == '(')
			p = behind_group(p);
		else if (*p == '[')
			p = behind_bracket(p);
		else
			p += *p == '\\' && p[1] != '\0' ? 2 : 1;
	}
	return p == NULL;
}

bool sgn_rule_literals(struct sgn_arena *arena, struct sgn_rule *rule, bool *needs_regex)
{
	struct scan s = {.p = rule->pattern, .rule = rule};

	*needs_regex = true;
	rule->prefix = rule->inside = "";
	/* Each run has a character or more of the pattern before the next one, and a NUL. */
	s.text = sgn_arena_array(arena, strlen(rule->pattern) + 2, 2);
	if (!s.text)
		return false;
	if (has_alternative(s.p))
		return true;
	s.at_start = *s.p == '^';
	s.p += s.at_start;
	while (s.p && *s.p != '\0' && strcmp(s.p, "$") != 0) {
		if (s.at_start && s.pieces == 0 && strcmp(s.p, ".*") == 0)
			break; /* "and whatever follows" */
		take(&s);
	}
	if (s.at_start && s.p) {
		*needs_regex = false;
		rule->to_end = *s.p == '$';
	}
	if (s.p)
		end_run(&s);
	return true;
}
