/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/compiler.h"
#include "signer/sigblob/superblob.h"

/* docs/format/superblob.md, "types" */
static const struct {
	uint32_t first, last;
	const char *name;
} slots[] = {
	{CSSLOT_CODEDIRECTORY, CSSLOT_CODEDIRECTORY, "CodeDirectory"},
	{CSSLOT_INFOSLOT, CSSLOT_INFOSLOT, "Info.plist"},
	{CSSLOT_REQUIREMENTS, CSSLOT_REQUIREMENTS, "requirements"},
	{CSSLOT_RESOURCEDIR, CSSLOT_RESOURCEDIR, "CodeResources"},
	{CSSLOT_APPLICATION, CSSLOT_APPLICATION, "component list"},
	{CSSLOT_ENTITLEMENTS, CSSLOT_ENTITLEMENTS, "entitlements"},
	{CSSLOT_REP_SPECIFIC, CSSLOT_REP_SPECIFIC, "disk image trailer"},
	{CSSLOT_DER_ENTITLEMENTS, CSSLOT_DER_ENTITLEMENTS, "DER entitlements"},
	{CSSLOT_LAUNCH_CONSTRAINT_SELF, CSSLOT_LAUNCH_CONSTRAINT_SELF, "launch constraint (self)"},
	{CSSLOT_LAUNCH_CONSTRAINT_PARENT, CSSLOT_LAUNCH_CONSTRAINT_PARENT,
         "launch constraint (parent)"},
	{CSSLOT_LAUNCH_CONSTRAINT_RESPONSIBLE, CSSLOT_LAUNCH_CONSTRAINT_RESPONSIBLE,
         "launch constraint (responsible process)"},
	{CSSLOT_LIBRARY_CONSTRAINT, CSSLOT_LIBRARY_CONSTRAINT, "library constraint"},
	{CSSLOT_ALTERNATE_CODEDIRECTORIES,
         CSSLOT_ALTERNATE_CODEDIRECTORIES + CSSLOT_ALTERNATE_CODEDIRECTORY_MAX - 1,
         "alternate CodeDirectory"},
	{CSSLOT_SIGNATURESLOT, CSSLOT_SIGNATURESLOT, "CMS signature"},
	{CSSLOT_IDENTIFICATIONSLOT, CSSLOT_IDENTIFICATIONSLOT, "identification"},
	{CSSLOT_TICKETSLOT, CSSLOT_TICKETSLOT, "notarization ticket"},
};

const char *sgn_slot_name(uint32_t type)
{
	for (size_t i = 0; i < SGN_ARRAY_LEN(slots); i++)
		if (type >= slots[i].first && type <= slots[i].last)
			return slots[i].name;
	return "unknown component";
}
