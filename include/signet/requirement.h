/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The requirement language: compile and print. (Evaluating against code is part of verify.h; the
 * explaining verbs come with the requirement commands.)
 */
#ifndef SIGNET_REQUIREMENT_H
#define SIGNET_REQUIREMENT_H

#include <stddef.h>
#include <stdint.h>

#include <signet/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * sgn_requirement_compile() - text to blob
 * @text: source: one requirement, or a set ("designated => ...")
 * @size: bytes of @text
 * @identifier: replaces $self.identifier; NULL: those words are an error
 * @blob: receives the bytes; free with sgn_bytes_free()
 * @blob_size: receives their number
 * @err:  filled on failure, with line and column; may be NULL
 *
 * Known from: docs/format/requirements.md. Thread-safe.
 *
 * Return: 0, SGN_E_FORMAT (-67052), SGN_E_LIMIT, SGN_E_NOMEM.
 */
int sgn_requirement_compile(const char *text, size_t size, const char *identifier, uint8_t **blob,
                            size_t *blob_size, struct sgn_error *err);

/**
 * sgn_requirement_print() - blob to Apple's canonical text
 * @blob: a requirement or a requirement set
 * @size: bytes of @blob
 * @text: receives the text; a set gives one line per entry. Free with sgn_bytes_free().
 * @err:  filled on failure; may be NULL
 *
 * Thread-safe.
 *
 * Return: 0, SGN_E_FORMAT (-67052), SGN_E_LIMIT, SGN_E_NOMEM.
 */
int sgn_requirement_print(const void *blob, size_t size, char **text, struct sgn_error *err);

/** sgn_bytes_free() - frees memory that one of the functions above handed out; NULL is accepted */
void sgn_bytes_free(void *p);

#ifdef __cplusplus
}
#endif

#endif
