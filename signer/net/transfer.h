/* SPDX-License-Identifier: Apache-2.0 */
/* One request as curl sees it. Only for signer/net. */
#ifndef SIGNER_NET_TRANSFER_H
#define SIGNER_NET_TRANSFER_H

#include "signer/base/thread.h"
#include "signer/net/curl.h"
#include "signer/net/http.h"

struct transfer_settings {
	const char *user_agent;
	const char *ca_file;
};

/* One sgn_http_post_all(); on its caller's stack. */
struct call {
	struct sgn_cond *over; /* the last transfer has ended */
	size_t left;           /* under the client's lock */
};

struct transfer {
	struct transfer *next;
	struct call *call;
	const struct sgn_curl *curl;
	struct sgn_http_request *request;
	CURL *easy;
	struct curl_slist *headers;
	char curl_text[CURL_ERROR_SIZE];
	int rc; /* SGN_E_NOMEM, SGN_E_NETWORK: the program's trouble, not the server's */
};

/* Empties the part of the request that is filled in. */
void sgn_transfer_reset(struct sgn_http_request *r);

/* Makes the handle; false with t->rc when it cannot. */
bool sgn_transfer_open(struct transfer *t, const struct transfer_settings *settings);

/* What came of it goes into the request. */
void sgn_transfer_take(struct transfer *t, CURLcode code);

void sgn_transfer_close(struct transfer *t);

#endif
