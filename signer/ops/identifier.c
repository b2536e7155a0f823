/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/identifier.h"

#include <string.h>

#include "signer/base/text.h"
#include "signer/hash/digest.h"

/* Apple's tool hashes a 32-bit mach_header even where the 64-bit one is longer. */
#define IDENTIFICATION_HEADER 28

static bool is_version_char(char c)
{
	return sgn_is_digit((uint8_t)c) || c == '.';
}

/* Length of name without its last extension, unless that looks like a version number. */
static size_t without_extension(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (!dot || sgn_is_digit((uint8_t)dot[1]))
		return strlen(name);
	return (size_t)(dot - name);
}

void sgn_identifier_canonical(const char *path, struct sgn_buf *out)
{
	const char *name = sgn_path_base(path);
	size_t len = without_extension(name);
	size_t end = len;

	if (len > 0 && !is_version_char(name[0])) {
		while (is_version_char(name[end - 1]))
			end--;
		if (end < len && name[end] == '.')
			end++;
		while (end < len && sgn_is_digit((uint8_t)name[end]))
			end++;
	}
	sgn_wr_bytes(out, name, end);
}

static bool has_dot(struct sgn_buf *b)
{
	return strchr(sgn_buf_str(b), '.') != NULL;
}

/* "-55554944" and the UUID in hexadecimal, or "-" and a hash of header and load commands. */
static int append_unique_suffix(const struct sgn_slice *s, struct sgn_buf *out,
                                struct sgn_error *err)
{
	size_t full_header = s->is64 ? IDENTIFICATION_HEADER + 4 : IDENTIFICATION_HEADER;
	struct sgn_digest_bytes digest;
	struct sgn_view parts[2];
	int rc;

	sgn_wr_str(out, "-");
	if (s->has_uuid) {
		sgn_wr_hex(out, sgn_view_str("UUID"));
		sgn_wr_hex(out, sgn_view_of(s->uuid, sizeof(s->uuid)));
		return 0;
	}
	if (!sgn_view_slice(s->header, 0, IDENTIFICATION_HEADER, &parts[0]))
		return sgn_fail(err, SGN_E_FORMAT, "mach_header is incomplete");
	parts[1] = sgn_view_from(s->header, full_header);
	rc = sgn_digest_many(SGN_DIGEST_SHA1, parts, 2, &digest, err);
	if (rc == 0)
		sgn_wr_hex(out, sgn_digest_view(&digest));
	return rc;
}

int sgn_identifier_derive(const struct sgn_identifier_input *in, struct sgn_buf *out,
                          struct sgn_error *err)
{
	struct sgn_view named = in->named;
	struct sgn_buf base;
	int rc;

	sgn_buf_init(&base, out->max);
	if (named.size)
		sgn_wr_view(&base, named);
	else
		sgn_identifier_canonical(in->path, &base);
	if (in->prefix && !has_dot(&base))
		sgn_wr_str(out, in->prefix);
	sgn_wr_view(out, sgn_buf_view(&base));
	rc = sgn_buf_finish(&base, err, "identifier");
	if (rc == 0 && in->adhoc && !named.size && !has_dot(out))
		rc = append_unique_suffix(in->native, out, err);
	if (rc == 0)
		rc = sgn_buf_finish(out, err, "identifier");
	sgn_buf_dispose(&base);
	return rc;
}
