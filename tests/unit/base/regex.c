/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/regex.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "signer/base/limits.h"
#include "signer/base/mem.h"

static bool search(const char *pattern, const char *text)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_regex *re;
	bool found;

	cr_assert_eq(sgn_regex_new(pattern, &re, &err), 0, "%s", err.text);
	found = sgn_regex_search(re, text);
	sgn_regex_free(re);
	return found;
}

Test(base_regex, searches_anywhere_by_extended_syntax)
{
	cr_expect(search("b", "abc"));
	cr_expect_not(search("^b", "abc"));
	cr_expect(search("^.*\\.lproj/", "en.lproj/x"));
	cr_expect_not(search("^.*\\.lproj/", "en_lproj/x"));
	cr_expect(search("\\.dSYM($|/)", "a.dSYM"));
	cr_expect(search("^(.*/)?\\.DS_Store$", ".DS_Store"));
	cr_expect(search("^(.*/)?\\.DS_Store$", "a/b/.DS_Store"));
	cr_expect_not(search("^(.*/)?\\.DS_Store$", "a/b.DS_Store"));
	cr_expect(search("^a{2,3}$", "aaa"));
	cr_expect_not(search("^a{2,3}$", "aaaa"));
	cr_expect(search("", "anything"));
	cr_expect(search("^[]a[:digit:]-]+$", "]a7-"));
	cr_expect(search("^[^])]+$", "(("));
}

Test(base_regex, a_name_is_bytes_whatever_the_locale)
{
	static const char *const locales[] = {"C", "C.UTF-8", "en_US.UTF-8"};

	for (size_t i = 0; i < SGN_ARRAY_LEN(locales); i++) {
		if (!setlocale(LC_ALL, locales[i]))
			continue;
		cr_expect(search("^a.b$", "a\xff"
		                          "b"),
		          "%s", locales[i]);
		cr_expect(search("^a..b$", "a\xc3\xa4"
		                           "b"),
		          "%s", locales[i]);
		cr_expect_not(search("^a.b$", "a\xc3\xa4"
		                              "b"),
		              "%s", locales[i]);
		cr_expect_not(search("[[:alpha:]]", "\xe4"), "%s", locales[i]);
		cr_expect_str_eq(setlocale(LC_ALL, NULL), locales[i], "the locale is left alone");
	}
}

static void expect_refused(const char *pattern, int status)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_regex *re;

	cr_expect_eq(sgn_regex_new(pattern, &re, &err), status, "%.40s", pattern);
	cr_expect_null(re);
	cr_expect(*err.text != '\0');
	sgn_error_dispose(&err);
}

Test(base_regex, bad_patterns_are_refused_with_the_reason)
{
	static const char *const bad[] = {"(a",  "[a",     "a{2",        "a{3,2}", "[[:nothing:]]",
	                                  "a\\", "(a)\\1", "x{70000}y[", "[z-a]"};

	for (size_t i = 0; i < SGN_ARRAY_LEN(bad); i++) {
		struct sgn_regex *re;
		int rc = sgn_regex_new(bad[i], &re, NULL);

		cr_expect(rc == SGN_E_FORMAT || rc == SGN_E_LIMIT, "%s: %d", bad[i], rc);
		cr_expect_null(re);
	}
	expect_refused("(a)\\1", SGN_E_FORMAT);
	expect_refused("[a", SGN_E_FORMAT);
}

Test(base_regex, patterns_that_would_cost_too_much_are_refused, .timeout = 20)
{
	static const char *const costly[] = {
		"((a*)*){4000}",
		"(((((a{9}){9}){9}){9}){9}){9}",
		"a{9}{9}{9}{9}",
		"((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+)+",
		"(a{1000}",
		"a{1024,}",
		"[[:alpha:]]{600}b{600}",
	};
	char deep[2 * SGN_LIMIT_REGEX_DEPTH + 16] = "";
	static char lengthy[SGN_LIMIT_REGEX + 2];

	for (size_t i = 0; i < SGN_ARRAY_LEN(costly); i++) {
		struct sgn_regex *re;
		int rc = sgn_regex_new(costly[i], &re, NULL);

		cr_expect(rc == SGN_E_LIMIT || (i == 4 && rc == SGN_E_FORMAT), "%s: %d", costly[i],
		          rc);
		sgn_regex_free(re);
	}
	memset(deep, '(', SGN_LIMIT_REGEX_DEPTH + 1);
	expect_refused(deep, SGN_E_LIMIT);
	memset(lengthy, 'a', sizeof(lengthy) - 1);
	expect_refused(lengthy, SGN_E_LIMIT);
	lengthy[SGN_LIMIT_REGEX] = '\0';
	cr_expect(search(lengthy, lengthy), "as long as the limit");
}

Test(base_regex, brackets_and_escapes_hide_what_they_hold_from_the_limits)
{
	cr_expect(search("^[(((((((((((((((((((((((((((((((((((((((((((]$", "("));
	cr_expect(search("^\\(\\{99999\\}$", "({99999}"));
	cr_expect(search("^[]{99999}]$", "9}") == false);
	cr_expect(search("^\\\\[[:digit:]]$", "\\1"));
}

struct shared {
	const struct sgn_regex *re;
	long wrong;
};

static void *search_often(void *arg)
{
	struct shared *s = arg;
	char text[64];

	for (int i = 0; i < 3000; i++) {
		snprintf(text, sizeof(text), "dir/%d/x%s", i, i % 3 ? ".strings" : ".plist");
		if (sgn_regex_search(s->re, text) != (i % 3 == 0))
			s->wrong++;
	}
	return NULL;
}

Test(base_regex, many_threads_may_search_at_once, .timeout = 60)
{
	struct sgn_regex *re;
	struct shared s[12];
	pthread_t threads[12];

	cr_assert_eq(sgn_regex_new("^.*/[0-9]+/x\\.plist$", &re, NULL), 0);
	for (size_t i = 0; i < SGN_ARRAY_LEN(threads); i++) {
		s[i] = (struct shared){re, 0};
		cr_assert_eq(pthread_create(&threads[i], NULL, search_often, &s[i]), 0);
	}
	for (size_t i = 0; i < SGN_ARRAY_LEN(threads); i++) {
		pthread_join(threads[i], NULL);
		cr_expect_eq(s[i].wrong, 0);
	}
	sgn_regex_free(re);
}

Test(base_regex, lack_of_memory_is_reported)
{
	struct sgn_regex *re;

	for (unsigned long n = 1; n <= 3; n++) {
		sgn_mem_fail_after(n);
		cr_expect_eq(sgn_regex_new("a", &re, NULL), SGN_E_NOMEM);
		sgn_mem_fail_after(0);
		cr_expect_null(re);
	}
	sgn_regex_free(NULL);
}
