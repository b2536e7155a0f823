/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/verify_slice.h"

#include "signer/ents/ents.h"

/* What a special slot covers, as it was found. */
struct component {
	struct sgn_view content;
	bool present;
	bool unknown; /* cannot be had in this version: not judged */
};

static enum sgn_finding_code slot_finding(uint32_t slot)
{
	if (slot == CSSLOT_INFOSLOT)
		return SGN_FINDING_SLOT_INFO;
	return slot == CSSLOT_RESOURCEDIR ? SGN_FINDING_SLOT_RESOURCES : SGN_FINDING_SLOT_OTHER;
}

static void find_component(const struct sgn_verify *v, const struct sgn_verified_slice *s,
                           uint32_t slot, struct component *out)
{
	*out = (struct component){0};
	switch (slot) {
	case CSSLOT_INFOSLOT:
		out->content = v->bundle ? v->bundle->info_bytes : s->macho->info_plist;
		out->present = v->bundle ? v->bundle->info_path != NULL : s->macho->has_info_plist;
		break;
	case CSSLOT_RESOURCEDIR:
		out->content = v->seal;
		out->present = v->has_seal;
		break;
	case CSSLOT_APPLICATION:
	case CSSLOT_REP_SPECIFIC: out->unknown = true; break;
	default:
		out->content = sgn_signature_component(s->sig, slot);
		out->present = out->content.size != 0;
	}
}

static void report_slot(struct sgn_verify *v, const struct sgn_verified_slice *s, uint32_t slot,
                        const char *text, struct sgn_view want, const struct sgn_digest_bytes *got)
{
	enum sgn_finding_code code = slot_finding(slot);
	struct sgn_finding *f = sgn_report_add(v->report, code, s->macho->arch, "%s (slot -%u) %s",
	                                       sgn_slot_name(slot), slot, text);

	f->has_slot = true;
	f->slot = -(int64_t)slot;
	if (want.size)
		f->expected = sgn_report_hex(v->report, want);
	if (got)
		f->found = sgn_report_hex(v->report, sgn_digest_view(got));
	if (slot == CSSLOT_RESOURCEDIR && !got)
		f->osstatus = errSecCSResourcesNotFound;
}

/* Slot n of one CodeDirectory against what was found. */
static int check_slot(struct sgn_verify *v, const struct sgn_verified_slice *s,
                      const struct sgn_codedir *cd, uint32_t slot, const struct component *c,
                      struct sgn_error *err)
{
	struct sgn_view want = SGN_VIEW_EMPTY;
	struct sgn_digest_bytes got;
	bool sealed = sgn_codedir_special(cd, slot, &want) && !sgn_view_is_zero(want);
	int rc;

	if (c->unknown || (!sealed && !c->present))
		return 0;
	if (!c->present) {
		report_slot(v, s, slot, "is sealed, but missing", want, NULL);
		return 0;
	}
	if (!sealed) {
		/* The seal of a bundle is judged with its resources. */
		if (slot == CSSLOT_RESOURCEDIR)
			return 0;
		/* An embedded Info.plist beyond the slots of a linker's signature is not looked at by
		 * systems either. */
		if (slot == CSSLOT_INFOSLOT && cd->special_count == 0)
			return 0;
		report_slot(v, s, slot, "is present, but not sealed", SGN_VIEW_EMPTY, NULL);
		return 0;
	}
	rc = sgn_digest(cd->digest, c->content, &got, err);
	if (rc == 0 && !sgn_view_equal(want, sgn_digest_view(&got)))
		report_slot(v, s, slot, "does not match its seal", want, &got);
	return rc;
}

static void check_entitlements(struct sgn_verify *v, const struct sgn_verified_slice *s)
{
	struct sgn_view xml = sgn_signature_component(s->sig, CSSLOT_ENTITLEMENTS);
	struct sgn_view der = sgn_signature_component(s->sig, CSSLOT_DER_ENTITLEMENTS);
	struct sgn_error why = SGN_ERROR_INIT;
	struct sgn_value der_dict;
	struct sgn_ents ents;
	bool bad = false;

	if (xml.size && sgn_ents_from_xml(sgn_blob_payload(xml), &v->arena, &ents, &why) != 0)
		bad = true;
	else if (der.size &&
	         sgn_ents_from_der(sgn_blob_payload(der), &v->arena, &der_dict, &why) != 0)
		bad = true;
	if (bad)
		sgn_report_add(v->report, SGN_FINDING_ENTITLEMENTS_BAD, s->macho->arch,
		               "entitlements: %s", why.text);
	else if (xml.size && der.size && !sgn_value_equal(&ents.dict, &der_dict))
		sgn_report_add(v->report, SGN_FINDING_ENTITLEMENTS_DIFFER, s->macho->arch,
		               "the XML and DER entitlements say different things");
	sgn_error_dispose(&why);
}

int sgn_verify_slots(struct sgn_verify *v, struct sgn_verified_slice *s, struct sgn_error *err)
{
	uint32_t highest = CSSLOT_SPECIAL_MAX;
	size_t told;
	int rc = 0;

	if (!s->sig)
		return 0;
	for (size_t d = 0; d < s->sig->dir_count; d++)
		if (s->sig->dirs[d].special_count > highest)
			highest = s->sig->dirs[d].special_count;
	for (uint32_t slot = highest; rc == 0 && slot >= 1; slot--) {
		struct component c;

		find_component(v, s, slot, &c);
		/* What is wrong with the content is said once, not for each digest of it. */
		told = v->report->count;
		for (size_t d = 0; rc == 0 && told == v->report->count && d < s->sig->dir_count;
		     d++)
			rc = check_slot(v, s, &s->sig->dirs[d], slot, &c, err);
		if (slot == CSSLOT_INFOSLOT) {
			s->info_plist = c.content;
			s->has_info_plist = c.present;
		}
	}
	if (rc == 0)
		check_entitlements(v, s);
	return rc;
}
