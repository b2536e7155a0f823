/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "signer/base/text.h"

/* Targets as long as any path that the system takes (PATH_MAX). */
#define LINK_ROOM 4096

#define FIRST_ROOM 64

struct list {
	struct sgn_walk_entry *entries;
	size_t count, room;
};

struct walker {
	struct sgn_pool *pool; /* or NULL */
	struct sgn_walk *out;
	size_t out_room;
	struct list pending; /* a stack: of each open directory the entries not yet listed */
};

static int grow(struct sgn_walk_entry **entries, size_t *room, struct sgn_error *err)
{
	size_t more = *room ? *room * 2 : FIRST_ROOM;
	struct sgn_walk_entry *bigger;

	/* SGN_LIMIT_WALK_ENTRIES keeps the product far from an overflow. */
	bigger = sgn_realloc(*entries, more * sizeof(**entries));
	if (!bigger)
		return sgn_fail_nomem(err);
	*entries = bigger;
	*room = more;
	return 0;
}

static int too_many(struct sgn_error *err)
{
	return sgn_fail(err, SGN_E_LIMIT, "the folder holds more than %u files and folders",
	                SGN_LIMIT_WALK_ENTRIES);
}

static int push(struct list *list, const struct sgn_walk_entry *e, struct sgn_error *err)
{
	int rc = 0;

	if (list->count >= SGN_LIMIT_WALK_ENTRIES)
		return too_many(err);
	if (list->count == list->room)
		rc = grow(&list->entries, &list->room, err);
	if (rc == 0)
		list->entries[list->count++] = *e;
	return rc;
}

/* Appends to the result; where tells its index. */
static int append(struct walker *w, const struct sgn_walk_entry *e, size_t *where,
                  struct sgn_error *err)
{
	struct sgn_walk *out = w->out;
	int rc = 0;

	if (out->count >= SGN_LIMIT_WALK_ENTRIES)
		return too_many(err);
	if (out->count == w->out_room)
		rc = grow(&out->entries, &w->out_room, err);
	if (rc != 0)
		return rc;
	*where = out->count++;
	out->entries[*where] = *e;
	out->entries[*where].end = *where + 1;
	return 0;
}

static enum sgn_walk_kind kind_of(mode_t mode)
{
	if (S_ISREG(mode))
		return SGN_WALK_FILE;
	if (S_ISDIR(mode))
		return SGN_WALK_DIR;
	return S_ISLNK(mode) ? SGN_WALK_SYMLINK : SGN_WALK_OTHER;
}

/* "parent/name" in the arena. */
static bool set_path(struct walker *w, const char *parent, const char *name,
                     struct sgn_walk_entry *e)
{
	size_t above = strlen(parent), len = strlen(name);
	size_t slash = above ? 1 : 0;
	char *path = sgn_arena_alloc(&w->out->arena, above + slash + len + 1);

	if (!path)
		return false;
	if (above) {
		memcpy(path, parent, above);
		path[above] = '/';
	}
	memcpy(path + above + slash, name, len);
	e->path = path;
	e->name = path + above + slash;
	return true;
}

static int read_link(struct walker *w, int dir, struct sgn_walk_entry *e, struct sgn_error *err)
{
	char text[LINK_ROOM];
	ssize_t len = readlinkat(dir, e->name, text, sizeof(text));

	if (len < 0 || (size_t)len == sizeof(text)) {
		e->problem = len < 0 ? errno : ENAMETOOLONG;
		len = 0;
	}
	e->link = sgn_arena_strndup(&w->out->arena, text, (size_t)len);
	return e->link ? 0 : sgn_fail_nomem(err);
}

/*
 * One name of a directory goes onto the stack. problem: the errno with which the directory as a whole
 * turned out unreadable: names may be seen in a directory that may not be searched.
 */
static int add_child(struct walker *w, int dir, const char *parent, const char *name, int *problem,
                     struct sgn_error *err)
{
	struct sgn_walk_entry e = {0};
	struct stat st;
	int rc = 0;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		/* Removed since its name was read: as if it had never been there. */
		if (errno != ENOENT)
			*problem = errno;
		return 0;
	}
	if (!set_path(w, parent, name, &e))
		return sgn_fail_nomem(err);
	e.kind = kind_of(st.st_mode);
	e.mode = (unsigned)st.st_mode & 07777u;
	e.size = st.st_size > 0 ? (uint64_t)st.st_size : 0;
	if (e.kind == SGN_WALK_SYMLINK)
		rc = read_link(w, dir, &e, err);
	return rc == 0 ? push(&w->pending, &e, err) : rc;
}

