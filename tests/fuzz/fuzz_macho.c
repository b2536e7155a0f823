/* SPDX-License-Identifier: Apache-2.0 */
/* Reader, strict checks and layouts over any bytes. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "signer/base/limits.h"
#include "signer/macho/macho.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void try_layouts(const struct sgn_macho *m)
{
	uint32_t sizes[SGN_LIMIT_FAT_SLICES];
	struct sgn_layout l;

	for (size_t i = 0; i < SGN_ARRAY_LEN(sizes); i++)
		sizes[i] = 18480;
	if (sgn_layout_sign(m, sizes, &l, NULL) == 0) {
		for (size_t i = 0; i < l.count; i++) {
			require(l.slices[i].header.size <= l.slices[i].copy_size);
			require(l.slices[i].copy_size <= m->slices[i].size);
			require(l.slices[i].new_offset + l.slices[i].new_size <= l.file_size);
		}
		sgn_layout_dispose(&l);
	}
	if (sgn_layout_remove(m, &l, NULL) == 0) {
		for (size_t i = 0; i < l.count; i++)
			require(l.slices[i].new_size <= m->slices[i].size);
		sgn_layout_dispose(&l);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_source src;
	struct sgn_macho m;
	struct sgn_buf name;

	sgn_source_memory(sgn_view_of(data, size), &src);
	if (sgn_macho_read(&src, &m, &err) == 0) {
		sgn_buf_init(&name, 65536);
		sgn_macho_format_name(&m, &name);
		require(name.size != 0 && sgn_macho_native(&m, false) &&
		        sgn_macho_native(&m, true));
		sgn_buf_dispose(&name);
		(void)sgn_macho_strict_problem(&m, &src);
		try_layouts(&m);
		sgn_macho_dispose(&m);
	} else {
		require(err.text[0] != '\0');
	}
	sgn_error_dispose(&err);
	sgn_source_close(&src);
	return 0;
}
