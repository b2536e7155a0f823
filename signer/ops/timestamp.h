/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secure timestamps for new signatures: which server is asked, how often, and what is believed. pki makes
 * the requests and judges the answers, net carries them.
 */
#ifndef SIGNER_OPS_TIMESTAMP_H
#define SIGNER_OPS_TIMESTAMP_H

#include <signet/sign.h>

#include "signer/ops/context.h"

struct sgn_timestamper {
	struct sgn_context *ctx;
	const struct sgn_chain *signer;
	const char *servers[2]; /* asked in this order; borrowed from the options */
	size_t server_count;    /* 0: no timestamps are wanted */
	unsigned timeout_ms;
	unsigned tries; /* for one server */
	bool allow_expired;
};

/* One signature, and the token for it. */
struct sgn_stamp {
	struct sgn_view signature; /* its value */
	struct sgn_buf token;      /* dispose it; empty when none is wanted */
};

/* Decides by options and certificate. SGN_E_USAGE for an address that is none. */
int sgn_timestamper_init(struct sgn_context *ctx, const struct sgn_sign_options *opts,
                         struct sgn_timestamper *out, struct sgn_error *err);

/*
 * Gets a token for each, all in flight together; blocks until the last. Safe from many threads with one
 * timestamper. SGN_E_NETWORK when no server gave one: osstatus -67885 or what the server said, and the text
 * tells what was tried. SGN_E_UNTRUSTED when the signer's certificate was not valid at the server's time.
 */
int sgn_timestamp(const struct sgn_timestamper *t, struct sgn_stamp *stamps, size_t count,
                  struct sgn_error *err);

#endif
