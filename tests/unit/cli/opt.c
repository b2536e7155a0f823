/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/cli/opt.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define WORDS(...)          \
	{                   \
		__VA_ARGS__ \
	}
#define PARSE(verb, words, o, p) opts_parse(verb, sizeof(words) / sizeof((words)[0]), words, o, p)

Test(cli_opt, letters_may_be_joined_and_the_last_takes_the_next_word)
{
	const char *const words[] = WORDS("-fs", "-", "tool");
	struct opt_problem p;
	struct opts o;

	cr_assert(PARSE(VERB_SIGN, words, &o, &p));
	cr_assert(opts_has(&o, OPT_FORCE));
	cr_assert_str_eq(opts_value(&o, OPT_SIGN), "-");
	cr_assert_eq(o.operand_count, 1);
	cr_assert_str_eq(o.operands[0], "tool");
	opts_dispose(&o);
}

Test(cli_opt, a_value_may_follow_its_letter_and_keeps_its_equals_sign)
{
	const char *const words[] = WORDS("-r=designated => anchor apple", "-icom.example", "-s-");
	struct opt_problem p;
	struct opts o;

	cr_assert(PARSE(VERB_SIGN, words, &o, &p));
	cr_assert_str_eq(opts_value(&o, OPT_REQUIREMENTS), "=designated => anchor apple");
	cr_assert_str_eq(opts_value(&o, OPT_IDENTIFIER), "com.example");
	cr_assert_str_eq(opts_value(&o, OPT_SIGN), "-");
	opts_dispose(&o);
}

Test(cli_opt, an_optional_value_is_never_the_next_word)
{
	const char *const words[] = WORDS("--preserve-metadata", "tool", "--timestamp=none");
	struct opt_problem p;
	struct opts o;

	cr_assert(PARSE(VERB_SIGN, words, &o, &p));
	cr_assert(opts_has(&o, OPT_PRESERVE));
	cr_assert_null(opts_value(&o, OPT_PRESERVE));
	cr_assert_str_eq(opts_value(&o, OPT_TIMESTAMP), "none");
	cr_assert_eq(o.operand_count, 1);
	opts_dispose(&o);
}

Test(cli_opt, the_last_value_wins)
{
	const char *const words[] = WORDS("-i", "a", "--identifier", "b", "--identifier=c");
	struct opt_problem p;
	struct opts o;

	cr_assert(PARSE(VERB_SIGN, words, &o, &p));
	cr_assert_str_eq(opts_value(&o, OPT_IDENTIFIER), "c");
	cr_assert_eq(opts_count(&o, OPT_IDENTIFIER), 3);
	opts_dispose(&o);
}

Test(cli_opt, repeated_options_come_in_order)
{
	const char *const words[] = WORDS("--cert-chain", "a", "-f", "--cert-chain=b");
	struct opt_problem p;
	size_t pos = 0;
	struct opts o;

	cr_assert(PARSE(VERB_SIGN, words, &o, &p));
	cr_assert_str_eq(opts_next(&o, OPT_CERT_CHAIN, &pos), "a");
	cr_assert_str_eq(opts_next(&o, OPT_CERT_CHAIN, &pos), "b");
	cr_assert_null(opts_next(&o, OPT_CERT_CHAIN, &pos));
	opts_dispose(&o);
}

Test(cli_opt, verbosity_counts_or_is_a_number)
{
	const char *const counted[] = WORDS("-vv", "--verbose");
	const char *const number[] = WORDS("-v", "--verbose=5");
	struct opt_problem p;
	struct opts o;

	cr_assert(PARSE(VERB_SHOW, counted, &o, &p));
	cr_assert_eq(opts_level(&o, OPT_VERBOSE), 3);
	opts_dispose(&o);
	cr_assert(PARSE(VERB_SHOW, number, &o, &p));
	cr_assert_eq(opts_level(&o, OPT_VERBOSE), 5);
	opts_dispose(&o);
}

