/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP requests, many at once: the only user of libcurl. A client has one thread, started by the first
 * request, that drives curl's multi interface; callers from any number of threads queue requests and
 * wait for theirs. Connections are kept for the next request. Proxies come from the environment, as curl
 * reads it (http_proxy, https_proxy, no_proxy).
 */
#ifndef SIGNER_NET_HTTP_H
#define SIGNER_NET_HTTP_H

#include "signer/base/buf.h"

#define SGN_HTTP_IN_FLIGHT 64
#define SGN_HTTP_ERROR     256

struct sgn_http;

struct sgn_http_options {
	const char *user_agent;
	unsigned max_in_flight; /* 0: SGN_HTTP_IN_FLIGHT; further requests wait in the queue */
	const char *ca_file;    /* PEM; NULL: the system's certificates */
};

/* One POST. The first part is the caller's and borrowed; the second is filled in. */
struct sgn_http_request {
	const char *url; /* http or https */
	const char *content_type;
	const char *accept; /* NULL: no such header */
	struct sgn_view body;
	unsigned
		timeout_ms; /* from the moment it leaves the queue to the last byte of the answer */
	size_t max_answer;  /* bytes */

	unsigned status;       /* 0: no answer was received in full, see problem */
	char type[96];         /* of the answer, "" when not given; lower case, no parameters */
	unsigned retry_after;  /* seconds, 0: not given */
	struct sgn_buf answer; /* dispose it */
	char problem[SGN_HTTP_ERROR]; /* one clause: why there is no answer */
	bool transient;               /* the same request may have better luck later */
};

/* Everything is copied; starts nothing. */
int sgn_http_new(const struct sgn_http_options *opts, struct sgn_http **out, struct sgn_error *err);

/* No call may be running. Closes the connections. */
void sgn_http_free(struct sgn_http *http);

/*
 * Sends all of them and waits for the last. Redirects are not followed: a POST to another place is
 * another decision. Thread-safe on one client. The result is 0 whatever the servers said; SGN_E_NOMEM,
 * what sgn_library_need() says when there is no libcurl, or SGN_E_NETWORK when it cannot be used. Then,
 * too, every answer may be disposed.
 */
int sgn_http_post_all(struct sgn_http *http, struct sgn_http_request *requests, size_t count,
                      struct sgn_error *err);

#endif
