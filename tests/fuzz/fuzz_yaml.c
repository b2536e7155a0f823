/* SPDX-License-Identifier: Apache-2.0 */
/* Target: sgn_yaml_read(). Every node of an accepted document has its place and its content. */
#include <stdlib.h>

#include "signer/codec/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at(const struct sgn_yaml *node)
{
	if (node->line == 0 || node->column == 0)
		abort();
	if (node->kind == SGN_YAML_SCALAR && (!node->text || node->first))
		abort();
	for (const struct sgn_yaml *child = node->first; child; child = child->next) {
		if ((child->key != NULL) != (node->kind == SGN_YAML_MAP))
			abort();
		look_at(child);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sgn_arena arena = {0};
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_yaml *top;

	if (sgn_yaml_read(sgn_view_of(data, size), &arena, &top, &err) == 0)
		look_at(top);
	sgn_error_dispose(&err);
	sgn_arena_dispose(&arena);
	return 0;
}
