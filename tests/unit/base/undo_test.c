/* SPDX-License-Identifier: Apache-2.0 */
#include "undo_test.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- the system, with faults --------------------------------------------------------------------- */

struct undo_sys undo_sys;
struct undo_disk undo_disk;
bool undo_durable;

static void log_char(char c)
{
	size_t used = strlen(undo_sys.log);

	if (used + 1 < sizeof(undo_sys.log))
		undo_sys.log[used] = c;
}

static void note(int fd, char of_target, char of_folder, char of_record)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return;
	log_char(S_ISDIR(st.st_mode)            ? of_folder
	         : st.st_ino == undo_sys.target ? of_target
	                                        : of_record);
}

/* True: the step is to fail. */
static bool step(void)
{
	if (!undo_sys.armed)
		return false;
	undo_sys.steps++;
	if (undo_sys.fault == NO_FAULT || undo_sys.steps < undo_sys.at)
		return false;
	if (undo_sys.fault == FAILS_ONCE && undo_sys.steps > undo_sys.at)
		return false;
	if (undo_sys.fault == KILLED)
		kill(getpid(), SIGKILL);
	errno = EIO;
	return true;
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t off)
{
	/* Half of it is there when the rest does not come any more. */
	if (undo_sys.armed && undo_sys.steps + 1 == undo_sys.at && undo_sys.fault != NO_FAULT)
		syscall(SYS_pwrite64, fd, data, len / 2, off);
	if (step())
		return -1;
	if (undo_sys.armed)
		note(fd, 'W', '?', 'r');
	return syscall(SYS_pwrite64, fd, data, len, off);
}

int fsync(int fd)
{
	if (step())
		return -1;
	if (undo_sys.armed)
		note(fd, 'T', 'd', 'f');
	return (int)syscall(SYS_fsync, fd);
}

int ftruncate(int fd, off_t size)
{
	if (step())
		return -1;
	if (undo_sys.armed)
		note(fd, 'S', '?', 's');
	return (int)syscall(SYS_ftruncate, fd, size);
}

int renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
	if (step())
		return -1;
	if (undo_sys.armed)
		log_char('n');
	return (int)syscall(SYS_renameat2, a, from, b, to, flags);
}

