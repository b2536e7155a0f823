/* SPDX-License-Identifier: Apache-2.0 */
/* Targets: sgn_ents_from_input(), sgn_ents_from_xml(), sgn_ents_from_der(), sgn_ents_to_der(),
 * sgn_ents_print(). DER in the current form that is accepted is canonical. */
#include <stdlib.h>

#include "signer/base/limits.h"
#include "signer/ents/ents.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_der(struct sgn_view in)
{
	struct sgn_arena arena = {0};
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_value dict;
	struct sgn_buf out;

	sgn_buf_init(&out, 8 * SGN_LIMIT_ENTITLEMENTS);
	if (sgn_ents_from_der(in, &arena, &dict, &err) == 0) {
		if (sgn_ents_to_der(&dict, &out, &err) < 0)
			abort();
		if (in.data[0] == 0x70 && !sgn_view_equal(in, sgn_buf_view(&out)))
			abort();
		sgn_ents_print(&dict, &out);
		sgn_ents_exec_flags(&dict);
	}
	sgn_buf_dispose(&out);
	sgn_error_dispose(&err);
	sgn_arena_dispose(&arena);
}

static void try_text(struct sgn_view in)
{
	struct sgn_arena arena = {0};
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_ents ents;
	struct sgn_buf out;

	sgn_buf_init(&out, 8 * SGN_LIMIT_ENTITLEMENTS);
	if (sgn_ents_from_input(in, &arena, &ents, &err) == 0) {
		if (sgn_ents_to_der(&ents.dict, &out, &err) < 0)
			abort();
		try_der(sgn_buf_view(&out));
	}
	sgn_ents_from_xml(in, &arena, &ents, &err);
	sgn_buf_dispose(&out);
	sgn_error_dispose(&err);
	sgn_arena_dispose(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_text(sgn_view_of(data, size));
	try_der(sgn_view_of(data, size));
	return 0;
}
