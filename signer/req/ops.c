/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/req/ops.h"

#include "signer/base/text.h"
#include "signer/base/time.h"

static const char *const op_texts[] = {
#define OP(number, symbol, text) [number] = (text),
#include "signer/req/ops.def"
};

static const struct sgn_req_match_info matches[] = {
#define MATCH(number, symbol, operand, before, after) [number] = {(operand), (before), (after)},
#include "signer/req/ops.def"
};

static const char *const keywords[] = {
#define KEYWORD(word) #word,
#include "signer/req/ops.def"
};

const char *sgn_req_op_text(uint32_t code)
{
	return code < SGN_ARRAY_LEN(op_texts) ? op_texts[code] : NULL;
}

const struct sgn_req_match_info *sgn_req_match_info(uint32_t code)
{
	return code < SGN_ARRAY_LEN(matches) ? &matches[code] : NULL;
}

bool sgn_req_is_keyword(struct sgn_view word)
{
	for (size_t i = 0; i < SGN_ARRAY_LEN(keywords); i++)
		if (sgn_view_equal(word, sgn_view_str(keywords[i])))
			return true;
	return false;
}

struct sgn_req_op sgn_req_op_make(enum sgn_req_opcode code)
{
	return (struct sgn_req_op){.raw = code, .code = code, .text = op_texts[code]};
}

bool sgn_req_time_parse(struct sgn_view text, int64_t *seconds)
{
	static const uint8_t widths[] = {4, 2, 2, 2, 2, 2};
	int parts[SGN_ARRAY_LEN(widths)];
	struct sgn_time t;
	size_t at = 0;

	if (text.size != 15 || text.data[14] != 'Z')
		return false;
	for (size_t i = 0; i < SGN_ARRAY_LEN(widths); i++) {
		parts[i] = 0;
		for (size_t end = at + widths[i]; at < end; at++) {
			if (!sgn_is_digit(text.data[at]))
				return false;
			parts[i] = parts[i] * 10 + (text.data[at] - '0');
		}
	}
	t = (struct sgn_time){parts[0], parts[1], parts[2], parts[3], parts[4], parts[5]};
	if (!sgn_time_join(&t, seconds))
		return false;
	*seconds -= SGN_APPLE_EPOCH;
	return true;
}

int sgn_req_append_done(struct sgn_buf *out, size_t start, int rc, struct sgn_error *err)
{
	if (rc == 0)
		rc = sgn_buf_finish(out, err, "requirement");
	if (rc < 0 && out->size > start)
		out->size = start;
	return rc;
}
