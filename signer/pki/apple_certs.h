/* SPDX-License-Identifier: Apache-2.0 */
/* Apple's public certification authorities as data; docs/apple-certificates.md lists them. */
#ifndef SIGNER_PKI_APPLE_CERTS_H
#define SIGNER_PKI_APPLE_CERTS_H

#include "signer/base/view.h"

struct sgn_apple_cert {
	const char *file;
	struct sgn_view der;
	bool anchor; /* a root that counts as Apple's; the others only help to build chains */
};

extern const struct sgn_apple_cert sgn_apple_certs[];
extern const size_t sgn_apple_cert_count;

#endif
