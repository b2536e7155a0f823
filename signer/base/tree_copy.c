/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signer/base/buf.h"
#include "signer/base/limits.h"
#include "signer/base/meta.h"
#include "signer/base/tree.h"

/* Read, write and search: what the owner needs to change a folder. */
#define OWNER_ALL 0700u

int sgn_dir_open_at(int dir, const char *name)
{
	int fd;

	do
		fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd;
}

/* Puts the whole path of an entry on an error. */
static int at_entry(const struct sgn_tree_copy *c, const struct sgn_walk_entry *e, int rc,
                    struct sgn_error *err)
{
	struct sgn_buf path;

	if (rc == 0)
		return 0;
	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_wr_fmt(&path, "%s%s%s", c->walk->root, *e->path ? "/" : "", e->path);
	sgn_error_at_path(err, rc, sgn_buf_str(&path));
	sgn_buf_dispose(&path);
	return rc;
}

/* The file system, or a rule of the system about other people's files, wants a copy. */
static bool is_refused_link(int sys)
{
	static const int refusals[] = {EXDEV, EPERM, EMLINK, EOPNOTSUPP, ENOTSUP, ENOSYS};

	for (size_t i = 0; i < SGN_ARRAY_LEN(refusals); i++)
		if (sys == refusals[i])
			return true;
	return false;
}

/* done: false when a copy has to be made. */
static int try_link(const struct sgn_tree_copy *c, const struct sgn_walk_entry *e, int from, int to,
                    bool *done, struct sgn_error *err)
{
	*done = c->share && linkat(from, e->name, to, e->name, 0) == 0;
	if (*done || !c->share || is_refused_link(errno))
		return 0;
	return sgn_fail_sys(err, errno, "cannot make a link for the copy");
}

