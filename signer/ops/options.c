/* SPDX-License-Identifier: Apache-2.0 */
/* The small public helpers around options: defaults, words to numbers, version. */
#include <signet/signet.h>

#include <stdio.h>
#include <string.h>

#include "signer/base/error.h"
#include "signer/base/text.h"
#include "signer/hash/digest.h"
#include "signer/sigblob/codedir.h"

const char *sgn_version(void)
{
	return SGN_VERSION;
}

void sgn_sign_options_init(struct sgn_sign_options *opts)
{
	*opts = (struct sgn_sign_options){.page_size = SGN_PAGESIZE_DEFAULT};
}

int sgn_flags_parse(const char *text, uint32_t *flags, struct sgn_error *err)
{
	return sgn_cs_flags_parse(text, flags, err);
}

void sgn_flags_text(uint32_t flags, char text[SGN_FLAGS_TEXT])
{
	struct sgn_buf words;

	sgn_buf_init(&words, SGN_FLAGS_TEXT - 1);
	sgn_cs_flags_print(flags, &words);
	snprintf(text, SGN_FLAGS_TEXT, "%s", sgn_buf_str(&words));
	sgn_buf_dispose(&words);
}

enum sgn_digest sgn_digest_parse(const char *text, size_t size)
{
	return sgn_digest_by_name(text, size);
}

static int bad_version(const char *text, struct sgn_error *err)
{
	sgn_fail(err, SGN_E_USAGE, "\"%s\" is no version of the form X.Y.Z", text);
	sgn_error_cure(err, SGN_E_USAGE,
	               "each part is a number from 0 to 255, for instance 13.1.0");
	return sgn_error_osstatus(err, SGN_E_USAGE, errSecCSInvalidRuntimeVersion);
}

int sgn_version_parse(const char *text, uint32_t *version, struct sgn_error *err)
{
	const char *at = text;
	uint32_t value = 0;

	for (unsigned part = 0; part < 3; part++) {
		unsigned number = 0, digits = 0;

		while (sgn_is_digit((uint8_t)*at) && digits++ < 3)
			number = number * 10 + (unsigned)(*at++ - '0');
		if (digits == 0 || number > 255)
			return bad_version(text, err);
		value |= number << (16 - 8 * part);
		if (*at == '\0')
			break;
		if (*at++ != '.' || part == 2)
			return bad_version(text, err);
	}
	if (*at != '\0' || at[-1] == '.' || value == 0)
		return bad_version(text, err);
	*version = value;
	return 0;
}
