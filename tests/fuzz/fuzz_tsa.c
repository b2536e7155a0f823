/* SPDX-License-Identifier: Apache-2.0 */
/* Target: sgn_tsa_answer_read() and sgn_tsa_token_check(): what a timestamp server may send. */
#include <stdlib.h>

#include "signer/pki/pki.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

/* What the seeds answer. */
#define SIGNATURE "signature"
#define NONCE     0x1122334455667788u

static void check_token(struct sgn_view token)
{
	static struct sgn_anchors anchors;
	struct sgn_tsa_query query = {.nonce = NONCE};
	struct sgn_chain nobody = {0};
	struct sgn_tsa_token_input in = {.token = token,
	                                 .query = &query,
	                                 .signature = sgn_view_str(SIGNATURE),
	                                 .signer = &nobody,
	                                 .anchors = &anchors,
	                                 .allow_expired = true};
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_tsa_token got;
	int rc;

	if (!anchors.built_in)
		require(sgn_anchors_load(NULL, 0, &anchors, NULL) == 0);
	rc = sgn_tsa_token_check(&in, &got, &err);
	require(rc == 0 || (rc == SGN_E_NETWORK && err.osstatus != 0) || rc == SGN_E_NOMEM);
	sgn_error_dispose(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sgn_view answer = sgn_view_of(data, size), token = SGN_VIEW_EMPTY;
	struct sgn_error err = SGN_ERROR_INIT;

	if (sgn_tsa_answer_read(answer, &token, &err) == 0) {
		require(token.size > 0 && token.size < size);
		check_token(token);
	} else {
		require(err.osstatus != 0);
	}
	sgn_error_dispose(&err);
	check_token(answer);
	return 0;
}