Test(cli_opt, two_dashes_end_the_options_and_one_is_a_file)
{
	const char *const words[] = WORDS("-", "--", "-f", "--");
	struct opt_problem p;
	struct opts o;

	cr_assert(PARSE(VERB_SIGN, words, &o, &p));
	cr_assert_eq(o.operand_count, 3);
	cr_assert_str_eq(o.operands[1], "-f");
	cr_assert_str_eq(o.operands[2], "--");
	cr_assert_not(opts_has(&o, OPT_FORCE));
	opts_dispose(&o);
}

Test(cli_opt, options_belong_to_their_command)
{
	const char *const words[] = WORDS("--entitlements", "tool");
	const char *const sign_only[] = WORDS("--force", "tool");
	struct opt_problem p;
	struct opts o;

	cr_assert(PARSE(VERB_SHOW, words, &o, &p), "show has it with an optional value");
	cr_assert(opts_has(&o, OPT_SHOW_ENTITLEMENTS));
	cr_assert_not(opts_has(&o, OPT_ENTITLEMENTS));
	opts_dispose(&o);
	cr_assert_not(PARSE(VERB_VERIFY, sign_only, &o, &p));
	opts_dispose(&o);
}

Test(cli_opt, problems_name_the_option_and_a_likely_one)
{
	static const struct {
		const char *word, *text, *hint;
	} cases[] = {
		{"--identifer=x", "unknown option --identifer", "did you mean --identifier?"},
		{"--zzzz", "unknown option --zzzz", ""},
		{"-Z", "unknown option -Z", ""},
		{"--force=yes", "--force takes no value", ""},
		{"--verbose=x", "--verbose: x is not a number", ""},
		{"--output", "--output needs a value: --output PATH", ""},
		{"-s", "-s needs a value: -s IDENTITY", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char word[40];
		const char *const words[] = {word};
		struct opt_problem p;
		struct opts o;

		snprintf(word, sizeof(word), "%s", cases[i].word);
		cr_assert_not(PARSE(VERB_SIGN, words, &o, &p), "%s", word);
		cr_assert_str_eq(p.text, cases[i].text);
		cr_assert_str_eq(p.hint, cases[i].hint);
		opts_dispose(&o);
	}
}

Test(cli_opt, a_very_long_word_is_refused_and_not_compared)
{
	static char word[5000];
	const char *const words[] = {word};
	struct opt_problem p;
	struct opts o;

	memset(word, 'a', sizeof(word) - 1);
	memcpy(word, "--", 2);
	cr_assert_not(PARSE(VERB_SIGN, words, &o, &p));
	cr_assert_eq(strlen(p.text), strlen("unknown option --") + 200);
	opts_dispose(&o);
}

Test(cli_opt, what_codesign_has_and_signet_has_not_is_refused_with_the_reason)
{
	const char *const words[] = WORDS("--deep", "tool");
	struct opt_problem p;
	struct opts o;

	cr_assert_not(PARSE(VERB_SIGN, words, &o, &p));
	cr_assert(strstr(p.text, "nested"));
	opts_dispose(&o);
}

Test(cli_opt, each_command_has_each_name_and_letter_once)
{
	for (int verb = 0; verb < VERB_COUNT; verb++) {
		for (int i = 0; i < OPT_COUNT; i++) {
			const struct opt *a = &opt_table[i];

			for (int k = i + 1; k < OPT_COUNT; k++) {
				const struct opt *b = &opt_table[k];

				if (!(a->verbs & b->verbs & (1u << verb)))
					continue;
				cr_assert_str_neq(a->name, b->name);
				cr_assert(!a->letter || a->letter != b->letter, "%s, %s", a->name,
				          b->name);
			}
		}
	}
}

Test(cli_opt, only_options_with_a_value_name_it)
{
	for (int i = 0; i < OPT_COUNT; i++)
		cr_assert_eq(opt_table[i].arg_name != NULL, opt_table[i].arg != ARG_NONE, "--%s",
		             opt_table[i].name);
}

Test(cli_opt, edit_distance_counts_steps)
{
	cr_assert_eq(edit_distance("", ""), 0);
	cr_assert_eq(edit_distance("sign", "sign"), 0);
	cr_assert_eq(edit_distance("sing", "sign"), 2);
	cr_assert_eq(edit_distance("verify", "verfy"), 1);
	cr_assert_eq(edit_distance("", "show"), 4);
}
