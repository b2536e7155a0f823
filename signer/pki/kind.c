/* SPDX-License-Identifier: Apache-2.0 */
/* What a certificate is for, by Apple's marker extensions. */
#include <string.h>

#include "signer/pki/internal.h"

enum { KIND_TEAM = 1, KIND_TIMESTAMP = 2 };

/* OID bytes below Apple's arc; the bytes of a string literal, without its NUL. */
struct marker {
	const char *bytes;
	size_t size;
};

static const struct {
	struct marker leaf, leaf_too, intermediate;
} rules[] = {
#define MARKER(m)                  \
	{                          \
		(m), sizeof(m) - 1 \
	}
#define KIND(id, text, prefix, leaf, leaf_too, intermediate, flags, purpose) \
	{MARKER(leaf), MARKER(leaf_too), MARKER(intermediate)},
#include "signer/pki/cert_kinds.def"
#undef KIND
};

static const struct sgn_cert_kind kinds[] = {
#define KIND(id, text, prefix, leaf, leaf_too, intermediate, flags, purpose) \
	{(id),                                                               \
	 (text),                                                             \
	 (prefix),                                                           \
	 (purpose),                                                          \
	 ((flags)&KIND_TEAM) != 0,                                           \
	 ((flags)&KIND_TIMESTAMP) != 0},
#include "signer/pki/cert_kinds.def"
#undef KIND
};

static const struct sgn_cert_kind self_signed = {
	.id = "self-signed",
	.text = "self-signed certificate",
	.cn_prefix = "",
	.purpose = "code for machines that trust this very certificate",
};
static const struct sgn_cert_kind other = {
	.id = "other",
	.text = "certificate of another authority",
	.cn_prefix = "",
	.purpose = "code for machines that trust its authority",
};

/* An absent marker is satisfied. */
static bool has_marker(const struct sgn_cert *cert, const struct marker *m)
{
	static const char arc[] = "\x2a\x86\x48\x86\xf7\x63\x64"; /* 1.2.840.113635.100 */
	uint8_t oid[16];

	if (m->size == 0)
		return true;
	memcpy(oid, arc, sizeof(arc) - 1);
	memcpy(oid + sizeof(arc) - 1, m->bytes, m->size);
	return sgn_cert_ext(cert, sgn_view_of(oid, sizeof(arc) - 1 + m->size)) != NULL;
}

/* The row for the leaf, or SGN_ARRAY_LEN(rules). */
static size_t find_row(const struct sgn_chain *chain)
{
	size_t i = 0;

	if (chain->count == 0)
		return SGN_ARRAY_LEN(rules);
	while (i < SGN_ARRAY_LEN(rules) && !(has_marker(chain->certs[0], &rules[i].leaf) &&
	                                     has_marker(chain->certs[0], &rules[i].leaf_too)))
		i++;
	return i;
}

const struct sgn_cert_kind *sgn_chain_kind(const struct sgn_chain *chain)
{
	size_t row = find_row(chain);

	if (row < SGN_ARRAY_LEN(rules))
		return &kinds[row];
	if (chain->count == 1 && chain->complete)
		return &self_signed;
	return &other;
}

/* docs/format/codedirectory.md, "team identifier": only Apple's word makes an OU a team. */
struct sgn_view sgn_chain_team(const struct sgn_chain *chain)
{
	size_t row = find_row(chain);

	if (row == SGN_ARRAY_LEN(rules) || !kinds[row].has_team || !chain->apple_root)
		return SGN_VIEW_EMPTY;
	if (rules[row].intermediate.size &&
	    (chain->count < 2 || !has_marker(chain->certs[1], &rules[row].intermediate)))
		return SGN_VIEW_EMPTY;
	return sgn_cert_name_get(&chain->certs[0]->subject, sgn_oid_known(SGN_OID_OU));
}
