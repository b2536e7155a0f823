/* SPDX-License-Identifier: Apache-2.0 */
/* Help pages, made from verbs.def and opt.def. */
#include <string.h>

#include "signer/cli/cmd.h"

#define PAGE_WIDTH  80
#define HELP_COLUMN 30

static const char *const group_titles[GROUP_COUNT] = {
	[GROUP_WHO] = "Who signs",          [GROUP_WHAT] = "What the signature says",
	[GROUP_HOW] = "How it is made",     [GROUP_BUNDLE] = "Bundles and what lies in them",
	[GROUP_CHECK] = "What is checked",  [GROUP_SHOW] = "What is shown",
	[GROUP_TEST] = "The test identity", [GROUP_OUTPUT] = "Where it goes",
	[GROUP_COMMON] = "In general",      [GROUP_CODESIGN] = "Of codesign, without effect here",
};

static void print_title(const struct out *out, const char *title)
{
	out_line(out, "");
	out_paint(out, PAINT_BOLD, "%s", title);
}

static void print_option(const struct out *out, const struct opt *o)
{
	bool value = o->arg != ARG_NONE;
	bool optional = o->arg == ARG_OPTIONAL || o->arg == ARG_COUNT;
	char left[80];
	int used;

	used = snprintf(left, sizeof(left), "  %c%c%s --%s%s%s%s", o->letter ? '-' : ' ',
	                o->letter ? o->letter : ' ', o->letter ? "," : " ", o->name,
	                optional ? "[=" : (value ? " " : ""), value ? o->arg_name : "",
	                optional ? "]" : "");
	fputs(left, out->file);
	if (used > HELP_COLUMN - 2)
		fprintf(out->file, "\n%*s", HELP_COLUMN, "");
	else
		fprintf(out->file, "%*s", HELP_COLUMN - used, "");
	out_wrapped(out, HELP_COLUMN, PAGE_WIDTH, o->help);
}

static void print_group(const struct out *out, enum verb_id verb, enum opt_group group)
{
	bool any = false;

	for (int i = 0; i < OPT_COUNT; i++) {
		const struct opt *o = &opt_table[i];

		if (!(o->verbs & (1u << verb)) || o->group != group || o->kind == OPT_REFUSED)
			continue;
		if (!any)
			print_title(out, group_titles[group]);
		any = true;
		print_option(out, o);
	}
}

static void print_examples(const struct out *out, const char *text)
{
	bool command = false;

	print_title(out, "Examples");
	for (; *text; text += strcspn(text, "\n") + 1) {
		int size = (int)strcspn(text, "\n");

		if (command)
			out_line(out, "      %.*s", size, text);
		else
			out_line(out, "  %.*s", size, text);
		command = !command;
	}
}

void help_verb(const struct out *out, enum verb_id verb)
{
	const struct verb *v = &verb_table[verb];

	out_line(out, "signet %s%s%s: %s", v->word, v->sub ? " " : "", v->sub ? v->sub : "",
	         v->summary);
	out_line(out, "");
	out_line(out, "Usage: signet %s%s%s [options]%s%s", v->word, v->sub ? " " : "",
	         v->sub ? v->sub : "", v->operands[0] ? " " : "", v->operands);
	print_examples(out, v->examples);
	for (int g = 0; g < GROUP_COUNT; g++)
		print_group(out, verb, (enum opt_group)g);
	out_line(out, "");
	out_line(out, "More: man signet-%s", v->word);
}

static void print_verbs(const struct out *out, const char *only)
{
	for (int i = 0; i < VERB_COUNT; i++) {
		const struct verb *v = &verb_table[i];
		char name[40];

		if (only && strcmp(only, v->word) != 0)
			continue;
		snprintf(name, sizeof(name), "%s%s%s", v->word, v->sub ? " " : "",
		         v->sub ? v->sub : "");
		out_line(out, "  %-24s %s", name, v->summary);
	}
}

void help_group(const struct out *out, const char *word)
{
	out_line(out, "Usage: signet %s COMMAND [options] ...", word);
	out_line(out, "");
	print_verbs(out, word);
	out_line(out, "");
	out_line(out, "signet help %s COMMAND tells more about one of them.", word);
}

void help_overview(const struct out *out)
{
	out_line(out, "signet: code signing for Apple platforms, anywhere");
	out_line(out, "");
	out_line(out, "Usage: signet COMMAND [options] FILE...");
	out_line(out, "");
	print_verbs(out, NULL);
	print_examples(out, "Sign a tool ad hoc, and look at the result:\n"
	                    "signet sign -s - tool && signet show tool\n"
	                    "Sign it with a certificate:\n"
	                    "signet sign -f -s id.p12 --password-env PW --timestamp=none tool\n"
	                    "Check it:\n"
	                    "signet verify tool\n");
	out_line(out, "");
	out_line(out, "signet help COMMAND tells more about one command, signet --version which");
	out_line(out,
	         "version this is. Exit status: 0 done, 1 failed, 2 bad usage, 3 requirement not");
	out_line(out, "met.");
}

/* "help identity" names a group, "help identity show" a command. */
static bool is_group(const char *word)
{
	for (int i = 0; i < VERB_COUNT; i++)
		if (verb_table[i].sub && !strcmp(verb_table[i].word, word))
			return true;
	return false;
}

enum exit_status cmd_help(struct cli *cli)
{
	const struct opts *o = &cli->opts;
	const char *word = o->operand_count ? o->operands[0] : NULL;

	if (!word) {
		help_overview(&cli->out);
		return EXIT_DONE;
	}
	if (o->operand_count == 1 && is_group(word)) {
		help_group(&cli->out, word);
		return EXIT_DONE;
	}
	for (int i = 0; i < VERB_COUNT; i++) {
		const struct verb *v = &verb_table[i];
		const char *sub = o->operand_count > 1 ? o->operands[1] : NULL;

		if (!strcmp(v->word, word) && (!v->sub || (sub && !strcmp(v->sub, sub)))) {
			help_verb(&cli->out, (enum verb_id)i);
			return EXIT_DONE;
		}
	}
	return print_usage(cli, "there is no command %s%s%s", word, o->operand_count > 1 ? " " : "",
	                   o->operand_count > 1 ? o->operands[1] : "");
}
