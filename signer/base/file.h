/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files: where bytes come from and how a file is replaced. No input is mapped: a mapped file that
 * somebody truncates would kill the process. What differs between systems is in file.c, output.c,
 * meta.c and path.c only.
 */
#ifndef SIGNER_BASE_FILE_H
#define SIGNER_BASE_FILE_H

#include "signer/base/buf.h"

/* Bytes for a place in a file. */
struct sgn_patch {
	uint64_t at;
	struct sgn_view bytes;
};

/* What is to become of a file: patches in rising order, apart from each other; between them, and up to
 * new_size, it stays as it is. */
struct sgn_change {
	const struct sgn_patch *patches;
	size_t count;
	uint64_t new_size;
};

/* A place to read from: a file, memory, or a file as it will be. The zero value is a valid empty
 * source. */
struct sgn_source {
	uint64_t size;
	int fd;                          /* -1: no file */
	struct sgn_view mem;             /* borrowed */
	char *path;                      /* owned; NULL: no file */
	const struct sgn_source *before; /* with change: the file as it is; both borrowed */
	const struct sgn_change *change;
};

/* The file must be regular (a symlink to one is followed). SGN_E_NOTFOUND, SGN_E_IO,
 * SGN_E_UNSUPPORTED (a directory, a device). */
int sgn_source_open(const char *path, struct sgn_source *out, struct sgn_error *err);
void sgn_source_memory(struct sgn_view bytes, struct sgn_source *out);
/* What src will be after the change; zeros where the change makes it longer and has no bytes. */
void sgn_source_changed(const struct sgn_source *src, const struct sgn_change *change,
                        struct sgn_source *out);
void sgn_source_close(struct sgn_source *src);

/* How many names (hard links) the file has; 1 for memory. */
int sgn_source_links(const struct sgn_source *src, uint64_t *out, struct sgn_error *err);

/* Exactly len bytes at off: a shorter file is SGN_E_IO ("changed while it was read"). Thread-safe. */
int sgn_source_read(const struct sgn_source *src, uint64_t off, void *out, size_t len,
                    struct sgn_error *err);

/* Appends a whole small file to out; a larger file than out->max is SGN_E_LIMIT. "-" is stdin. Pipes
 * and devices are read to their end; a directory is SGN_E_UNSUPPORTED. */
int sgn_file_load(const char *path, struct sgn_buf *out, struct sgn_error *err);

/* What an open file is; kept beside its content, so that nobody can exchange it in between. */
struct sgn_file_facts {
	bool regular;  /* no pipe, no device: the mode says who can read the content later */
	unsigned mode; /* permission bits */
};

/* As sgn_file_load(); for files with keys: out should be a secret buffer. */
int sgn_file_load_facts(const char *path, struct sgn_buf *out, struct sgn_file_facts *facts,
                        struct sgn_error *err);

/* The same from an open descriptor, which stays open; no path is put on errors. */
int sgn_file_load_open(int fd, struct sgn_buf *out, struct sgn_file_facts *facts,
                       struct sgn_error *err);

/* Group or others may read or change it. */
static inline bool sgn_file_is_loose(const struct sgn_file_facts *facts)
{
	return facts->regular && (facts->mode & 077) != 0;
}

/*
 * Replacing a file. The new content goes to an exclusively created file with a random name in the
 * target's directory; commit renames it over the target. A target that is a symlink stays one: the
 * file it points to is replaced. A hard-linked twin keeps the old content. Mode, owner (where
 * permitted), extended attributes and the modification time of `like` are copied.
 */
struct sgn_output {
	int fd;
	char *final_path; /* owned; symlinks resolved */
	char *temp_path;  /* owned; NULL once placed, committed or discarded */
	bool placed;      /* by sgn_output_place(); like is open then */
	int like;
	bool flushed_by_rename; /* the file system writes it to the disk when it replaces the target */
	bool spares_flush;      /* it would, but there is nothing to protect by that */
};

/* SGN_E_NOTFOUND for a symlink that leads nowhere, SGN_E_UNSUPPORTED for what is no regular file. */
int sgn_output_create(const char *target, struct sgn_output *out, struct sgn_error *err);

/* Thread-safe for ranges that do not overlap. */
int sgn_output_write(const struct sgn_output *out, uint64_t off, const void *data, size_t len,
                     struct sgn_error *err);

/*
 * Where the file system has shared blocks (btrfs, XFS): as many of the len bytes at from of src as fill
 * blocks become the output's at to, without being copied. How many that was; 0 where it cannot be, or
 * is not worth it.
 */
uint64_t sgn_output_share(const struct sgn_output *out, const struct sgn_source *src, uint64_t from,
                          uint64_t to, uint64_t len);

/*
 * A hint that these bytes are complete: where the renaming would have them written to the disk, that is
 * begun now. Does nothing elsewhere. Thread-safe.
 */
void sgn_output_flush_early(const struct sgn_output *out, uint64_t off, uint64_t len);

/* A source over what was written so far; close it before the output is disposed. */
int sgn_output_reopen(const struct sgn_output *out, struct sgn_source *src, struct sgn_error *err);

/*
 * For folders that nobody else sees yet: puts the file in the target's place although more will be
 * written into it. No name in the folder changes after this, so that the folder may be listed. like as for
 * sgn_output_commit(), which is still to be called, and looks after what the writing changes (mode,
 * times). A file that is not committed stays in its place, incomplete.
 */
int sgn_output_place(struct sgn_output *out, const char *like, struct sgn_error *err);

/*
 * Puts the new file in the target's place. like: the file whose metadata is copied; NULL for mode
 * 0666 & ~umask. durable: fsync the file and its directory, and report a failure of either. After any
 * failure the temporary file is gone; the target is as it was, unless the message says otherwise
 * (only the directory's fsync comes after the replacement).
 */
int sgn_output_commit(struct sgn_output *out, const char *like, bool durable,
                      struct sgn_error *err);

/* Removes the temporary file unless placed or committed. Safe on a zeroed output. */
void sgn_output_dispose(struct sgn_output *out);

/* Removes every temporary file that is still open; async-signal-safe, for SIGINT and SIGTERM. */
void sgn_output_emergency_cleanup(void);

/* Absolute path with symlinks resolved; freed with sgn_free(). */
int sgn_path_real(const char *path, char **out, struct sgn_error *err);

/*
 * Absolute path of the regular file that writing to path would make or replace, symlinks resolved; it
 * need not exist yet, but its directory must. Freed with sgn_free().
 */
int sgn_path_target(const char *path, char **out, struct sgn_error *err);

/* Symlinks are followed: a link that leads nowhere does not exist. */
bool sgn_path_is_dir(const char *path);
bool sgn_path_exists(const char *path);

/* Does the file (a symlink itself, not its target) have that extended attribute? False also where the
 * system or the file system has none. */
bool sgn_path_has_xattr(const char *path, const char *name);

/* A directory with that mode (less the umask); one that is there already is left as it is. */
int sgn_dir_make(const char *path, unsigned mode, struct sgn_error *err);

/* A symbolic link with that text; nothing may lie in its place. */
int sgn_link_make(const char *target, const char *path, struct sgn_error *err);

/* One whole small file, new or replaced, by the rules above. mode as for open(2): umask applies. */
int sgn_file_store(const char *path, struct sgn_view bytes, unsigned mode, struct sgn_error *err);

#endif
