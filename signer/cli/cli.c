/* SPDX-License-Identifier: Apache-2.0 */
/* What all commands share. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "signer/cli/cmd.h"

void *cli_alloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (!p) {
		fputs("signet: out of memory\n", stderr);
		exit(EXIT_FAILED);
	}
	return p;
}

int cli_fail(struct sgn_error *err, enum sgn_status code, const char *fmt, ...)
{
	va_list ap;

	sgn_error_dispose(err);
	err->code = code;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return code;
}

void cli_cure(struct sgn_error *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->cure, sizeof(err->cure), fmt, ap);
	va_end(ap);
}

enum exit_status cli_status(const struct sgn_error *err)
{
	return err->code == SGN_E_USAGE ? EXIT_USAGE : EXIT_FAILED;
}

static void on_note(void *arg, const struct sgn_note *note)
{
	print_note(arg, note);
}

/* The files of --apple-root, and the one of SIGNET_APPLE_ROOT. Returns their number. */
static size_t apple_roots(const struct opts *o, const char **files)
{
	const char *from_environment = getenv("SIGNET_APPLE_ROOT");
	size_t pos = 0, n = 0;
	const char *file;

	while ((file = opts_next(o, OPT_APPLE_ROOT, &pos)))
		files[n++] = file;
	if (from_environment && *from_environment)
		files[n++] = from_environment;
	return n;
}

/* Nobody shall mistake a test for the real thing. Said even with -q. */
static void announce_roots(const struct cli *cli, const char *const *files, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out_line(&cli->err,
		         "signet: notice: the certificates in %s count as Apple's in this run",
		         files[i]);
}

bool cli_open(struct cli *cli, enum exit_status *status)
{
	size_t room = opts_count(&cli->opts, OPT_APPLE_ROOT) + 1;
	const char **roots = cli_alloc(room * sizeof(*roots));
	const char *jobs = opts_value(&cli->opts, OPT_JOBS);
	struct sgn_context_options options = {.note = on_note, .note_arg = cli};
	struct sgn_error err = SGN_ERROR_INIT;
	uint32_t count = 0;
	int rc = 0;

	if (jobs)
		rc = parse_u32("--jobs", jobs, 1024, &count, &err);
	options.jobs = count;
	options.apple_roots = roots;
	options.apple_root_count = apple_roots(&cli->opts, roots);
	if (rc == 0)
		rc = sgn_context_new(&options, &cli->ctx, &err);
	if (rc == 0)
		announce_roots(cli, roots, options.apple_root_count);
	else
		*status = print_error(cli, NULL, &err);
	sgn_error_dispose(&err);
	free(roots);
	return rc == 0;
}

enum exit_status cli_each(struct cli *cli,
                          enum exit_status (*one)(struct cli *cli, const char *path, void *arg),
                          void *arg)
{
	enum exit_status kept = EXIT_DONE;

	for (size_t i = 0; i < cli->opts.operand_count; i++) {
		enum exit_status status = one(cli, cli->opts.operands[i], arg);

		if (kept == EXIT_DONE)
			kept = status;
	}
	return kept;
}
