/* SPDX-License-Identifier: Apache-2.0 */
/* Apple's result numbers under Apple's names; the list itself is osstatus.def. */
#ifndef SIGNER_BASE_OSSTATUS_H
#define SIGNER_BASE_OSSTATUS_H

#include <stddef.h>
#include <stdint.h>

#define OSSTATUS(number, symbol, text) symbol = (number),
enum sgn_osstatus {
	errSecSuccess = 0,
#include "signer/base/osstatus.def"
};
#undef OSSTATUS

#endif
