/* SPDX-License-Identifier: Apache-2.0 */
/* UTC times as Unix seconds; no time zone, no locale. */
#ifndef SIGNER_BASE_TIME_H
#define SIGNER_BASE_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Unix seconds of 2001-01-01T00:00:00Z, the epoch of requirements and property lists. */
#define SGN_APPLE_EPOCH 978307200

struct sgn_time {
	int year; /* 1..9999 */
	int month, day, hour, minute, second;
};

int64_t sgn_time_now(void);

struct sgn_time sgn_time_split(int64_t unix_seconds);
bool sgn_time_join(const struct sgn_time *t, int64_t *unix_seconds); /* false for no such date */

/* "YYYY-MM-DDTHH:MM:SSZ"; times outside of the years 1..9999 become the nearest inside. */
void sgn_time_iso(int64_t unix_seconds, char out[21]);

/* Reads what sgn_time_iso() writes, the same with a space for the T, or bare Unix seconds. */
bool sgn_time_parse(const char *text, int64_t *unix_seconds);

#endif
