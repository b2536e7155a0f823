/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON printer: the same structs as the text printers, docs/json.md. The keys of an object
 * are always there; what does not apply is null. Running out of memory ends the program.
 */
#ifndef SIGNER_CLI_OUT_JSON_H
#define SIGNER_CLI_OUT_JSON_H

#include <jansson.h>
#include <signet/signet.h>

#include "signer/cli/cmd.h"

#define JSON_SCHEMA 1

json_t *json_new_object(void);
json_t *json_new_array(void);
void json_put(json_t *object, const char *key, json_t *value); /* takes value */
void json_add(json_t *array, json_t *value);                   /* takes value */
json_t *json_text(const char *text);                           /* NULL is null */
json_t *json_number(uint64_t n);
json_t *json_hex(const void *data, size_t size); /* no bytes are null */
json_t *json_when(bool has, int64_t unix_seconds);
json_t *json_version(uint32_t version); /* 0 is null */
json_t *json_osstatus(int32_t osstatus);

/* A result that begins with "path" and "ok"; appended to the results. */
json_t *json_result(json_t *results, const char *path, bool ok);
json_t *json_error(const char *path, const struct sgn_error *err);
void json_add_failure(json_t *results, const char *path, const struct sgn_error *err);
void json_add_note(json_t *notes, const struct sgn_note *note);

/* One document: schema, version, command, status, results, notes. False: could not be written. */
bool json_print(struct cli *cli, enum exit_status status);

void json_signed(json_t *result, const struct sgn_sign_result *r,
                 const struct sgn_sign_options *opts);
void json_tree(json_t *result, const struct sgn_described_tree *tree);
void json_report(json_t *result, const struct sgn_report *report);
void json_description(json_t *result, const struct sgn_description *d, const char *arch,
                      unsigned verbosity);
void json_checkup(json_t *result, const struct sgn_checkup *checkup);
void json_identity(json_t *result, const struct sgn_identity_info *info);
/* json_store.c. candidate NULL: all keys are null. */
void json_candidate(json_t *result, const struct sgn_identity_candidate *candidate);
void json_store(json_t *result, const struct sgn_identity_store *store);

void json_judgement(json_t *result, const struct sgn_judgement *j);
void json_designated(json_t *result, const struct sgn_designated *d);
void json_sameness(json_t *result, const struct sgn_sameness *same);
void json_transfer(json_t *result, const struct sgn_transfer *t);

#endif