static int by_name(const void *a, const void *b)
{
	const struct sgn_walk_entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Puts all names onto the stack. A directory that cannot be read to its end counts as unread. */
static int read_names(struct walker *w, DIR *dir, const char *parent, int *problem,
                      struct sgn_error *err)
{
	size_t first = w->pending.count;
	int rc = 0;

	while (rc == 0 && *problem == 0) {
		const struct dirent *d;

		errno = 0;
		d = readdir(dir);
		if (!d) {
			*problem = errno;
			break;
		}
		if (!is_dots(d->d_name))
			rc = add_child(w, dirfd(dir), parent, d->d_name, problem, err);
	}
	if (*problem)
		w->pending.count = first;
	if (w->pending.count > first)
		qsort(w->pending.entries + first, w->pending.count - first,
		      sizeof(*w->pending.entries), by_name);
	return rc;
}

/* Says nothing about the directory: the process as a whole has run out of something. */
static bool is_exhaustion(int sys)
{
	return sys == EMFILE || sys == ENFILE || sys == ENOMEM;
}

static int open_dir(int parent, const char *name, int flags)
{
	int fd;

	do
		fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK | flags);
	while (fd < 0 && errno == EINTR);
	return fd;
}

static int list_dir(struct walker *w, int parent, size_t index, unsigned depth,
                    struct sgn_error *err);

/* What is below one of several directories, listed by a thread of its own. */
struct branch {
	struct sgn_walk out;
	const struct sgn_walk_entry *dir;
};

struct branches {
	struct branch *branch;
	size_t count;
	struct sgn_pool *pool;
	int parent;
	unsigned depth;
};

static int list_branch(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	const struct branches *all = arg;
	struct branch *b = &all->branch[i];
	struct walker w = {.pool = all->pool, .out = &b->out};
	size_t index = 0;
	int rc = append(&w, b->dir, &index, err);

	SGN_UNUSED(worker);
	if (rc == 0)
		rc = list_dir(&w, all->parent, index, all->depth, err);
	sgn_free(w.pending.entries);
	return rc;
}

/* All of a branch, which is empty then. */
static int append_branch(struct walker *w, struct branch *b, struct sgn_error *err)
{
	size_t base = w->out->count, index;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < b->out.count; i++) {
		rc = append(w, &b->out.entries[i], &index, err);
		if (rc == 0)
			w->out->entries[index].end = base + b->out.entries[i].end;
	}
	sgn_arena_adopt(&w->out->arena, &b->out.arena);
	return rc;
}

/* The same as list_children(), on all threads. */
static int list_branches(struct walker *w, struct branches *all, size_t first,
                         struct sgn_error *err)
{
	const struct sgn_walk_entry *entries = w->pending.entries;
	size_t last = w->pending.count, index, n = 0;
	int rc;

	all->branch = sgn_calloc(all->count, sizeof(*all->branch));
	if (!all->branch)
		return sgn_fail_nomem(err);
	for (size_t i = first; i < last; i++)
		if (entries[i].kind == SGN_WALK_DIR)
			all->branch[n++].dir = &entries[i];
	rc = sgn_parallel_for(w->pool, n, list_branch, all, err);
	n = 0;
	for (size_t i = first; rc == 0 && i < last; i++)
		rc = entries[i].kind == SGN_WALK_DIR ? append_branch(w, &all->branch[n++], err)
		                                     : append(w, &entries[i], &index, err);
	for (size_t i = 0; i < all->count; i++)
		sgn_walk_dispose(&all->branch[i].out);
	sgn_free(all->branch);
	return rc;
}

static size_t count_dirs(const struct list *list, size_t first)
{
	size_t count = 0;

	for (size_t i = first; i < list->count; i++)
		count += list->entries[i].kind == SGN_WALK_DIR;
	return count;
}

/* Lists the entries of one directory from the stack, each with what is below it. */
static int list_children(struct walker *w, int dir, size_t first, unsigned depth,
                         struct sgn_error *err)
{
	struct branches all = {.count = w->pool ? count_dirs(&w->pending, first) : 0,
	                       .pool = w->pool,
	                       .parent = dir,
	                       .depth = depth};
	size_t last = w->pending.count, index;
	int rc = 0;

	if (all.count > 1) {
		rc = list_branches(w, &all, first, err);
		last = first;
	}
	for (size_t i = first; rc == 0 && i < last; i++) {
		rc = append(w, &w->pending.entries[i], &index, err);
		if (rc == 0 && w->out->entries[index].kind == SGN_WALK_DIR)
			rc = list_dir(w, dir, index, depth, err);
	}
	w->pending.count = first;
	return rc;
}

