/* SPDX-License-Identifier: Apache-2.0 */
/* Targets: sgn_plist_read(), sgn_plist_write_xml(). What could be read and written must read the same
 * again, and what the short reader takes libxml2 must understand in the same way. */
#include <stdlib.h>

#include "signer/base/limits.h"
#include "signer/codec/plist_int.h"

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

static void compare_readers(struct sgn_view in)
{
	struct sgn_plist_info short_info = {0}, long_info = {0};
	struct sgn_value short_value, long_value;
	struct sgn_arena arena = {0};
	int rc;

	if (sgn_plist_read_plain(in, &arena, &short_value, &short_info, &rc, NULL) && rc == 0 &&
	    (sgn_plist_read_xml(in, &arena, &long_value, &long_info, NULL) < 0 ||
	     !sgn_value_equal(&short_value, &long_value) ||
	     short_info.oddities != long_info.oddities))
		abort();
	sgn_arena_dispose(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sgn_arena arena = {0};
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_plist_info info;
	struct sgn_value value;
	struct sgn_buf out;

	compare_readers(sgn_view_of(data, size));
	sgn_buf_init(&out, SGN_LIMIT_PLIST);
	if (sgn_plist_read(sgn_view_of(data, size), &arena, &value, &info, &err) == 0 &&
	    sgn_plist_write_xml(&value, &out, &err) == 0)
		check_again(&value, sgn_buf_view(&out));
	sgn_buf_dispose(&out);
	sgn_error_dispose(&err);
	sgn_arena_dispose(&arena);
	return 0;
}