static int open_file(int dir, const char *name, int flags, int *fd)
{
	do
		*fd = openat(dir, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
	while (*fd < 0 && errno == EINTR);
	return *fd < 0 ? -1 : 0;
}

static int open_source(int dir, const char *name, int *fd, struct sgn_error *err)
{
	struct stat st;

	/* Not blocking: it may have become a FIFO. */
	if (open_file(dir, name, O_RDONLY | O_NONBLOCK, fd) != 0)
		return sgn_fail_sys(err, errno, "cannot open the file to copy it");
	if (fstat(*fd, &st) == 0 && S_ISREG(st.st_mode))
		return 0;
	return sgn_fail(err, SGN_E_IO, "changed while it was copied: it is no file any more");
}

static int copy_file(const struct sgn_walk_entry *e, int from, int to, struct sgn_error *err)
{
	int in = -1, out = -1;
	int rc = open_source(from, e->name, &in, err);

	if (rc != 0)
		goto out;
	if (open_file(to, e->name, O_WRONLY | O_CREAT | O_EXCL, &out) != 0) {
		rc = sgn_fail_sys(err, errno, "cannot make a copy of the file");
		goto out;
	}
	rc = sgn_bytes_clone(in, out, err);
	if (rc == 0)
		rc = sgn_meta_copy_fd(in, out, err);
	/* Some network file systems report a failed write only here. */
	if (close(out) != 0 && errno != EINTR && rc == 0)
		rc = sgn_fail_sys(err, errno, "cannot finish the copy of the file");
out:
	if (in >= 0)
		close(in);
	return rc;
}

/* Owner and time are a courtesy, as links have no other properties. */
static int copy_symlink(const struct sgn_walk_entry *e, int from, int to, struct sgn_error *err)
{
	struct stat st;
	struct timespec times[2];

	if (e->problem)
		return sgn_fail_sys(err, e->problem, "cannot read the symbolic link");
	if (symlinkat(e->link, to, e->name) != 0)
		return sgn_fail_sys(err, errno, "cannot make a copy of the symbolic link");
	if (fstatat(from, e->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return 0;
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	if (fchownat(to, e->name, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) != 0)
		errno = 0; /* only root may give it away */
	utimensat(to, e->name, times, AT_SYMLINK_NOFOLLOW);
	return 0;
}

/*
 * The folder's own properties come after its content: filling it changes its time, and needs a mode that
 * it may not have. A folder that is closed to its owner stays open until the end of all changes, and so
 * does the root, which nobody else may enter before.
 */
static int close_dir(struct sgn_tree_mode *note, int from, int to, bool is_root, bool *wanted,
                     struct sgn_error *err)
{
	struct stat st;
	int rc = sgn_meta_copy_fd(from, to, err);

	if (rc != 0)
		return rc;
	if (fstat(to, &st) != 0)
		return sgn_fail_sys(err, errno, "cannot look at the copy of the folder");
	note->mode = (unsigned)st.st_mode & 07777u;
	*wanted = is_root || (note->mode & OWNER_ALL) != OWNER_ALL;
	if (!*wanted)
		return 0;
	if (fchmod(to, (mode_t)(is_root ? OWNER_ALL : note->mode | OWNER_ALL)) != 0 &&
	    errno != EPERM && errno != ENOTSUP)
		return sgn_fail_sys(err, errno, "cannot set the mode of the copy of the folder");
	return 0;
}

static int copy_dir(struct sgn_tree_copy *c, size_t index, int from, int to, struct sgn_error *err);

/* A mounted folder would go away together with the old tree. */
static int check_device(const struct sgn_tree_copy *c, int above, int fd, struct sgn_error *err)
{
	struct stat a, b;

	if (fstat(above, &a) != 0 || fstat(fd, &b) != 0)
		return sgn_fail_sys(err, errno, "cannot look at the folder");
	if (c->share && a.st_dev != b.st_dev)
		return sgn_fail(err, SGN_E_UNSUPPORTED,
		                "another file system is mounted here, so the tree cannot be "
		                "exchanged as a whole");
	return 0;
}

static int copy_subdir(struct sgn_tree_copy *c, const struct sgn_walk_entry *e, int from, int to,
                       struct sgn_error *err)
{
	int in = -1, out = -1, rc = 0;

	if (e->problem)
		return sgn_fail_sys(err, e->problem, "cannot read the folder");
	in = sgn_dir_open_at(from, e->name);
	if (in < 0)
		rc = sgn_fail_sys(err, errno, "cannot open the folder to copy it");
	else
		rc = check_device(c, from, in, err);
	if (rc != 0)
		goto out;
	if (mkdirat(to, e->name, OWNER_ALL) != 0 || (out = sgn_dir_open_at(to, e->name)) < 0) {
		rc = sgn_fail_sys(err, errno, "cannot make a copy of the folder");
		goto out;
	}
	rc = copy_dir(c, sgn_walk_index(c->walk, e), in, out, err);
out:
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return rc;
}

static int copy_entry(struct sgn_tree_copy *c, const struct sgn_walk_entry *e, int from, int to,
                      struct sgn_error *err)
{
	bool done;
	int rc;

	if (e->kind == SGN_WALK_DIR)
		return copy_subdir(c, e, from, to, err);
	rc = try_link(c, e, from, to, &done, err);
	if (rc != 0 || done)
		return rc;
	if (e->kind == SGN_WALK_FILE)
		return copy_file(e, from, to, err);
	if (e->kind == SGN_WALK_SYMLINK)
		return copy_symlink(e, from, to, err);
	return sgn_fail(err, SGN_E_UNSUPPORTED, "cannot be copied: it is a socket, pipe or device");
}

static int copy_dir(struct sgn_tree_copy *c, size_t index, int from, int to, struct sgn_error *err)
{
	const struct sgn_walk_entry *all = c->walk->entries;
	struct sgn_tree_mode *note = sgn_arena_alloc(c->arena, sizeof(*note));
	struct sgn_tree_mode **link;
	bool wanted = true;
	int rc = 0;

	if (!note)
		return sgn_fail_nomem(err);
	note->path = sgn_arena_strdup(c->arena, all[index].path);
	if (!note->path)
		return sgn_fail_nomem(err);
	/* In front of the parent: modes are set from the bottom up. */
	note->next = c->modes;
	c->modes = note;
	for (size_t i = index + 1; rc == 0 && i < all[index].end; i = all[i].end)
		rc = at_entry(c, &all[i], copy_entry(c, &all[i], from, to, err), err);
	if (rc == 0)
		rc = at_entry(c, &all[index], close_dir(note, from, to, index == 0, &wanted, err),
		              err);
	if (rc != 0 || wanted)
		return rc;
	for (link = &c->modes; *link != note; link = &(*link)->next)
		;
	*link = note->next;
	return 0;
}

int sgn_tree_copy(struct sgn_tree_copy *copy, int from, int to, struct sgn_error *err)
{
	copy->modes = NULL;
	return copy_dir(copy, 0, from, to, err);
}

int sgn_dir_open_beneath(int root, const char *path)
{
	char name[256];
	int fd = fcntl(root, F_DUPFD_CLOEXEC, 0);

	while (fd >= 0 && *path) {
		size_t len = strcspn(path, "/");
		int next = -1, sys = ENAMETOOLONG;

		if (len < sizeof(name)) {
			memcpy(name, path, len);
			name[len] = '\0';
			next = sgn_dir_open_at(fd, name);
			sys = errno;
		}
		close(fd);
		errno = sys;
		fd = next;
		path += len + (path[len] == '/');
	}
	return fd;
}

static int set_mode(const struct sgn_tree_mode *m, int to, struct sgn_error *err)
{
	int fd = sgn_dir_open_beneath(to, m->path);
	int rc = 0;

	if (fd < 0) {
		/* Removed, or made something else, on purpose. */
		if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)
			return 0;
		return sgn_fail_sys(err, errno, "cannot open the folder '%s' of the copy", m->path);
	}
	if (fchmod(fd, (mode_t)m->mode) != 0 && errno != EPERM && errno != ENOTSUP)
		rc = sgn_fail_sys(err, errno, "cannot set the mode %04o of the folder '%s'",
		                  m->mode, m->path);
	close(fd);
	return rc;
}

int sgn_tree_set_modes(const struct sgn_tree_mode *modes, int to, struct sgn_error *err)
{
	int rc = 0;

	for (; rc == 0 && modes; modes = modes->next)
		rc = set_mode(modes, to, err);
	return rc;
}
