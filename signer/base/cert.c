/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/cert.h"

struct sgn_view sgn_cert_name_get(const struct sgn_cert_name *name, struct sgn_view oid)
{
	for (size_t i = name->count; i-- > 0;)
		if (sgn_view_equal(name->attrs[i].oid, oid))
			return name->attrs[i].value;
	return SGN_VIEW_EMPTY;
}

const struct sgn_cert_ext *sgn_cert_ext(const struct sgn_cert *cert, struct sgn_view oid)
{
	for (size_t i = 0; i < cert->ext_count; i++)
		if (sgn_view_equal(cert->exts[i].oid, oid))
			return &cert->exts[i];
	return NULL;
}

bool sgn_cert_has_eku(const struct sgn_cert *cert, struct sgn_view oid)
{
	for (size_t i = 0; i < cert->eku_count; i++)
		if (sgn_view_equal(cert->ekus[i], oid))
			return true;
	return false;
}
