/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text for people. Everything is printed line by line; control characters in a line are shown as \xNN,
 * because names in a hostile file may contain terminal escapes or forged lines.
 */
#ifndef SIGNER_CLI_OUT_H
#define SIGNER_CLI_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum paint { PAINT_NONE, PAINT_GOOD, PAINT_BAD, PAINT_WARN, PAINT_DIM, PAINT_BOLD };

struct out {
	FILE *file;
	bool colour;
};

/* Colours only on a terminal, and not with NO_COLOR, TERM=dumb or --no-color (term.c). */
void out_init(struct out *out, FILE *file, bool no_colour);
bool term_can_ask(void);

/* One line. */
void out_line(const struct out *out, const char *fmt, ...);
void out_paint(const struct out *out, enum paint paint, const char *fmt, ...);
/* indent, label, padding, value. */
void out_field(const struct out *out, int indent, const char *label, const char *fmt, ...);
/* Several lines; each is indented. */
void out_block(const struct out *out, int indent, const char *text);
/* Words wrapped at the width, behind `left` columns that are already there. */
void out_wrapped(const struct out *out, int left, int width, const char *text);

/* Small texts; the buffer is returned. */
#define TIME_TEXT 32
const char *text_time(int64_t unix_seconds, char out[TIME_TEXT]); /* 2026-01-31T12:00:00Z */
#define VERSION_TEXT 24
/* 0xXXXXYYZZ; min_parts 2: "14.0", 3: "14.0.0". */
const char *text_version(uint32_t version, int min_parts, char out[VERSION_TEXT]);
/* Hexadecimal; freed with free(). */
char *text_hex(const void *data, size_t size);

#endif
