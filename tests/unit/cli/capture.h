/* SPDX-License-Identifier: Apache-2.0 */
/* What a printer wrote, as a string. */
#ifndef TESTS_UNIT_CLI_CAPTURE_H
#define TESTS_UNIT_CLI_CAPTURE_H

#include <criterion/criterion.h>
#include <stdlib.h>

#include "signer/cli/out.h"

struct capture {
	struct out out;
	char *text;
	size_t size;
};

static inline void capture_start(struct capture *c, bool colour)
{
	c->out.file = open_memstream(&c->text, &c->size);
	c->out.colour = colour;
	cr_assert_not_null(c->out.file);
}

/* Compares and frees. */
static inline void capture_expect(struct capture *c, const char *expected)
{
	cr_assert_eq(fclose(c->out.file), 0);
	cr_assert_str_eq(c->text, expected);
	free(c->text);
}

#endif
