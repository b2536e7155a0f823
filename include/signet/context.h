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

/** struct sgn_context - opaque */
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
 * @text:  one sentence
 * @cure:  what to do about it, or ""
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
 * @jobs:        worker threads; 0: one per CPU available to the process; 1: no threads are started
 * @note:        receives messages, one at a time, from any thread; may be NULL
 * @note_arg:    passed to @note
 * @apple_roots: PEM or DER files whose certificates count as Apple's anchors, for tests
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
 * Return: 0, SGN_E_NOMEM, or the failure to read a file of @apple_roots.
 */
int sgn_context_new(const struct sgn_context_options *opts, struct sgn_context **out,
                    struct sgn_error *err);

/**
 * sgn_context_free() - ends the threads and frees the context
 * @ctx: may be NULL; no call that uses it may be running
 */
void sgn_context_free(struct sgn_context *ctx);

/**
 * sgn_emergency_cleanup() - removes the temporary files of all operations that are under way
 *
 * For a handler of SIGINT or SIGTERM that is about to end the process: async-signal-safe. The files
 * being signed are untouched at that point; only the unfinished copies beside them go away.
 */
void sgn_emergency_cleanup(void);

#ifdef __cplusplus
}
#endif

#endif
