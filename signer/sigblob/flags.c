/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "signer/base/text.h"
#include "signer/sigblob/codedir.h"

struct flag_row {
	uint32_t bit;
	const char *name;
	bool settable;
};

#define CS_FLAG(bit, name, settable) {(bit), (name), (settable)},
static const struct flag_row rows[] = {
#include "signer/sigblob/cs_flags.def"
};
#undef CS_FLAG

static const struct flag_row *find_row(struct sgn_view word)
{
	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++)
		if (sgn_view_equal(word, sgn_view_str(rows[i].name)))
			return &rows[i];
	return NULL;
}

/* Words of any length are shown cut: the text comes from a command line. */
#define SHOWN 40

static int shown(struct sgn_view word)
{
	return (int)(word.size < SHOWN ? word.size : SHOWN);
}

static int refuse(struct sgn_view word, const char *why, struct sgn_error *err)
{
	int rc = sgn_fail(err, SGN_E_USAGE, "option flag \"%.*s\" %s", shown(word),
	                  (const char *)word.data, why);

	sgn_error_osstatus(err, rc, errSecCSInvalidFlags);
	return sgn_error_cure(err, rc,
	                      "use names joined by commas (host, hard, kill, expires, restrict, "
	                      "enforcement, library-validation, runtime, linker-signed) or one "
	                      "number such as 0x10000");
}

static int parse_word(struct sgn_view word, uint32_t *flags, struct sgn_error *err)
{
	const struct flag_row *row = find_row(word);

	if (!row)
		return refuse(word, "is not known", err);
	if (!row->settable)
		return refuse(word, "cannot be asked for: it is set when there is no certificate",
		              err);
	*flags |= row->bit;
	return 0;
}

static int parse_words(struct sgn_view text, uint32_t *flags, struct sgn_error *err)
{
	size_t start = 0;
	int rc;

	for (size_t i = 0; i <= text.size; i++) {
		if (i < text.size && text.data[i] != ',')
			continue;
		rc = parse_word(sgn_view_of(text.data + start, i - start), flags, err);
		if (rc)
			return rc;
		start = i + 1;
	}
	return 0;
}

int sgn_cs_flags_parse(const char *text, uint32_t *out, struct sgn_error *err)
{
	uint32_t flags = 0;
	uint64_t number;
	int rc;

	if (sgn_is_digit((uint8_t)text[0])) {
		if (!sgn_parse_u64(text, &number) || number > UINT32_MAX)
			return refuse(sgn_view_str(text), "is no number of 32 bits", err);
		*out = (uint32_t)number;
		return 0;
	}
	rc = parse_words(sgn_view_str(text), &flags, err);
	if (rc == 0)
		*out = flags;
	return rc;
}

void sgn_cs_flags_print(uint32_t flags, struct sgn_buf *out)
{
	const char *comma = "";

	if (flags == 0) {
		sgn_wr_str(out, "none");
		return;
	}
	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++) {
		if ((flags & rows[i].bit) == 0)
			continue;
		sgn_wr_fmt(out, "%s%s", comma, rows[i].name);
		flags &= ~rows[i].bit;
		comma = ",";
	}
	if (flags != 0)
		sgn_wr_fmt(out, "%s0x%x", comma, flags);
}
