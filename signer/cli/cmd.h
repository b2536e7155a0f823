/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all commands share: the table of commands, the state of one run, exit statuses, and the small
 * things each command would otherwise do for itself.
 */
#ifndef SIGNER_CLI_CMD_H
#define SIGNER_CLI_CMD_H

#include <signet/signet.h>

#include "signer/cli/opt.h"
#include "signer/cli/out.h"

/* As codesign: docs/format/verification.md, "exit status". */
enum exit_status { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_UNMET = 3 };

struct json_t;
struct cli;

struct verb {
	const char *word, *sub; /* sub may be NULL */
	enum exit_status (*run)(struct cli *cli);
	const char *operands;
	size_t min_operands;
	const char *summary;
	const char *examples;
};

extern const struct verb verb_table[VERB_COUNT];

/* The verb that argv begins with, and the number of words it takes; VERB_COUNT: none. */
enum verb_id verb_find(size_t argc, const char *const argv[], size_t *words);
/* A word that may have been meant, or NULL. */
const char *verb_nearest(const char *word);

/* One run of the program. */
struct cli {
	enum verb_id verb;
	struct opts opts;
	struct out out; /* standard output */
	struct out err; /* standard error */
	unsigned verbosity;
	bool quiet, debug, json;
	struct sgn_context *ctx; /* NULL until cli_open() */
	struct json_t *results;  /* arrays; NULL without --json */
	struct json_t *notes;
};

/* Makes cli->ctx from the options. False: the error is printed, *status says how to end. */
bool cli_open(struct cli *cli, enum exit_status *status);

/* Runs one() for every operand; the first status that is not 0 is kept, as codesign keeps it. */
enum exit_status cli_each(struct cli *cli,
                          enum exit_status (*one)(struct cli *cli, const char *path, void *arg),
                          void *arg);

/* The exit status for an error of the library. */
enum exit_status cli_status(const struct sgn_error *err);

/* Fills an error as the library would; the returned status is code. */
int cli_fail(struct sgn_error *err, enum sgn_status code, const char *fmt, ...);
void cli_cure(struct sgn_error *err, const char *fmt, ...);

/* malloc and free that end the program when there is no memory. */
void *cli_alloc(size_t size);
char *cli_format(const char *fmt, ...);

/* A whole file; "-" is standard input. data has a NUL behind it; freed with free(). */
struct bytes {
	char *data;
	size_t size;
};
int bytes_load(const char *what, const char *path, struct bytes *out, struct sgn_error *err);
/* The same with another limit than that for small files. */
int bytes_load_max(const char *what, const char *path, size_t max, struct bytes *out,
                   struct sgn_error *err);
/* Replaces the file in one step; "-" is standard output. */
int bytes_store(const char *path, const void *data, size_t size, struct sgn_error *err);
/* "=TEXT", a file, or "-": the rule of -r and -R. */
int bytes_requirement(const char *option, const char *value, struct bytes *out,
                      struct sgn_error *err);

/* Values of options. option is what the message names. */
int parse_u32(const char *option, const char *text, uint32_t max, uint32_t *out,
              struct sgn_error *err);
int parse_time(const char *option, const char *text, int64_t *out, struct sgn_error *err);
/* Bits of enum sgn_preserve; text NULL: Apple's list. Names that mean nothing any more are named in
 * ignored. */
int parse_preserve(const char *text, unsigned *bits, const char **ignored, struct sgn_error *err);
/* --encryption: "modern" or "legacy"; NULL leaves *out alone. */
int parse_encryption(const char *text, enum sgn_p12_encryption *out, struct sgn_error *err);
int parse_digests(const char *text, struct sgn_sign_options *opts, struct sgn_error *err);

/* --in-place, and what it may not be combined with. */
int parse_in_place(const struct opts *o, bool *in_place, bool *links, struct sgn_error *err);

/* Fills opts from the options; what must live until signing is over goes to hold. */
struct item_rules;
struct profile_list;
struct sign_hold {
	struct item_rules *rules;
	struct profile_list *profiles;
	struct bytes entitlements;
	struct bytes requirements;
	struct bytes constraints[SGN_CONSTRAINT_COUNT];
};
int sign_options(struct cli *cli, struct sgn_sign_options *opts, struct sign_hold *hold,
                 struct sgn_error *err);
