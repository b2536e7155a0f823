/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of operations share: a context, a folder, synthetic programs, a test identity. */
#ifndef TESTS_UNIT_OPS_OPS_TEST_H
#define TESTS_UNIT_OPS_OPS_TEST_H

#include <signet/signet.h>

#include "tests/support/macho_builder.h"
#include "tests/support/scratch.h"

struct ops_test {
	struct scratch dir;
	struct sgn_context *ctx;
	struct sgn_error err;
	char notes[2048]; /* all notes, one a line */
};

void ops_test_begin(struct ops_test *t);
void ops_test_end(struct ops_test *t);

/* Writes a synthetic program (mode 0755) and gives its path. */
const char *ops_test_thin(struct ops_test *t, const char *name, const struct mb_slice *slice);
const char *ops_test_fat(struct ops_test *t, const char *name, const struct mb_slice *slices,
                         size_t count);

/* A throw-away identity of a kind; its root counts as Apple's in t->ctx from then on. */
struct sgn_identity *ops_test_identity(struct ops_test *t, const char *kind, const char *key_type);

/* Two look-alikes of one kind, of teams AAAAAAAAAA and BBBBBBBBBB; both roots count as Apple's in t->ctx
 * from then on. Either kind may be NULL: then that identity is not made. */
void ops_test_two_teams(struct ops_test *t, const char *old_kind, const char *new_kind,
                        struct sgn_identity *ids[2]);

/* Signs; fails the test when that fails. */
void ops_test_sign(struct ops_test *t, const char *path, const struct sgn_sign_options *opts);

/* Verifies and gives the ids of all errors, joined by spaces; "" when all is well. */
const char *ops_test_verify(struct ops_test *t, const char *path);

/* Flips one bit of a file. */
void ops_test_flip(const char *path, size_t offset);

#endif
