/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles for tests: written from a few lines, walked and opened. */
#ifndef TESTS_UNIT_BUNDLE_TREE_H
#define TESTS_UNIT_BUNDLE_TREE_H

#include <criterion/criterion.h>

#include "signer/bundle/bundle.h"
#include "signer/bundle/rules.h"
#include "signer/bundle/seal.h"
#include "tests/support/scratch.h"

/*
 * One entry per line, "KIND PATH" or "KIND PATH|TEXT"; folders on the way are made.
 *	d folder   f file   x executable file with that text   m Mach-O   a static archive
 *	p pipe     l symlink to TEXT   i Info.plist from KEY=VALUE;KEY=VALUE
 */
void tree_write(struct scratch *s, const char *lines);

struct opened {
	struct scratch s;
	struct sgn_walk walk;
	struct sgn_bundle b;
	struct sgn_error err;
	char problems[4096];
};

/* Writes lines below the folder name (an empty name: the scratch folder), walks it and opens at. */
int tree_open(struct opened *o, const char *lines, const char *name, const char *at,
              const char *version);

/* The same, which must succeed; at is the root. */
void tree_open_ok(struct opened *o, const char *lines, const char *name);
void tree_close(struct opened *o);

/* "-67014 README, -67011! X": what was found; "!" stops everything. */
const char *tree_problems(struct opened *o);

/* The problem with that number, or NULL. */
const struct sgn_bundle_problem *tree_problem(const struct opened *o, int32_t osstatus);

#endif
