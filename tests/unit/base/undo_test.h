/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of undo records share: calls of the system that fail or kill, a file, changes of it. */
#ifndef TESTS_UNIT_BASE_UNDO_TEST_H
#define TESTS_UNIT_BASE_UNDO_TEST_H

#include <linux/fiemap.h>
#include <sys/types.h>

#include "signer/base/undo.h"
#include "tests/support/scratch.h"

#define UNDO_OLD_SIZE 300000u
#define UNDO_RECORD   ".tool.signet-undo"
#define UNDO_CHANGES  2

enum fault { NO_FAULT, KILLED, FAILS_ONCE, FAILS_FROM_THERE };

/* pwrite, fsync, ftruncate, renameat2 and unlink of the whole program, while armed. */
struct undo_sys {
	bool armed;
	enum fault fault;
	unsigned steps, at; /* counted, and the one where it happens (from 1) */
	ino_t target;
	char log[500]; /* r f n d: the record is written, flushed, named, its folder flushed; W S T: the
	                * file is written, cut, flushed; u: the record goes. In a tree: l N x m: a link, a
	                * new name, a name less, a folder */
};

/* What the file system says of the places of a file on the disk (FS_IOC_FIEMAP of the whole program). */
struct undo_disk {
	int error; /* errno, or 0 */
	const struct fiemap_extent *extents;
	unsigned count;
	bool real; /* it is asked */
};

extern struct undo_sys undo_sys;
extern struct undo_disk undo_disk; /* at first: says nothing */
extern bool undo_durable;          /* what undo_change_now() passes; at first: yes */
extern struct scratch undo_dir;
extern struct sgn_error undo_err;
extern uint8_t undo_old[UNDO_OLD_SIZE]; /* the file before */

struct undo_case {
	struct sgn_patch patches[2];
	struct sgn_change c;
	uint8_t *want; /* the file afterwards */
};

/* The disk has nothing of the file. */
void undo_never_flushed(void);

void undo_arm(enum fault fault, unsigned at);

void undo_begin(void);
void undo_end(void);

const char *undo_tool(void);
const char *undo_record_path(void);
void undo_put_old(void);

/* A change that makes the file longer, and one that makes it shorter; want is to be freed. */
void undo_grow(struct undo_case *c);
void undo_shrink(struct undo_case *c);
extern void (*const undo_changes[UNDO_CHANGES])(struct undo_case *c);

int undo_change_now(const struct undo_case *c, enum fault fault, unsigned at);
/* In a child that is killed at a step; false when it came to its end before. */
bool undo_kill_at(const struct undo_case *c, unsigned at);
/* The step with the first write to the file. */
unsigned undo_first_write(const struct undo_case *c);

bool undo_is_old(void);
bool undo_is_new(const struct undo_case *c);
bool undo_has_record(void);
enum sgn_undone undo_recover(void);

#endif
