/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared libraries that are opened when they are first needed: some bring so many others along that
 * loading them costs more than most runs of the program, which do without. A room lists what it calls in
 * a table of function pointers, with the types of the library's own headers, and calls through that.
 */
#ifndef SIGNER_BASE_LIBRARY_H
#define SIGNER_BASE_LIBRARY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "signer/base/error.h"

/* A function, and where its address goes. */
struct sgn_library_function {
	const char *name;
	size_t offset; /* of the pointer in the table */
};

struct sgn_library {
	const char *file;    /* "libcurl.so.4"; NULL: linked, the table is complete */
	const char *package; /* for the cure: "libcurl4 (Debian, Ubuntu)" */
	const struct sgn_library_function *functions;
	size_t function_count;
	void *table;
	int (*begin)(struct sgn_error *err); /* the library's own set-up; or NULL */
	atomic_bool ready;
};

/*
 * Opens it and fills the table, unless that was done; the table may be read when this has returned 0.
 * Safe from many threads. SGN_E_IO when it is not there, SGN_E_UNSUPPORTED when it lacks a function or
 * begin says so; both are tried again the next time. It stays open until the process ends.
 */
int sgn_library_need(struct sgn_library *library, struct sgn_error *err);

#endif
