/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The context: threads, messages and trust that all calls share.
 */
#ifndef SIGNET_CONTEXT_H
#define SIGNET_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

#include <signet/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct sgn_context - opaque; one for a program is enough
 *
 * Calls in several threads may use one context at the same time; they share its worker threads.
 */
struct sgn_context;

/** enum sgn_note_level - how much a message matters */
enum sgn_note_level {
	SGN_NOTE_WARNING, /* the work goes on, but the result may surprise */
	SGN_NOTE_INFO     /* worth a line with -v */
};

/**
 * struct sgn_note - one message about work that goes on
 * @level: see above
 * @path:  the file concerned, or NULL
 * @arch:  the slice concerned, or ""
 * @text:  one sentence, UTF-8
 * @cure:  what to do about it, or ""
 *
 * Everything in it is valid until the callback returns.
 */
struct sgn_note {
	enum sgn_note_level level;
	const char *path;
	const char *arch;
	const char *text;
	const char *cure;
};

/**
 * struct sgn_context_options - start from a zeroed struct
 * @jobs:        how many threads work at a time; 0: one per CPU available to the process; 1: only the
 *               caller's. Threads that wait for timestamp servers come on top.
 * @note:        receives messages, one at a time, on any thread, the caller's or a worker's; must not
 *               call into libsignet; may be NULL
 * @note_arg:    passed to @note
 * @apple_roots: paths of PEM or DER files whose certificates count as Apple's anchors, for tests
 *               (docs/security.md); NULL when @apple_root_count is 0
 * @apple_root_count: number of them
 *
 * Everything is copied.
 */
struct sgn_context_options {
	unsigned jobs;
	void (*note)(void *note_arg, const struct sgn_note *note);
	void *note_arg;
	const char *const *apple_roots;
	size_t apple_root_count;
};

/**
 * sgn_context_new() - makes a context
 * @opts: NULL for the defaults
 * @out:  receives it; free with sgn_context_free()
 * @err:  filled on failure; may be NULL
 *
 * Thread-safe.
 *
 * Return: 0, SGN_E_NOMEM, or the failure to read a file of @apple_roots (SGN_E_NOTFOUND, SGN_E_IO,
 * SGN_E_FORMAT, SGN_E_LIMIT). *@out is NULL after a failure.
 */
int sgn_context_new(const struct sgn_context_options *opts, struct sgn_context **out,
                    struct sgn_error *err);

/**
 * sgn_context_free() - ends the threads and frees the context
 * @ctx: may be NULL; no call that uses it may be running
 */
void sgn_context_free(struct sgn_context *ctx);

/**
 * sgn_no_core_dumps() - keeps the memory of this process out of core dumps from now on
 *
 * For a program that is about to read keys and passwords, before it starts threads. No core file is
 * written, no crash handler of the system gets the memory, and on Linux no other process of the same user may
 * look into it (root may). Also for what the process starts later. The library never does so by
 * itself: a process belongs to its program.
 */
void sgn_no_core_dumps(void);

/**
 * sgn_emergency_cleanup() - removes the temporary files of all operations that are under way
 *
 * For a handler of SIGINT or SIGTERM that is about to end the process: async-signal-safe. The files
 * being signed are untouched at that point; only the unfinished copies beside them go away. The working
 * copy of a bundle stays, and the next run on that bundle removes it (docs/safe-writing.md). The library
 * installs no signal handlers of its own.
 */
void sgn_emergency_cleanup(void);

#ifdef __cplusplus
}
#endif

#endif
