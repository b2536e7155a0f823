/* SPDX-License-Identifier: Apache-2.0 */
/* signet: find the command, read the options, run, tell how it ended. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "signer/cli/cmd.h"
#include "signer/cli/out_json.h"

/* Half-written files must not stay behind when somebody stops the program. The handler is reset
 * before it runs, so the second raise ends the program as the signal would have. */
static void on_signal(int number)
{
	sgn_emergency_cleanup();
	raise(number);
}

static void catch_signals(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
	struct sigaction old;

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		/* nohup and the like: what is ignored stays ignored. */
		if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
	}
}

static enum exit_status unknown_command(size_t argc, const char *const argv[])
{
	struct opt_problem problem = {"", ""};
	struct out err;
	const char *guess;

	out_init(&err, stderr, false);
	if (argc == 0) {
		help_overview(&err);
		return EXIT_USAGE;
	}
	for (int i = 0; i < VERB_COUNT; i++) {
		if (!strcmp(verb_table[i].word, argv[0])) {
			help_group(&err, argv[0]);
			return EXIT_USAGE;
		}
	}
	snprintf(problem.text, sizeof(problem.text), "%s %.80s",
	         argv[0][0] == '-' ? "options come behind the command:" : "there is no command",
	         argv[0]);
	guess = verb_nearest(argv[0]);
	if (guess)
		snprintf(problem.hint, sizeof(problem.hint), "did you mean %s?", guess);
	print_problem(&err, VERB_COUNT, &problem);
	return EXIT_USAGE;
}

/* The words that are no command: --version, --help. */
static bool answer_early(size_t argc, const char *const argv[])
{
	struct out out;

	out_init(&out, stdout, false);
	if (argc == 1 && !strcmp(argv[0], "--version")) {
		out_line(&out, "signet %s", sgn_version());
		return true;
	}
	if (argc >= 1 && (!strcmp(argv[0], "--help") || !strcmp(argv[0], "-h"))) {
		help_overview(&out);
		return true;
	}
	return false;
}

static void cli_setup(struct cli *cli)
{
	const struct opts *o = &cli->opts;
	bool no_colour = opts_has(o, OPT_NO_COLOR);

	out_init(&cli->out, stdout, no_colour);
	out_init(&cli->err, stderr, no_colour);
	cli->verbosity = opts_level(o, OPT_VERBOSE);
	cli->quiet = opts_has(o, OPT_QUIET);
	cli->debug = opts_has(o, OPT_DEBUG);
	cli->json = opts_has(o, OPT_JSON);
	if (cli->json) {
		cli->results = json_new_array();
		cli->notes = json_new_array();
	}
}

static void cli_dispose(struct cli *cli)
{
	sgn_context_free(cli->ctx);
	json_decref(cli->results);
	json_decref(cli->notes);
	opts_dispose(&cli->opts);
}

static enum exit_status run_verb(struct cli *cli)
{
	const struct verb *v = &verb_table[cli->verb];
	enum exit_status status;

	if (opts_has(&cli->opts, OPT_HELP)) {
		help_verb(&cli->out, cli->verb);
		return EXIT_DONE;
	}
	if (cli->opts.operand_count < v->min_operands)
		return print_usage(cli, "%s is missing", v->operands);
	status = v->run(cli);
	/* Bad usage is for the person who types, unless it concerns one file of several. */
	if (!cli->json || (status == EXIT_USAGE && json_array_size(cli->results) == 0))
		return status;
	return json_print(cli, status) ? status : EXIT_FAILED;
}

/* A full disk or a closed pipe must not look like success. */
static enum exit_status flush(struct cli *cli, enum exit_status status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	out_line(&cli->err, "signet: standard output: %s", strerror(errno));
	return status == EXIT_DONE ? EXIT_FAILED : status;
}

static enum exit_status run(size_t argc, const char *const argv[])
{
	struct cli cli = {.verb = VERB_COUNT};
	struct opt_problem problem;
	enum exit_status status = EXIT_USAGE;
	size_t words = 0;

	out_init(&cli.err, stderr, false);
	if (answer_early(argc, argv))
		return flush(&cli, EXIT_DONE);
	cli.verb = verb_find(argc, argv, &words);
	if (cli.verb == VERB_COUNT)
		return unknown_command(argc, argv);
	if (opts_parse(cli.verb, argc - words, argv + words, &cli.opts, &problem)) {
		cli_setup(&cli);
		status = flush(&cli, run_verb(&cli));
	} else {
		print_problem(&cli.err, cli.verb, &problem);
	}
	cli_dispose(&cli);
	return status;
}

int main(int argc, char **argv)
{
	sgn_no_core_dumps();
	catch_signals();
	/* A line at a time: so lines stay whole where several programs write to one log. */
	setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
	return (int)run(argc > 0 ? (size_t)argc - 1 : 0, (const char *const *)argv + (argc > 0));
}
