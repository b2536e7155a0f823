/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this room share. docs/format/bundles.md has the rules. */
#ifndef SIGNER_BUNDLE_INTERNAL_H
#define SIGNER_BUNDLE_INTERNAL_H

#include "signer/base/error.h"
#include "signer/bundle/bundle.h"

/* tree.c: moving about in a walked tree. */

/* The child behind prev (NULL: the first one) of dir; NULL at the end. */
const struct sgn_walk_entry *sgn_tree_next(const struct sgn_walk *w,
                                           const struct sgn_walk_entry *dir,
                                           const struct sgn_walk_entry *prev);

const struct sgn_walk_entry *sgn_tree_child(const struct sgn_walk *w,
                                            const struct sgn_walk_entry *dir, const char *name);

/* The same for names that Apple's bundles compare without case; an exact name is preferred. */
const struct sgn_walk_entry *sgn_tree_child_nocase(const struct sgn_walk *w,
                                                   const struct sgn_walk_entry *dir,
                                                   const char *name);

/* What a path means, seen from dir: symlinks are followed, the last one as well with follow_last.
 * NULL for what does not exist, lies outside of the walk, or goes in circles. */
const struct sgn_walk_entry *sgn_tree_lookup(const struct sgn_walk *w,
                                             const struct sgn_walk_entry *dir, const char *path,
                                             bool follow_last);

/* What is behind an entry that may be a symlink; NULL as above. NULL gives NULL. */
const struct sgn_walk_entry *sgn_tree_real(const struct sgn_walk *w,
                                           const struct sgn_walk_entry *e);

/* The real directory behind an entry, or NULL. */
const struct sgn_walk_entry *sgn_tree_real_dir(const struct sgn_walk *w,
                                               const struct sgn_walk_entry *e);

bool sgn_tree_inside(const struct sgn_walk *w, const struct sgn_walk_entry *root,
                     const struct sgn_walk_entry *e);

/* Path of e from root, which e is inside of; "" for root itself. Points into e->path. */
const char *sgn_tree_relative(const struct sgn_walk_entry *root, const struct sgn_walk_entry *e);

/* The path behind the folder that it begins with, or NULL. folder "" gives the path. */
const char *sgn_path_below(const char *folder, const char *path);

bool sgn_name_is(const char *a, const char *b); /* ASCII letters without case */

/* What lies in name behind its last dot, or "". A name that begins with its only dot has none. */
const char *sgn_name_extension(const char *name);

/* layout.c */

/* Where CFBundle looks for the parts of a bundle. */
struct sgn_shape {
	enum sgn_bundle_layout layout;
	const struct sgn_walk_entry *base;     /* the directory that was classified */
	const struct sgn_walk_entry *support;  /* real directories */
	const struct sgn_walk_entry *info_dir; /* where Info.plist belongs */
};

/* is_framework: its name ends in .framework; the order of the candidates differs. */
void sgn_shape_of(const struct sgn_walk *w, const struct sgn_walk_entry *dir, bool is_framework,
                  struct sgn_shape *out);

/* A bundle while it is being opened. */
struct sgn_opening {
	const struct sgn_walk *walk;
	const struct sgn_walk_entry *root;
	struct sgn_shape shape;
	const char *stem; /* the bundle's name without extension */
	bool explicit_version;
	const struct sgn_walk_entry *info; /* as it lies there; NULL: none */
	const struct sgn_walk_entry *main; /* the executable's regular file; NULL: none */
	struct sgn_bundle *out;
	bool nomem; /* sticky */
};

/* Notes a problem. text and cure must be static or in the bundle's arena. at may be NULL: the root. */
void sgn_note_problem(struct sgn_opening *o, int32_t osstatus, bool fatal,
                      const struct sgn_walk_entry *at, const char *text, const char *cure);

/* Text for the above, in the bundle's arena. */
const char *sgn_problem_text(struct sgn_opening *o, const char *fmt, ...) SGN_PRINTF(2, 3);

/* main_exec.c, info.c */
const struct sgn_walk_entry *sgn_find_info(const struct sgn_walk *w, const struct sgn_shape *shape);
int sgn_load_info(struct sgn_opening *o, struct sgn_error *err);

/* What may be executed under a name: a file, or a symlink to one. */
const struct sgn_walk_entry *sgn_find_executable(const struct sgn_walk *w,
                                                 const struct sgn_shape *shape, const char *name);
int sgn_find_main(struct sgn_opening *o, struct sgn_error *err);
const char *sgn_executable_name(const struct sgn_opening *o, bool *is_explicit);

/* root_checks.c, framework.c */
#define SGN_CURE_LOST_LINKS                                                                      \
	"sign it with --repair-symlinks, which makes the links again, or unpack it with a tool " \
	"that keeps symbolic links (unzip, ditto, tar)"
void sgn_check_root(struct sgn_opening *o);
void sgn_check_framework(struct sgn_opening *o);
void sgn_check_ambiguous(struct sgn_opening *o);

#endif