/* Takes fd over: the content of the directory at index. */
static int list_open(struct walker *w, int fd, size_t index, unsigned depth, struct sgn_error *err)
{
	const char *path = w->out->entries[index].path;
	size_t first = w->pending.count;
	DIR *dir = fdopendir(fd);
	int problem = 0, rc;

	if (!dir) {
		close(fd);
		return sgn_fail_nomem(err);
	}
	rc = read_names(w, dir, path, &problem, err);
	if (rc == 0)
		rc = list_children(w, dirfd(dir), first, depth + 1, err);
	w->out->entries[index].problem = problem;
	w->out->entries[index].end = w->out->count;
	closedir(dir);
	return rc;
}

static int list_dir(struct walker *w, int parent, size_t index, unsigned depth,
                    struct sgn_error *err)
{
	const char *name = w->out->entries[index].name;
	int fd, rc;

	/* Each level is an open descriptor, so that no part of a path is looked up twice. */
	if (depth > SGN_LIMIT_WALK_DEPTH) {
		rc = sgn_fail(err, SGN_E_LIMIT, "folders are nested more than %u deep",
		              SGN_LIMIT_WALK_DEPTH);
		return sgn_error_at_path(err, rc, w->out->entries[index].path);
	}
	fd = open_dir(parent, name, O_NOFOLLOW);
	if (fd >= 0)
		return list_open(w, fd, index, depth, err);
	if (is_exhaustion(errno)) {
		rc = sgn_fail_sys(err, errno, "cannot open the folder");
		return sgn_error_at_path(err, rc, w->out->entries[index].path);
	}
	w->out->entries[index].problem = errno;
	return 0;
}

static int open_root(const char *root, int *fd, struct sgn_error *err)
{
	*fd = open_dir(AT_FDCWD, root, 0);
	if (*fd >= 0)
		return 0;
	if (errno == ENOTDIR)
		return sgn_fail(err, SGN_E_UNSUPPORTED, "is not a folder");
	return sgn_fail_sys(err, errno, "cannot open the folder");
}

static int walk_from(struct walker *w, int fd, struct sgn_error *err)
{
	struct sgn_walk_entry top = {.path = "", .name = "", .kind = SGN_WALK_DIR};
	struct stat st;
	size_t index;
	int rc;

	if (fstat(fd, &st) != 0) {
		rc = sgn_fail_sys(err, errno, "cannot look at the folder");
		goto fail;
	}
	top.mode = (unsigned)st.st_mode & 07777u;
	rc = append(w, &top, &index, err);
	if (rc != 0)
		goto fail;
	rc = list_open(w, fd, index, 0, err);
	if (rc == 0 && w->out->entries[0].problem)
		rc = sgn_fail_sys(err, w->out->entries[0].problem, "cannot read the folder");
	return rc;
fail:
	close(fd);
	return rc;
}

int sgn_walk_tree(const char *root, struct sgn_walk *out, struct sgn_error *err)
{
	return sgn_walk_tree_on(NULL, root, out, err);
}

int sgn_walk_tree_on(struct sgn_pool *pool, const char *root, struct sgn_walk *out,
                     struct sgn_error *err)
{
	struct walker w = {.pool = pool && sgn_pool_jobs(pool) > 1 ? pool : NULL, .out = out};
	int fd, rc;

	*out = (struct sgn_walk){0};
	out->root = sgn_arena_strdup(&out->arena, root);
	if (!out->root)
		return sgn_fail_nomem(err);
	rc = open_root(root, &fd, err);
	if (rc == 0)
		rc = walk_from(&w, fd, err);
	sgn_free(w.pending.entries);
	if (rc != 0)
		sgn_walk_dispose(out);
	return sgn_error_at_path(err, rc, root);
}

void sgn_walk_dispose(struct sgn_walk *w)
{
	sgn_free(w->entries);
	sgn_arena_dispose(&w->arena);
	*w = (struct sgn_walk){0};
}

/* The end is before "/", and "/" before all that may be in a name: then order is that of the list. */
static int weight(char c)
{
	return c == '\0' ? 0 : c == '/' ? 1 : (unsigned char)c + 1;
}

int sgn_walk_compare(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return weight(*a) - weight(*b);
}

const struct sgn_walk_entry *sgn_walk_find(const struct sgn_walk *w, const char *path)
{
	size_t low = 0, high = w->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = sgn_walk_compare(path, w->entries[mid].path);

		if (order == 0)
			return &w->entries[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

size_t sgn_walk_index(const struct sgn_walk *w, const struct sgn_walk_entry *e)
{
	return (size_t)(e - w->entries);
}
