/* SPDX-License-Identifier: Apache-2.0 */
/* The only place that prints what went wrong: always on standard error, always in the same form. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "signer/cli/cmd.h"
#include "signer/cli/out_json.h"

static void print_cure(const struct out *out, const char *cure)
{
	if (cure && *cure)
		out_line(out, "  cure: %s", cure);
}

/* " [-67049 errSecCSBadObjectFormat]" */
static void text_osstatus(int32_t osstatus, char *out, size_t room)
{
	const char *name = osstatus ? sgn_osstatus_name(osstatus) : NULL;

	out[0] = '\0';
	if (osstatus)
		snprintf(out, room, " [%" PRId32 "%s%s]", osstatus, name ? " " : "",
		         name ? name : "");
}

static void point_to_help(const struct out *out, enum verb_id verb)
{
	const struct verb *v = verb < VERB_COUNT ? &verb_table[verb] : NULL;

	if (!v || verb == VERB_HELP)
		out_line(out, "  see: signet help");
	else
		out_line(out, "  see: signet help %s%s%s", v->word, v->sub ? " " : "",
		         v->sub ? v->sub : "");
}

static void print_usage_text(const struct out *out, enum verb_id verb, const char *text,
                             const char *hint)
{
	const struct verb *v = verb < VERB_COUNT ? &verb_table[verb] : NULL;

	out_line(out, "signet%s%s%s%s: %s", v ? " " : "", v ? v->word : "", v && v->sub ? " " : "",
	         v && v->sub ? v->sub : "", text);
	if (*hint)
		out_line(out, "  %s", hint);
	point_to_help(out, verb);
}

/* What the person at the keyboard did, not what is in a file. */
static bool is_usage(const char *path, const struct sgn_error *err)
{
	return err->code == SGN_E_USAGE && !path && !err->path;
}

void print_error_text(const struct cli *cli, const char *path, const struct sgn_error *err)
{
	const char *file = err->path ? err->path : path;
	char offset[48] = "", osstatus[96];

	if (is_usage(path, err)) {
		print_usage_text(&cli->err, cli->verb, err->text, err->cure);
		return;
	}
	if (err->offset != SGN_NO_OFFSET)
		snprintf(offset, sizeof(offset), " (offset %" PRIu64 ")", err->offset);
	text_osstatus(err->osstatus, osstatus, sizeof(osstatus));
	out_line(&cli->err, "signet: %s%s%s%s%s%s%s%s%s", file ? file : "", file ? ": " : "",
	         err->subcomponent ? err->subcomponent : "", err->subcomponent ? ": " : "",
	         err->arch, *err->arch ? ": " : "", err->text, offset, osstatus);
	print_cure(&cli->err, err->cure);
	if (cli->debug)
		out_line(&cli->err, "  at: %s (%s)", err->where ? err->where : "signer/cli",
		         sgn_status_name(err->code));
}

enum exit_status print_error(struct cli *cli, const char *path, const struct sgn_error *err)
{
	print_error_text(cli, path, err);
	if (cli->results && !is_usage(path, err))
		json_add_failure(cli->results, path, err);
	return cli_status(err);
}

void print_problem(const struct out *err, enum verb_id verb, const struct opt_problem *problem)
{
	print_usage_text(err, verb, problem->text, problem->hint);
}

enum exit_status print_usage(struct cli *cli, const char *fmt, ...)
{
	struct opt_problem problem = {"", ""};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(problem.text, sizeof(problem.text), fmt, ap);
	va_end(ap);
	print_problem(&cli->err, cli->verb, &problem);
	return EXIT_USAGE;
}

void print_note(struct cli *cli, const struct sgn_note *note)
{
	bool warning = note->level == SGN_NOTE_WARNING;
	const char *arch = note->arch ? note->arch : "";

	if (cli->notes)
		json_add_note(cli->notes, note);
	if (!warning && cli->verbosity == 0)
		return;
	if (cli->quiet)
		return;
	out_paint(&cli->err, warning ? PAINT_WARN : PAINT_NONE, "signet: %s: %s%s%s%s%s",
	          warning ? "warning" : "note", note->path ? note->path : "",
	          note->path ? ": " : "", arch, *arch ? ": " : "", note->text);
	print_cure(&cli->err, note->cure);
}

void print_warning(struct cli *cli, const char *path, const char *text, const char *cure)
{
	struct sgn_note note = {SGN_NOTE_WARNING, path, "", text, cure};

	print_note(cli, &note);
}
