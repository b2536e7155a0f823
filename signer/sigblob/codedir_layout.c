/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/sigblob/codedir_layout.h"

#include "signer/base/compiler.h"
#include "signer/sigblob/cs_format.h"

uint32_t sgn_codedir_header_size(uint32_t version)
{
	static const struct {
		uint32_t since, size;
	} rows[] = {
		{CS_SUPPORTSLINKAGE, 108},    {CS_SUPPORTSRUNTIME, 96}, {CS_SUPPORTSEXECSEG, 88},
		{CS_SUPPORTSCODELIMIT64, 64}, {CS_SUPPORTSTEAMID, 52},  {CS_SUPPORTSSCATTER, 48},
	};

	for (unsigned i = 0; i < SGN_ARRAY_LEN(rows); i++)
		if (version >= rows[i].since)
			return rows[i].size;
	return 44;
}

uint64_t sgn_codedir_pages(uint64_t limit, uint8_t page_shift)
{
	if (limit == 0)
		return 0;
	return page_shift == 0 ? 1 : ((limit - 1) >> page_shift) + 1;
}
