/* SPDX-License-Identifier: Apache-2.0 */
/* Asking for a timestamp (RFC 3161 2.4): docs/format/cms.md, "timestamp". No transport here. */
#include <openssl/rand.h>

#include "signer/base/text.h"
#include "signer/codec/der.h"
#include "signer/pki/ber.h"
#include "signer/pki/internal.h"

/* 1.2.3.4.5.6: a placeholder, but the one that Apple's client sends and Apple's server answers. */
#define POLICY "\x2a\x03\x04\x05\x06"

#define DER_TRUE "\xff"

int sgn_tsa_query_init(struct sgn_tsa_query *q, struct sgn_view signature, struct sgn_error *err)
{
	uint8_t random[8];

	*q = (struct sgn_tsa_query){.with_policy = true};
	if (RAND_bytes(random, sizeof(random)) != 1)
		return sgn_ossl_fail(err, "no random number for the timestamp request");
	for (size_t i = 0; i < sizeof(random); i++)
		q->nonce = q->nonce << 8 | random[i];
	return sgn_digest(SGN_DIGEST_SHA256, signature, &q->imprint, err);
}

int sgn_tsa_query_write(const struct sgn_tsa_query *q, struct sgn_buf *out, struct sgn_error *err)
{
	size_t start = out->size, imprint, algorithm;

	sgn_der_write_int(out, 1);
	imprint = algorithm = out->size;
	sgn_der_write(out, SGN_DER_OID, sgn_oid_known(SGN_OID_SHA256));
	sgn_der_write(out, SGN_DER_NULL, SGN_VIEW_EMPTY);
	sgn_der_wrap(out, algorithm, SGN_DER_SEQUENCE);
	sgn_der_write(out, SGN_DER_OCTETS, sgn_digest_view(&q->imprint));
	sgn_der_wrap(out, imprint, SGN_DER_SEQUENCE);
	if (q->with_policy)
		sgn_der_write(out, SGN_DER_OID, sgn_view_str(POLICY));
	sgn_der_write_uint(out, q->nonce);
	sgn_der_write(out, SGN_DER_BOOLEAN, sgn_view_str(DER_TRUE)); /* certReq */
	sgn_der_wrap(out, start, SGN_DER_SEQUENCE);
	return sgn_buf_finish(out, err, "timestamp request");
}

/* --- the answer --------------------------------------------------------------------------------- */

enum { STATUS_GRANTED = 0, STATUS_GRANTED_WITH_MODS = 1, STATUS_REJECTION = 2, STATUS_COUNT = 6 };

static const struct {
	const char *words;
	int32_t osstatus;
} statuses[STATUS_COUNT] = {
	[STATUS_REJECTION] = {"rejected the request", errSecTimestampRejection},
	[3] = {"put the request off", errSecTimestampWaiting},
	[4] = {"warns that its certificate will be revoked", errSecTimestampRevocationWarning},
	[5] = {"says that its certificate is revoked", errSecTimestampRevocationNotification},
};

/* PKIFailureInfo, by bit number (RFC 3161 2.4.2). */
static const struct {
	unsigned bit;
	const char *words;
	int32_t osstatus;
} reasons[] = {
	{0, "it does not know the digest", errSecTimestampBadAlg},
	{2, "it does not permit or support the transaction", errSecTimestampBadRequest},
	{5, "it could not read the request", errSecTimestampBadDataFormat},
	{14, "it has no source of time", errSecTimestampTimeNotAvailable},
	{15, "it does not accept the policy", errSecTimestampUnacceptedPolicy},
	{16, "it does not accept an extension", errSecTimestampUnacceptedExtension},
	{17, "information that it was asked for is not available",
         errSecTimestampAddInfoNotAvailable},
	{25, "it has a system failure", errSecTimestampSystemFailure},
};

struct status_info {
	int64_t status;
	struct sgn_view text;     /* the first of statusString, or empty */
	struct sgn_view failures; /* content of failInfo, or empty */
};

static bool parse_status(struct sgn_view *in, struct status_info *out)
{
	struct sgn_ber_item info, item, text;

	*out = (struct status_info){0};
	if (!sgn_ber_take(in, SGN_BER_SEQUENCE, &info) ||
	    !sgn_ber_take(&info.content, SGN_BER_INTEGER, &item) ||
	    !sgn_der_get_int(item.content, &out->status))
		return false;
	if (sgn_ber_take(&info.content, SGN_BER_SEQUENCE, &item) &&
	    sgn_ber_take(&item.content, SGN_BER_UTF8, &text))
		out->text = text.content;
	if (sgn_ber_take(&info.content, SGN_BER_BIT_STRING, &item))
		out->failures = item.content;
	return info.content.size == 0;
}

/* Bit 0 is the highest one of the first byte behind the count of unused bits (X.690 8.6.2). */
static bool has_bit(struct sgn_view bits, unsigned bit)
{
	size_t at = 1 + bit / 8;

	return at < bits.size && (bits.data[at] >> (7 - bit % 8) & 1);
}

static int bad_answer(struct sgn_error *err, const char *what)
{
	int rc = sgn_fail(err, SGN_E_NETWORK, "the answer is no timestamp response: %s", what);

	return sgn_error_osstatus(err, rc, errSecTimestampBadDataFormat);
}

/* The server's own words, as far as they are harmless on a terminal. */
static void quote(struct sgn_view text, char out[128])
{
	size_t n = 0;

	for (; n < text.size && n < 127; n++)
		out[n] = sgn_is_print(text.data[n]) ? (char)text.data[n] : '?';
	out[n] = '\0';
}

static int refused(const struct status_info *info, struct sgn_error *err)
{
	const char *why = NULL;
	int32_t osstatus;
	char text[128];
	int rc;

	if (info->status < STATUS_REJECTION || info->status >= STATUS_COUNT)
		return bad_answer(err, "unknown status");
	osstatus = statuses[info->status].osstatus;
	for (size_t i = 0; !why && i < SGN_ARRAY_LEN(reasons); i++)
		if (has_bit(info->failures, reasons[i].bit)) {
			why = reasons[i].words;
			osstatus = reasons[i].osstatus;
		}
	quote(info->text, text);
	rc = sgn_fail(err, SGN_E_NETWORK, "the server %s%s%s%s%s%s", statuses[info->status].words,
	              why ? ": " : "", why ? why : "", *text ? " (\"" : "", text,
	              *text ? "\")" : "");
	return sgn_error_osstatus(err, rc, osstatus);
}

int sgn_tsa_answer_read(struct sgn_view answer, struct sgn_view *token, struct sgn_error *err)
{
	struct sgn_ber_item whole, item;
	struct status_info info;

	if (!sgn_ber_take(&answer, SGN_BER_SEQUENCE, &whole))
		return bad_answer(err, "no sequence");
	if (answer.size)
		return bad_answer(err, "bytes behind it");
	if (!parse_status(&whole.content, &info))
		return bad_answer(err, "its status is damaged");
	if (info.status != STATUS_GRANTED && info.status != STATUS_GRANTED_WITH_MODS)
		return refused(&info, err);
	if (!sgn_ber_take(&whole.content, SGN_BER_SEQUENCE, &item) || whole.content.size)
		return bad_answer(err, "there is not exactly one token");
	*token = item.whole;
	return 0;
}
