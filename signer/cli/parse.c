/* SPDX-License-Identifier: Apache-2.0 */
/* Values of options. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "signer/cli/cmd.h"

int parse_u32(const char *option, const char *text, uint32_t max, uint32_t *out,
              struct sgn_error *err)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	char *end = NULL;
	unsigned long long n;

	errno = 0;
	n = strtoull(text, &end, hex ? 16 : 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0')
		return cli_fail(err, SGN_E_USAGE, "%s: %s is not a number", option, text);
	if (errno || n > max)
		return cli_fail(err, SGN_E_USAGE, "%s: %s is larger than %u", option, text, max);
	*out = (uint32_t)n;
	return 0;
}

/* Days from 1970-01-01; months are counted from March so that the leap day is the last. */
static int64_t days_from_civil(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* "", "Z", "+HH:MM": seconds east of UTC. */
static bool parse_zone(const char *text, int *seconds)
{
	int hours, minutes, used = 0;

	*seconds = 0;
	if (*text == '\0' || !strcmp(text, "Z") || !strcmp(text, "z"))
		return true;
	if (*text != '+' && *text != '-')
		return false;
	if (sscanf(text + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 || text[1 + used] != '\0')
		return false;
	if (hours < 0 || hours > 14 || minutes < 0 || minutes > 59)
		return false;
	*seconds = (hours * 60 + minutes) * 60 * (*text == '-' ? -1 : 1);
	return true;
}

/* RFC 3339, with T or a blank, and the time of day may be left out. */
static bool parse_iso(const char *text, int64_t *out)
{
	int year, month, day, hour = 0, minute = 0, second = 0, zone = 0, used = 0, more = 0;

	if (sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &used) != 3 || used != 10)
		return false;
	text += used;
	if (*text == 'T' || *text == 't' || *text == ' ') {
		if (sscanf(text + 1, "%2d:%2d:%2d%n", &hour, &minute, &second, &more) != 3 ||
		    more != 8)
			return false;
		text += 1 + more;
	}
	if (!parse_zone(text, &zone))
		return false;
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
		return false;
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
		return false;
	*out = days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second -
	       zone;
	return true;
}

int parse_time(const char *option, const char *text, int64_t *out, struct sgn_error *err)
{
	char *end = NULL;
	long long n;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (*text && *end == '\0' && !errno && (*text == '-' || (*text >= '0' && *text <= '9'))) {
		*out = n;
		return 0;
	}
	if (parse_iso(text, out))
		return 0;
	return cli_fail(err, SGN_E_USAGE,
	                "%s: %s is no time; write it like 2026-01-31T12:00:00Z, or as Unix seconds",
	                option, text);
}

#define PRESERVE_APPLE                                                                     \
	(SGN_PRESERVE_IDENTIFIER | SGN_PRESERVE_ENTITLEMENTS | SGN_PRESERVE_REQUIREMENTS | \
	 SGN_PRESERVE_FLAGS | SGN_PRESERVE_RUNTIME | SGN_PRESERVE_LAUNCH_CONSTRAINTS |     \
	 SGN_PRESERVE_LIBRARY_CONSTRAINTS)

static const struct {
	const char *name;
	unsigned bit; /* 0: known to older codesigns, without meaning now */
} preserve_names[] = {
	{"identifier", SGN_PRESERVE_IDENTIFIER},
	{"entitlements", SGN_PRESERVE_ENTITLEMENTS},
	{"requirements", SGN_PRESERVE_REQUIREMENTS},
	{"flags", SGN_PRESERVE_FLAGS},
	{"runtime", SGN_PRESERVE_RUNTIME},
	{"launch-constraints", SGN_PRESERVE_LAUNCH_CONSTRAINTS},
	{"library-constraints", SGN_PRESERVE_LIBRARY_CONSTRAINTS},
	{"pagesize", SGN_PRESERVE_PAGESIZE},
	{"digests", SGN_PRESERVE_DIGESTS},
	{"resource-rules", 0},
	{"team-identifier", 0},
};

static int preserve_word(const char *word, size_t size, unsigned *bits, const char **ignored,
                         struct sgn_error *err)
{
	for (size_t i = 0; i < sizeof(preserve_names) / sizeof(preserve_names[0]); i++) {
		const char *name = preserve_names[i].name;

		if (strlen(name) != size || memcmp(name, word, size) != 0)
			continue;
		*bits |= preserve_names[i].bit;
		if (!preserve_names[i].bit)
			*ignored = name;
		return 0;
	}
	cli_fail(err, SGN_E_USAGE, "--preserve-metadata: unknown word '%.*s'",
	         (int)(size < 60 ? size : 60), word);
	cli_cure(err, "the words are identifier, entitlements, requirements, flags, runtime, "
	              "launch-constraints, library-constraints, pagesize and digests");
	return SGN_E_USAGE;
}

int parse_preserve(const char *text, unsigned *bits, const char **ignored, struct sgn_error *err)
{
	int rc = 0;

	*ignored = NULL;
	*bits = text ? 0 : PRESERVE_APPLE;
	while (text && rc == 0) {
		size_t size = strcspn(text, ",");

		rc = preserve_word(text, size, bits, ignored, err);
		text = text[size] ? text + size + 1 : NULL;
	}
	return rc;
}

static int add_digest(struct sgn_sign_options *opts, const char *word, size_t size,
                      struct sgn_error *err)
{
	enum sgn_digest digest = sgn_digest_parse(word, size);
	int shown = (int)(size < 60 ? size : 60);

	if (digest == SGN_DIGEST_NONE || digest == SGN_DIGEST_SHA256_TRUNCATED)
		return cli_fail(err, SGN_E_USAGE,
		                "--digest-algorithm: '%.*s' is none of sha1, sha256, sha384", shown,
		                word);
	for (size_t i = 0; i < opts->digest_count; i++)
		if (opts->digests[i] == digest)
			return cli_fail(err, SGN_E_USAGE,
			                "--digest-algorithm: '%.*s' is there twice", shown, word);
	opts->digests[opts->digest_count++] = digest;
	return 0;
}

int parse_in_place(const struct opts *o, bool *in_place, bool *links, struct sgn_error *err)
{
	const char *what = opts_value(o, OPT_IN_PLACE);

	*in_place = opts_has(o, OPT_IN_PLACE);
	*links = what != NULL;
	if (what && strcmp(what, "hard-links") != 0)
		return cli_fail(err, SGN_E_USAGE, "--in-place: %s is not hard-links", what);
	if (*in_place && opts_has(o, OPT_OUTPUT))
		return cli_fail(err, SGN_E_USAGE, "--in-place and --output exclude each other");
	return 0;
}

int parse_digests(const char *text, struct sgn_sign_options *opts, struct sgn_error *err)
{
	int rc = 0;

	opts->digest_count = 0;
	while (text && rc == 0) {
		size_t size = strcspn(text, ",");

		rc = add_digest(opts, text, size, err);
		text = text[size] ? text + size + 1 : NULL;
	}
	return rc;
}

int parse_encryption(const char *text, enum sgn_p12_encryption *out, struct sgn_error *err)
{
	if (!text)
		return 0;
	if (strcmp(text, "modern") != 0 && strcmp(text, "legacy") != 0)
		return cli_fail(err, SGN_E_USAGE, "--encryption: '%s' is neither modern nor legacy",
		                text);
	*out = *text == 'm' ? SGN_P12_MODERN : SGN_P12_LEGACY;
	return 0;
}