/* item_rules.c: --settings, --entitlements-for and its like. *out is to be freed in any case. */
int item_rules_take(const struct opts *o, struct item_rules **out, struct sgn_sign_options *opts,
                    struct sgn_error *err);
void item_rules_free(struct item_rules *rules);

/* profiles.c: --profile and --profile-dir. *out is to be freed in any case. */
int profiles_take(const struct opts *o, struct profile_list **out, struct sgn_sign_options *opts,
                  struct sgn_error *err);
void profiles_free(struct profile_list *profiles);
void sign_hold_dispose(struct sign_hold *hold);

/* The identity that -s means, with the password sources of the options: an existing file, or a name or SHA-1
 * in the folder of identities. */
int identity_open(struct cli *cli, const char *who, struct sgn_identity **out,
                  struct sgn_error *err);

/* --cert-chain; files has room for all of them. Returns their number. */
size_t chain_files(const struct opts *o, const char **files);

/* The folder of the identities: --identities, SIGNET_IDENTITIES, or the default. It need not exist. Freed
 * with free(). */
int identities_dir(const struct cli *cli, char **out, struct sgn_error *err);

/* token.c: the same for pkcs11: URIs. */
bool token_is_uri(const char *who);
int token_open(struct cli *cli, const char *uri, struct sgn_identity **out, struct sgn_error *err);
/* SGN_E_USAGE when an option for tokens goes with a file. */
int token_refuse_options(const struct cli *cli, struct sgn_error *err);

/* handover.c: --prepare and --attach. */
bool handover_wanted(const struct opts *o);
int handover_check_options(const struct opts *o, struct sgn_error *err);
/* Signs in two steps; one() signs an operand for good. */
enum exit_status handover_sign(struct cli *cli, struct sgn_sign_options *opts,
                               enum exit_status (*one)(struct cli *cli, const char *path,
                                                       void *arg));

enum exit_status cmd_sign(struct cli *cli);
enum exit_status cmd_sign_digests(struct cli *cli);
enum exit_status cmd_verify(struct cli *cli);
enum exit_status cmd_show(struct cli *cli);
enum exit_status cmd_remove(struct cli *cli);
enum exit_status cmd_identity_list(struct cli *cli);
enum exit_status cmd_identity_show(struct cli *cli);
enum exit_status cmd_identity_make(struct cli *cli);
enum exit_status cmd_identity_join(struct cli *cli);
enum exit_status cmd_identity_csr(struct cli *cli);
enum exit_status cmd_identity_check(struct cli *cli);
enum exit_status cmd_identity_import(struct cli *cli);
enum exit_status cmd_requirement_compile(struct cli *cli);
enum exit_status cmd_requirement_decompile(struct cli *cli);
enum exit_status cmd_requirement_test(struct cli *cli);
enum exit_status cmd_requirement_explain(struct cli *cli);
enum exit_status cmd_requirement_same(struct cli *cli);
enum exit_status cmd_requirement_transfer(struct cli *cli);
enum exit_status cmd_requirement_designated(struct cli *cli);
enum exit_status cmd_bench(struct cli *cli);
enum exit_status cmd_help(struct cli *cli);

/* help.c: pages made from the tables. */
void help_overview(const struct out *out);
void help_verb(const struct out *out, enum verb_id verb);
/* The commands that begin with a word: "identity". */
void help_group(const struct out *out, const char *word);

/* out_error.c: the only place that prints what went wrong. path: the operand, used when the error
 * names no file; may be NULL. */
enum exit_status print_error(struct cli *cli, const char *path, const struct sgn_error *err);
/* The same for standard error alone, when the JSON result has it already. */
void print_error_text(const struct cli *cli, const char *path, const struct sgn_error *err);
enum exit_status print_usage(struct cli *cli, const char *fmt, ...);
void print_problem(const struct out *err, enum verb_id verb, const struct opt_problem *problem);
void print_note(struct cli *cli, const struct sgn_note *note);
void print_warning(struct cli *cli, const char *path, const char *text, const char *cure);

#endif
