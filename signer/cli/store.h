/* SPDX-License-Identifier: Apache-2.0 */
/* The folder of identities, with the options that name it and open it. */
#ifndef SIGNER_CLI_STORE_H
#define SIGNER_CLI_STORE_H

#include "signer/cli/secrets.h"

/* Reads the folder, with --key and --cert-chain. secret: tried on what needs a password. */
int store_open(struct cli *cli, const struct secret *secret, struct sgn_identity_store **out,
               struct sgn_error *err);

/*
 * The candidate that a name means. Where a password is missing and a person is there, asks for it once and
 * reads the folder again: *store may then be another one. It is freed by the caller in any case.
 */
int store_find(struct cli *cli, struct secret *secret, const char *name, unsigned ignore,
               struct sgn_identity_store **store, const struct sgn_identity_candidate **candidate,
               struct sgn_error *err);

/* Names a file, and no folder. */
bool store_is_file(const char *who);

/* text_store.c, json_store.c */
void text_store(const struct out *out, const char *dir, const struct sgn_identity_store *store,
                unsigned level);
void json_store(struct json_t *result, const struct sgn_identity_store *store);

#endif
