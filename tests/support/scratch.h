/* SPDX-License-Identifier: Apache-2.0 */
/* A temporary folder for one test, and files in it. Aborts on any failure: a test without its folder
 * has nothing to say. */
#ifndef TESTS_SUPPORT_SCRATCH_H
#define TESTS_SUPPORT_SCRATCH_H

#include <stddef.h>
#include <stdint.h>

struct scratch {
	char dir[256];
	char names[16][512]; /* ring for scratch_path() */
	unsigned next;
};

void scratch_make(struct scratch *s);
void scratch_remove(struct scratch *s); /* with everything inside */

/* "<dir>/<name>"; valid until 16 later calls. */
const char *scratch_path(struct scratch *s, const char *name);

const char *scratch_write(struct scratch *s, const char *name, const void *data, size_t size,
                          unsigned mode);

/* The whole file; freed with free(). */
uint8_t *scratch_read(const char *path, size_t *size);

/* Number of entries of the folder, "." and ".." aside: to find litter. */
size_t scratch_count(struct scratch *s);

#endif
