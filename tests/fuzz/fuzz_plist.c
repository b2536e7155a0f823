/* SPDX-License-Identifier: Apache-2.0 */
/* Targets: sgn_plist_read(), sgn_plist_write_xml(). What could be read and written must read the same
 * again. */
#include <stdlib.h>

#include "signer/base/limits.h"
#include "signer/codec/plist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct sgn_value *v, struct sgn_view xml)
{
	struct sgn_arena arena = {0};
	struct sgn_buf out;
	struct sgn_value again;

	sgn_buf_init(&out, SGN_LIMIT_PLIST);
	if (sgn_plist_read(xml, &arena, &again, NULL, NULL) < 0)
		abort();
	if (again.kind != v->kind || sgn_plist_write_xml(&again, &out, NULL) < 0)
		abort();
	sgn_buf_dispose(&out);
	sgn_arena_dispose(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sgn_arena arena = {0};
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_plist_info info;
	struct sgn_value value;
	struct sgn_buf out;

	sgn_buf_init(&out, SGN_LIMIT_PLIST);
	if (sgn_plist_read(sgn_view_of(data, size), &arena, &value, &info, &err) == 0 &&
	    sgn_plist_write_xml(&value, &out, &err) == 0)
		check_again(&value, sgn_buf_view(&out));
	sgn_buf_dispose(&out);
	sgn_error_dispose(&err);
	sgn_arena_dispose(&arena);
	return 0;
}
