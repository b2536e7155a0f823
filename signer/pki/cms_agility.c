/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CMS covers one CodeDirectory by its messageDigest and all of them by the two "hash agility"
 * attributes: docs/format/cms.md, "hash agility".
 */
#include <string.h>

#include "signer/codec/plist.h"
#include "signer/pki/ber.h"
#include "signer/pki/cms.h"

/* --- version 1: a property list of truncated digests --------------------------------------------- */

static bool is_cdhash_of(const struct sgn_value *v, const struct sgn_cms_cdhash *cd)
{
	struct sgn_view want = sgn_view_of(cd->full.data, SGN_CDHASH_SIZE);

	return v->kind == SGN_VALUE_DATA && sgn_view_equal(v->u.bytes, want);
}

static void compare_v1(const struct sgn_value *list, const struct sgn_cms_verify_input *in,
                       struct sgn_cms_findings *f)
{
	if (!list || list->kind != SGN_VALUE_ARRAY) {
		sgn_cms_find(f, SGN_CMS_AGILITY_V1, "the signed property list has no cdhashes");
		return;
	}
	if (list->u.array.count != in->cdhash_count) {
		sgn_cms_find(f, SGN_CMS_AGILITY_V1, "%zu cdhashes were signed, there are %zu",
		             list->u.array.count, in->cdhash_count);
		return;
	}
	for (size_t i = 0; i < in->cdhash_count; i++)
		if (!is_cdhash_of(&list->u.array.items[i], &in->cdhashes[i]))
			sgn_cms_find(f, SGN_CMS_AGILITY_V1,
			             "the %s CodeDirectory is not the one whose cdhash was signed",
			             sgn_digest_name(in->cdhashes[i].digest));
}

/*
 * Is it what the list has to be, byte for byte? Every signature of codesign's that is in order passes
 * here. Anything else is parsed and judged by what it says; for that, libxml2 has to be opened, which takes
 * longer than all the rest of a CMS.
 */
static int is_as_written(struct sgn_view xml, const struct sgn_cms_verify_input *in, bool *same,
                         struct sgn_error *err)
{
	struct sgn_buf want;
	int rc;

	sgn_buf_init(&want, SGN_LIMIT_CMS);
	rc = sgn_cms_write_cdhashes(in->cdhashes, in->cdhash_count, &want, err);
	if (rc == 0)
		rc = sgn_buf_finish(&want, err, "list of cdhashes");
	*same = rc == 0 && sgn_view_equal(xml, sgn_buf_view(&want));
	sgn_buf_dispose(&want);
	return rc;
}

static int parse_v1(struct sgn_view xml, const struct sgn_cms_verify_input *in,
                    struct sgn_cms_findings *f, struct sgn_error *err)
{
	struct sgn_value root;
	int rc = sgn_plist_read(xml, f->arena, &root, NULL, err);

	if (rc == 0)
		compare_v1(sgn_value_get(&root, "cdhashes"), in, f);
	return rc;
}

static int check_v1(struct sgn_view values, const struct sgn_cms_verify_input *in,
                    struct sgn_cms_findings *f, struct sgn_error *err)
{
	struct sgn_view xml = SGN_VIEW_EMPTY;
	struct sgn_error inner = SGN_ERROR_INIT;
	struct sgn_ber_item item;
	bool same = false;
	int rc;

	if (!sgn_ber_next(&values, &item) || (item.tag & ~SGN_BER_CONSTRUCTED) != SGN_BER_OCTETS) {
		sgn_cms_find(f, SGN_CMS_AGILITY_V1, "the list of cdhashes is no OCTET STRING");
		return 0;
	}
	rc = sgn_ber_octets(&item, f->arena, &xml, &inner);
	if (rc == 0)
		rc = is_as_written(xml, in, &same, &inner);
	if (rc == 0 && !same)
		rc = parse_v1(xml, in, f, &inner);
	if (rc == SGN_E_NOMEM)
		sgn_error_move(err, &inner);
	else if (rc)
		sgn_cms_find(f, SGN_CMS_AGILITY_V1, "the signed list of cdhashes: %s", inner.text);
	sgn_error_dispose(&inner);
	return rc == SGN_E_NOMEM ? rc : 0;
}

/* --- version 2: full digests with their algorithm ------------------------------------------------ */