int unlink(const char *path)
{
	if (step())
		return -1;
	if (undo_sys.armed)
		log_char('u');
	return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

/* Those from fm_start on, as many as there is room for. */
static int answer(struct fiemap *map)
{
	if (undo_disk.error) {
		errno = undo_disk.error;
		return -1;
	}
	map->fm_mapped_extents = 0;
	for (unsigned i = 0; i < undo_disk.count; i++) {
		const struct fiemap_extent *e = &undo_disk.extents[i];

		if (e->fe_logical + e->fe_length > map->fm_start &&
		    e->fe_logical < map->fm_start + map->fm_length &&
		    map->fm_mapped_extents < map->fm_extent_count)
			map->fm_extents[map->fm_mapped_extents++] = *e;
	}
	return 0;
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (request == FS_IOC_FIEMAP && !undo_disk.real)
		return answer(arg);
	return (int)syscall(SYS_ioctl, fd, request, arg);
}

void undo_never_flushed(void)
{
	static const struct fiemap_extent all[] = {
		{.fe_length = UNDO_OLD_SIZE + 4096,
	         .fe_flags = FIEMAP_EXTENT_DELALLOC | FIEMAP_EXTENT_UNKNOWN | FIEMAP_EXTENT_LAST}};

	undo_disk = (struct undo_disk){.extents = all, .count = 1};
}

/* What changes names in a tree. */
static bool named(char c)
{
	if (step())
		return false;
	if (undo_sys.armed)
		log_char(c);
	return true;
}

int rename(const char *from, const char *to)
{
	return named('N') ? (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0) : -1;
}

int renameat(int a, const char *from, int b, const char *to)
{
	return named('N') ? (int)syscall(SYS_renameat2, a, from, b, to, 0) : -1;
}

int linkat(int a, const char *from, int b, const char *to, int flags)
{
	return named('l') ? (int)syscall(SYS_linkat, a, from, b, to, flags) : -1;
}

int unlinkat(int dir, const char *name, int flags)
{
	return named('x') ? (int)syscall(SYS_unlinkat, dir, name, flags) : -1;
}

int mkdirat(int dir, const char *name, mode_t mode)
{
	return named('m') ? (int)syscall(SYS_mkdirat, dir, name, mode) : -1;
}

void undo_arm(enum fault fault, unsigned at)
{
	memset(&undo_sys, 0, sizeof(undo_sys));
	undo_sys.fault = fault;
	undo_sys.at = at;
	undo_sys.armed = true;
}

/* --- a file and a change of it ---------------------------------------------------------------------- */

struct scratch undo_dir;
struct sgn_error undo_err = SGN_ERROR_INIT;
uint8_t undo_old[UNDO_OLD_SIZE];

static uint8_t head[5000], tail[100000];

const char *undo_tool(void)
{
	return scratch_path(&undo_dir, "tool");
}

const char *undo_record_path(void)
{
	return scratch_path(&undo_dir, UNDO_RECORD);
}

void undo_put_old(void)
{
	static const struct timespec times[2] = {{1000000000, 5}, {1000000001, 7}};

	scratch_write(&undo_dir, "tool", undo_old, sizeof(undo_old), 0751);
	cr_assert_eq(utimensat(AT_FDCWD, undo_tool(), times, 0), 0);
}

void undo_begin(void)
{
	scratch_make(&undo_dir);
	undo_sys.armed = false;
	undo_disk = (struct undo_disk){.error = ENOTTY};
	undo_durable = true;
	for (size_t i = 0; i < sizeof(undo_old); i++)
		undo_old[i] = (uint8_t)(i * 7 + i / 251);
	memset(head, 0xaa, sizeof(head));
	memset(tail, 0xbb, sizeof(tail));
	undo_put_old();
}

void undo_end(void)
{
	undo_sys.armed = false;
	sgn_error_dispose(&undo_err);
	scratch_remove(&undo_dir);
}

/* The head, and a tail that begins before the old end. */
static void make_change(struct undo_case *c, uint64_t tail_at, size_t tail_size, uint64_t new_size)
{
	uint64_t room = new_size > UNDO_OLD_SIZE ? new_size : UNDO_OLD_SIZE;

	*c = (struct undo_case){
		.patches = {{16, sgn_view_of(head, sizeof(head))},
	                    {tail_at, sgn_view_of(tail, tail_size)}},
		.want = calloc(1, room),
	};
	c->c = (struct sgn_change){c->patches, 2, new_size};
	memcpy(c->want, undo_old, UNDO_OLD_SIZE);
	memcpy(c->want + 16, head, sizeof(head));
	memcpy(c->want + tail_at, tail, tail_size);
}

void undo_grow(struct undo_case *c)
{
	make_change(c, UNDO_OLD_SIZE - 60000, sizeof(tail), UNDO_OLD_SIZE + 40000);
}

void undo_shrink(struct undo_case *c)
{
	make_change(c, UNDO_OLD_SIZE - 160000, sizeof(tail), UNDO_OLD_SIZE - 60000);
}

void (*const undo_changes[UNDO_CHANGES])(struct undo_case *c) = {undo_grow, undo_shrink};

int undo_change_now(const struct undo_case *c, enum fault fault, unsigned at)
{
	struct sgn_source src;
	struct stat st;
	int rc;

	cr_assert_eq(sgn_source_open(undo_tool(), &src, NULL), 0);
	cr_assert_eq(fstat(src.fd, &st), 0);
	undo_arm(fault, at);
	undo_sys.target = st.st_ino;
	rc = sgn_undo_change(undo_tool(), &src, &c->c, undo_durable, &undo_err);
	undo_sys.armed = false;
	sgn_source_close(&src);
	return rc;
}

static bool holds(const uint8_t *bytes, uint64_t size)
{
	size_t n;
	uint8_t *now = scratch_read(undo_tool(), &n);
	bool same = n == size && memcmp(now, bytes, n) == 0;

	free(now);
	return same;
}

bool undo_is_old(void)
{
	return holds(undo_old, UNDO_OLD_SIZE);
}

bool undo_is_new(const struct undo_case *c)
{
	return holds(c->want, c->c.new_size);
}

bool undo_has_record(void)
{
	return access(undo_record_path(), F_OK) == 0;
}

/* In a child that is killed at a step; false when it came to its end before. */
bool undo_kill_at(const struct undo_case *c, unsigned at)
{
	pid_t child = fork();
	int status;

	cr_assert_geq(child, 0);
	if (child == 0)
		_exit(undo_change_now(c, KILLED, at) == 0 ? 0 : 1);
	cr_assert_eq(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status))
		return true;
	cr_assert_eq(WEXITSTATUS(status), 0);
	return false;
}

enum sgn_undone undo_recover(void)
{
	enum sgn_undone what;

	cr_assert_eq(sgn_undo_recover(undo_tool(), &what, &undo_err), 0, "%s", undo_err.text);
	cr_assert_not(undo_has_record());
	return what;
}

/* The step with the first write to the file. */
unsigned undo_first_write(const struct undo_case *c)
{
	cr_assert_eq(undo_change_now(c, NO_FAULT, 0), 0);
	undo_put_old();
	return (unsigned)(strchr(undo_sys.log, 'W') - undo_sys.log) + 1;
}
