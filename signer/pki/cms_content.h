/* SPDX-License-Identifier: Apache-2.0 */
/* What lies inside a CMS that is not detached: a provisioning profile. */
#ifndef SIGNER_PKI_CMS_CONTENT_H
#define SIGNER_PKI_CMS_CONTENT_H

#include "signer/base/arena.h"
#include "signer/base/error.h"

/* The content of a SignedData, in arena or borrowed from cms. Its signature is not looked at. */
int sgn_cms_content(struct sgn_view cms, struct sgn_arena *arena, struct sgn_view *out,
                    struct sgn_error *err);

#endif
