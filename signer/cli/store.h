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

/* who.c: is to be looked up in the folder. */
bool who_is_name(const char *who);

/* One identity, for people. requirement: what signing would store, or NULL; candidate: how it lies in the
 * folder, or NULL. */
void text_identity_more(const struct out *out, const struct sgn_identity_info *info,
                        const char *requirement, const struct sgn_identity_candidate *candidate);
/* All of them. level 1: with what was left out for good reasons; 2: with chains and hidden files. */
void text_store(const struct out *out, const char *dir, const struct sgn_identity_store *store,
                unsigned level);

#endif
