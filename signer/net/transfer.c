/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/net/transfer.h"

#include <stdio.h>
#include <string.h>

#include "signer/base/text.h"

/* A server that does not even accept a connection in this time is away. */
#define CONNECT_MS 10000

void sgn_transfer_reset(struct sgn_http_request *r)
{
	r->status = 0;
	r->type[0] = '\0';
	r->retry_after = 0;
	sgn_buf_init(&r->answer, r->max_answer);
	r->problem[0] = '\0';
	r->transient = false;
}

/* Returning another number than size * count ends the transfer with CURLE_WRITE_ERROR. */
static size_t take_bytes(char *data, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;

	sgn_wr_bytes(&t->request->answer, data, size * count);
	return t->request->answer.bad ? 0 : size * count;
}

static bool add_header(struct transfer *t, const char *name, const char *value)
{
	struct curl_slist *longer;
	char line[256];

	if (snprintf(line, sizeof(line), "%s: %s", name, value) >= (int)sizeof(line))
		return false;
	longer = t->curl->slist_append(t->headers, line);
	if (longer)
		t->headers = longer;
	return longer != NULL;
}

static bool make_headers(struct transfer *t)
{
	const struct sgn_http_request *r = t->request;

	/* Without "Expect:" curl would wait for the server's leave before a large body. */
	return add_header(t, "Content-Type", r->content_type) &&
	       (!r->accept || add_header(t, "Accept", r->accept)) && add_header(t, "Expect", "");
}

#define SET(option, value) (t->curl->easy_setopt(t->easy, (option), (value)) == CURLE_OK)

static bool set_request(struct transfer *t)
{
	const struct sgn_http_request *r = t->request;
	long total = (long)r->timeout_ms;

	return SET(CURLOPT_URL, r->url) && SET(CURLOPT_POST, 1L) &&
	       SET(CURLOPT_POSTFIELDS, (const char *)r->body.data) &&
	       SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.size) &&
	       SET(CURLOPT_HTTPHEADER, t->headers) && SET(CURLOPT_TIMEOUT_MS, total) &&
	       SET(CURLOPT_CONNECTTIMEOUT_MS, total < CONNECT_MS ? total : CONNECT_MS);
}

static bool set_answer(struct transfer *t)
{
	return SET(CURLOPT_WRITEFUNCTION, take_bytes) && SET(CURLOPT_WRITEDATA, (void *)t) &&
	       SET(CURLOPT_ERRORBUFFER, t->curl_text) && SET(CURLOPT_PRIVATE, (void *)t);
}

static bool set_rules(struct transfer *t, const struct transfer_settings *settings)
{
	return SET(CURLOPT_PROTOCOLS_STR, "http,https") && SET(CURLOPT_FOLLOWLOCATION, 0L) &&
	       SET(CURLOPT_NOSIGNAL, 1L) && SET(CURLOPT_USERAGENT, settings->user_agent) &&
	       SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
	       (!settings->ca_file || SET(CURLOPT_CAINFO, settings->ca_file));
}

bool sgn_transfer_open(struct transfer *t, const struct transfer_settings *settings)
{
	t->easy = t->curl->easy_init();
	if (!t->easy) {
		t->rc = SGN_E_NETWORK;
		return false;
	}
	if (make_headers(t) && set_request(t) && set_answer(t) && set_rules(t, settings))
		return true;
	t->rc = SGN_E_NOMEM;
	return false;
}

void sgn_transfer_close(struct transfer *t)
{
	t->curl->easy_cleanup(t->easy);
	t->curl->slist_free_all(t->headers);
	t->easy = NULL;
	t->headers = NULL;
}

/* What is the same the next time: a wrong address, a certificate that is not trusted. */
static bool is_permanent(CURLcode code)
{
	static const CURLcode codes[] = {
		CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT, CURLE_PEER_FAILED_VERIFICATION,
		CURLE_SSL_CACERT_BADFILE,   CURLE_WRITE_ERROR,
	};

	for (size_t i = 0; i < SGN_ARRAY_LEN(codes); i++)
		if (codes[i] == code)
			return true;
	return false;
}

static void take_problem(struct transfer *t, CURLcode code)
{
	struct sgn_http_request *r = t->request;

	if (r->answer.nomem || code == CURLE_OUT_OF_MEMORY) {
		t->rc = SGN_E_NOMEM;
		return;
	}
	r->transient = !is_permanent(code);
	if (code == CURLE_WRITE_ERROR)
		snprintf(r->problem, sizeof(r->problem), "the answer has more than %zu bytes",
		         r->max_answer);
	else if (code == CURLE_OPERATION_TIMEDOUT)
		snprintf(r->problem, sizeof(r->problem), "no complete answer within %g seconds",
		         r->timeout_ms / 1000.0);
	else
		snprintf(r->problem, sizeof(r->problem), "%s",
		         t->curl_text[0] ? t->curl_text : t->curl->easy_strerror(code));
}

/* "Text/HTML; charset=x" as "text/html". */
static void take_type(struct sgn_http_request *r, const char *text)
{
	size_t n = 0;

	for (; text && n + 1 < sizeof(r->type) && text[n] && !strchr("; \t", text[n]); n++)
		r->type[n] = sgn_is_alpha((uint8_t)text[n]) ? (char)(text[n] | 0x20) : text[n];
	r->type[n] = '\0';
}

void sgn_transfer_take(struct transfer *t, CURLcode code)
{
	struct sgn_http_request *r = t->request;
	curl_off_t seconds = 0;
	const char *type = NULL;
	long status = 0;

	if (code != CURLE_OK) {
		take_problem(t, code);
		return;
	}
	t->curl->easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	t->curl->easy_getinfo(t->easy, CURLINFO_CONTENT_TYPE, &type);
	t->curl->easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &seconds);
	r->status = (unsigned)status;
	r->retry_after = seconds > 0 && seconds < 3600 ? (unsigned)seconds : 0;
	take_type(r, type);
}
