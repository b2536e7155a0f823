/* SPDX-License-Identifier: Apache-2.0 */
/* The document of two-step signing as JSON: docs/json.md, "The document of two-step signing". */
#ifndef SIGNER_CLI_JSON_HANDOVER_H
#define SIGNER_CLI_JSON_HANDOVER_H

#include "signer/cli/out_json.h"

/* Strict: a key that is unknown, missing or of another type is an error. On failure doc is empty. */
int handover_read(const char *text, size_t size, struct sgn_handover *doc, struct sgn_error *err);
/* The same from a file; "-" is standard input. */
int handover_load(const char *path, struct sgn_handover *doc, struct sgn_error *err);

/* "-" is standard output. */
int handover_store(const char *path, const struct sgn_handover *doc, struct sgn_error *err);

/* What remains to be signed. */
size_t handover_unsigned(const struct sgn_handover *doc);

/* A result of --json: what is in the document, without the bytes. */
void handover_result(struct cli *cli, const char *path, const struct sgn_handover *doc,
                     size_t newly_signed);

#endif
