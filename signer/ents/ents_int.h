/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this room share; nobody else includes it. */
#ifndef SIGNER_ENTS_ENTS_INT_H
#define SIGNER_ENTS_ENTS_INT_H

#include "signer/ents/ents.h"

/* Gives a failure Apple's number -66994; returns rc. Lack of memory says nothing about the input. */
int sgn_ents_invalid(struct sgn_error *err, int rc);

#endif