static enum sgn_known_oid digest_oid(enum sgn_digest alg)
{
	switch (alg) {
	case SGN_DIGEST_SHA1: return SGN_OID_SHA1;
	case SGN_DIGEST_SHA384: return SGN_OID_SHA384;
	case SGN_DIGEST_NONE:
	case SGN_DIGEST_SHA256:
	case SGN_DIGEST_SHA256_TRUNCATED: break;
	}
	return SGN_OID_SHA256;
}

/* One SEQUENCE { OID, OCTET STRING }; false when there is none or it is something else. */
static bool take_entry(struct sgn_view *values, struct sgn_view *oid, struct sgn_view *digest)
{
	struct sgn_ber_item entry, item;

	if (!sgn_ber_take(values, SGN_BER_SEQUENCE, &entry) ||
	    !sgn_ber_take(&entry.content, SGN_BER_OID, &item))
		return false;
	*oid = item.content;
	if (!sgn_ber_take(&entry.content, SGN_BER_OCTETS, &item))
		return false;
	*digest = item.content;
	return true;
}

/* The truncated form of SHA-256 knows only the first 20 bytes of what was signed. */
static bool covers(struct sgn_view oid, struct sgn_view digest, const struct sgn_cms_cdhash *cd)
{
	struct sgn_view full = sgn_digest_view(&cd->full);

	if (!sgn_view_equal(oid, sgn_oid_known(digest_oid(cd->digest))))
		return false;
	if (cd->digest == SGN_DIGEST_SHA256_TRUNCATED)
		return digest.size >= SGN_CDHASH_SIZE && sgn_view_starts_with(digest, full);
	return sgn_view_equal(digest, full);
}

/* The values are a SET; some releases of Apple's tool wrote it unsorted, so order means nothing. */
static void check_v2(struct sgn_view values, const struct sgn_cms_verify_input *in,
                     struct sgn_cms_findings *f)
{
	bool covered[SGN_LIMIT_CODEDIRS] = {false};
	struct sgn_view oid, digest;
	size_t entries = 0;

	while (take_entry(&values, &oid, &digest)) {
		entries++;
		for (size_t i = 0; i < in->cdhash_count; i++)
			covered[i] |= covers(oid, digest, &in->cdhashes[i]);
	}
	if (values.size) {
		sgn_cms_find(f, SGN_CMS_AGILITY_V2, "entry %zu of the signed digests is damaged",
		             entries + 1);
		return;
	}
	if (entries != in->cdhash_count)
		sgn_cms_find(f, SGN_CMS_AGILITY_V2,
		             "%zu digests were signed, there are %zu code "
		             "directories",
		             entries, in->cdhash_count);
	for (size_t i = 0; i < in->cdhash_count; i++)
		if (!covered[i])
			sgn_cms_find(f, SGN_CMS_AGILITY_V2,
			             "the %s CodeDirectory is not among those signed",
			             sgn_digest_name(in->cdhashes[i].digest));
}

int sgn_cms_check_agility(const struct sgn_cms *cms, const struct sgn_cms_verify_input *in,
                          struct sgn_cms_findings *f, struct sgn_error *err)
{
	struct sgn_view v1, v2;
	size_t count1 =
		sgn_cms_attribute(cms->attributes, sgn_oid_known(SGN_OID_HASH_AGILITY_V1), &v1);
	size_t count2 =
		sgn_cms_attribute(cms->attributes, sgn_oid_known(SGN_OID_HASH_AGILITY_V2), &v2);

	if (in->cdhash_count > SGN_LIMIT_CODEDIRS)
		return sgn_fail(err, SGN_E_INTERNAL, "CMS check with %zu code directories",
		                in->cdhash_count);
	f->info->has_agility_v1 = count1 > 0;
	f->info->has_agility_v2 = count2 > 0;
	if (count1 > 1)
		sgn_cms_find(f, SGN_CMS_AGILITY_V1, "the list of cdhashes is there %zu times",
		             count1);
	if (count2 > 1)
		sgn_cms_find(f, SGN_CMS_AGILITY_V2, "the list of digests is there %zu times",
		             count2);
	if (count2)
		check_v2(v2, in, f);
	return count1 ? check_v1(v1, in, f, err) : 0;
}
