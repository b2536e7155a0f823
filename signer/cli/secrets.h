/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where passwords come from: a file, a descriptor, an environment variable, or a person at a terminal;
 * never the command line, which every user of the machine can read.
 */
#ifndef SIGNER_CLI_SECRETS_H
#define SIGNER_CLI_SECRETS_H

#include "signer/cli/cmd.h"

#define SECRET_MAX 1024

/* Wiped by secret_wipe() on every way out. */
struct secret {
	char text[SECRET_MAX];
	bool given;
};

/* The options that name one password: three places, which exclude each other. */
struct secret_options {
	enum opt_id file, fd, env;
};
extern const struct secret_options secret_password;     /* --password-... */
extern const struct secret_options secret_key_password; /* --key-password-... */
extern const struct secret_options secret_new_password; /* --password-... of a file that is made */
extern const struct secret_options secret_pin;          /* --pin-... */

extern const struct secret_options secret_import_password;

/* Reads what the options name; given stays false when they name nothing. */
int secret_from(struct cli *cli, const struct secret_options *options, struct secret *out,
                struct sgn_error *err);
/* The same for --password-... */
int secret_from_options(struct cli *cli, struct secret *out, struct sgn_error *err);
void secret_wipe(void *data, size_t size);

/* For sgn_identity_source.ask, arg is that source: asks on the terminal with the echo off. Negative without a terminal, or
 * when the person gives up. */
int secret_ask(void *arg, const char *what, char *out, size_t room);

/* A password for a new file: asked for twice. SGN_E_USAGE without a terminal. */
int secret_ask_new(const char *path, struct secret *out, struct sgn_error *err);

/* For sgn_token_source.ask; arg is not used. */
int secret_ask_pin(void *arg, const char *what, char *out, size_t room);

#endif
