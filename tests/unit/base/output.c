/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "signer/base/file.h"
#include "signer/base/mem.h"
#include "tests/support/scratch.h"
#include "undo_test.h"

static struct scratch dir;
static struct sgn_error err = SGN_ERROR_INIT;

/* Stands in for the file system of ext4. */
static bool is_ext4;

int fstatfs(int fd, struct statfs *buf)
{
	int rc = (int)syscall(SYS_fstatfs, fd, buf);

	buf->f_type = is_ext4 ? EXT4_SUPER_MAGIC : TMPFS_MAGIC;
	return rc;
}

static void setup(void)
{
	scratch_make(&dir);
	umask(022);
}

static void teardown(void)
{
	sgn_error_dispose(&err);
	scratch_remove(&dir);
}

/* Criterion does not tear down what is skipped. */
static void skip(const char *why)
{
	teardown();
	cr_skip_test("%s", why);
}

TestSuite(base_output, .init = setup, .fini = teardown);

static void expect_content(const char *path, const char *want)
{
	size_t size;
	uint8_t *got = scratch_read(path, &size);

	cr_assert_eq(size, strlen(want), "%s", path);
	cr_assert_eq(memcmp(got, want, size), 0, "%s", path);
	free(got);
}

static struct stat stat_of(const char *path)
{
	struct stat st;

	cr_assert_eq(lstat(path, &st), 0, "%s", path);
	return st;
}

/* Replaces path with "new", with the metadata of like. */
static void replace(const char *path, const char *like, bool durable)
{
	struct sgn_output out;

	cr_assert_eq(sgn_output_create(path, &out, &err), 0, "%s", err.text);
	cr_assert_eq(sgn_output_write(&out, 0, "new", 3, &err), 0);
	cr_assert_eq(sgn_output_commit(&out, like, durable, &err), 0, "%s", err.text);
	cr_assert_null(out.temp_path);
	sgn_output_dispose(&out);
}

Test(base_output, the_target_is_untouched_until_commit)
{
	const char *path = scratch_write(&dir, "f", "old", 3, 0644);
	struct sgn_output out;

	cr_assert_eq(sgn_output_create(path, &out, &err), 0);
	cr_assert_eq(sgn_output_write(&out, 0, "new", 3, &err), 0);
	expect_content(path, "old");
	cr_assert_eq(strncmp(out.temp_path, scratch_path(&dir, ".f.signet-"), strlen(dir.dir) + 11),
	             0);
	cr_assert_eq(strlen(out.temp_path), strlen(dir.dir) + 11 + 8);
	cr_assert_eq(stat_of(out.temp_path).st_mode & 0777, 0600, "private while it is written");
	cr_assert_eq(sgn_output_commit(&out, path, false, &err), 0);
	expect_content(path, "new");
	sgn_output_dispose(&out);
	cr_assert_eq(scratch_count(&dir), 1);
}

Test(base_output, an_output_without_commit_leaves_nothing)
{
	const char *path = scratch_write(&dir, "f", "old", 3, 0644);
	struct sgn_output out, zeroed = {0};

	cr_assert_eq(sgn_output_create(path, &out, &err), 0);
	sgn_output_dispose(&out);
	sgn_output_dispose(&out);
	sgn_output_dispose(&zeroed);
	expect_content(path, "old");
	cr_assert_eq(scratch_count(&dir), 1);
	cr_assert_neq(fcntl(0, F_GETFD), -1, "descriptor 0 must still be open");
}

Test(base_output, ranges_can_be_written_in_any_order_and_read_back)
{
	struct sgn_output out;
	struct sgn_source src;
	char got[7] = "";

	cr_assert_eq(sgn_output_create(scratch_path(&dir, "f"), &out, &err), 0);
	cr_assert_eq(sgn_output_write(&out, 3, "def", 3, &err), 0);
	cr_assert_eq(sgn_output_write(&out, 0, "abc", 3, &err), 0);
	cr_assert_eq(sgn_output_write(&out, 0, NULL, 0, &err), 0);
	cr_assert_eq(sgn_output_reopen(&out, &src, &err), 0);
	cr_assert_eq(src.size, 6);
	cr_assert_eq(sgn_source_read(&src, 0, got, 6, &err), 0);
	cr_assert_str_eq(got, "abcdef");
	sgn_source_close(&src);
	cr_assert_eq(sgn_output_commit(&out, NULL, false, &err), 0);
	sgn_output_dispose(&out);
	expect_content(scratch_path(&dir, "f"), "abcdef");
}

Test(base_output, a_new_file_obeys_the_umask)
{
	umask(027);
	replace(scratch_path(&dir, "f"), NULL, false);
	cr_assert_eq(stat_of(scratch_path(&dir, "f")).st_mode & 07777, 0640);
	cr_assert_eq(umask(022), 027, "and leaves it alone");
}

Test(base_output, a_symlink_stays_a_symlink)
{
	const char *file = scratch_write(&dir, "file", "old", 3, 0644);
	const char *link = scratch_path(&dir, "link");

	cr_assert_eq(symlink("file", link), 0);
	replace(link, link, false);
	cr_assert(S_ISLNK(stat_of(link).st_mode));
	expect_content(file, "new");
	cr_assert_eq(scratch_count(&dir), 2);
}

Test(base_output, a_hard_linked_twin_keeps_the_old_content)
{
	const char *file = scratch_write(&dir, "file", "old", 3, 0644);
	const char *twin = scratch_path(&dir, "twin");

	cr_assert_eq(link(file, twin), 0);
	replace(file, file, false);
	expect_content(file, "new");
	expect_content(twin, "old");
	cr_assert_eq(stat_of(twin).st_nlink, 1);
}

Test(base_output, mode_and_times_are_kept)
{
	static const unsigned modes[] = {0755, 0600, 0444, 04755, 02711, 0};
	const struct timespec times[2] = {{1000000000, 123456789}, {1100000000, 987654321}};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		const char *path = scratch_write(&dir, "f", "old", 3, modes[i]);
		struct stat st;

		if (modes[i] == 0 && geteuid() != 0)
			continue;
		cr_assert_eq(utimensat(AT_FDCWD, path, times, 0), 0);
		replace(path, path, true);
		st = stat_of(path);
		cr_assert_eq(st.st_mode & 07777, modes[i], "%04o became %04o", modes[i],
		             (unsigned)st.st_mode & 07777);
		cr_assert_eq(st.st_mtim.tv_sec, 1100000000);
		cr_assert_eq(st.st_mtim.tv_nsec, 987654321);
		expect_content(path, "new");
		cr_assert_eq(unlink(path), 0);
	}
}

Test(base_output, the_owner_is_kept_where_that_is_permitted)
{
	const char *path = scratch_write(&dir, "f", "old", 3, 0644);

	if (geteuid() != 0)
		skip("only root can give files away");
	cr_assert_eq(chown(path, 1234, 4321), 0);
	cr_assert_eq(chmod(path, 06755), 0);
	replace(path, path, false);
	cr_assert_eq(stat_of(path).st_uid, 1234);
	cr_assert_eq(stat_of(path).st_gid, 4321);
	cr_assert_eq(stat_of(path).st_mode & 07777, 06755);
}

Test(base_output, set_id_bits_are_dropped_with_an_owner_that_cannot_be_kept)
{
	const char *path = scratch_write(&dir, "f", "old", 3, 0644);
	struct stat st;

	if (geteuid() != 0)
		skip("needs a file of somebody else");
	cr_assert_eq(chmod(path, 06755), 0);
	cr_assert_eq(chown(dir.dir, 1234, 1234), 0);
	cr_assert_eq(setegid(1234), 0);
	cr_assert_eq(seteuid(1234), 0);
	replace(path, path, false);
	st = stat_of(path);
	cr_assert_eq(seteuid(0), 0);
	cr_assert_eq(st.st_uid, 1234);
	cr_assert_eq(st.st_mode & 07777, 0755, "a set-id program of another owner is a trap");
}

Test(base_output, extended_attributes_are_kept)
{
	const char *path = scratch_write(&dir, "f", "old", 3, 0644);
	char got[16];

	if (setxattr(path, "user.signet", "value", 5, 0) != 0)
		skip("no extended attributes here");
	cr_assert_eq(setxattr(path, "user.empty", "", 0, 0), 0);
	/* Owner may not write: the attributes must go first. */
	cr_assert_eq(chmod(path, 0444), 0);
	replace(path, path, false);
	cr_assert_eq(getxattr(path, "user.signet", got, sizeof(got)), 5);
	cr_assert_eq(memcmp(got, "value", 5), 0);
	cr_assert_eq(getxattr(path, "user.empty", got, sizeof(got)), 0);
}

/* The kernel's form of an ACL: version 2, then tag, permission and id of each entry. */
Test(base_output, access_control_lists_are_kept_and_not_invented)
{
	static const uint8_t list[] = {
		2,    0, 0, 0,                         /* version */
		0x01, 0, 6, 0, 0xff, 0xff, 0xff, 0xff, /* owner rw */
		0x02, 0, 4, 0, 0xd2, 0x04, 0x00, 0x00, /* user 1234 r */
		0x04, 0, 4, 0, 0xff, 0xff, 0xff, 0xff, /* group r */
		0x10, 0, 4, 0, 0xff, 0xff, 0xff, 0xff, /* mask r */
		0x20, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, /* others nothing */
	};
	const char *path = scratch_write(&dir, "f", "old", 3, 0644);
	const char *plain = scratch_write(&dir, "plain", "old", 3, 0644);
	uint8_t got[64];

	if (setxattr(path, "system.posix_acl_access", list, sizeof(list), 0) != 0)
		skip("no access control lists here");
	replace(path, path, false);
	cr_assert_eq(getxattr(path, "system.posix_acl_access", got, sizeof(got)), sizeof(list));
	cr_assert_arr_eq(got, list, sizeof(list));
	cr_assert_eq(setxattr(dir.dir, "system.posix_acl_default", list, sizeof(list), 0), 0);
	replace(plain, plain, false);
	cr_assert_eq(getxattr(plain, "system.posix_acl_access", got, sizeof(got)), -1);
	cr_assert_eq(errno, ENODATA);
	cr_assert_eq(stat_of(plain).st_mode & 0777, 0644);
}

Test(base_output, a_full_volume_leaves_the_original_and_no_litter)
{
	const char *path = scratch_write(&dir, "f", "old", 3, 0644);
	const struct rlimit limit = {4096, RLIM_INFINITY};
	static uint8_t big[10000];
	struct sgn_output out;

	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_assert_eq(sgn_output_create(path, &out, &err), 0);
	cr_assert_eq(sgn_output_write(&out, 0, big, sizeof(big), &err), SGN_E_IO);
	cr_assert_eq(err.sys, EFBIG);
	cr_assert_eq(err.offset, 4096, "what fits is written, then the failure is seen");
	cr_assert_not_null(strstr(err.cure, "free space on the volume that holds"));
	cr_assert_not_null(strstr(err.cure, path));
	cr_assert_str_eq(err.path, path);
	sgn_output_dispose(&out);
	expect_content(path, "old");
	cr_assert_eq(scratch_count(&dir), 1);
}

Test(base_output, a_device_without_space_names_the_cure)
{
	struct sgn_output out = {.fd = open("/dev/full", O_RDWR), .final_path = dir.dir};

	if (out.fd < 0)
		skip("no /dev/full here");
	cr_assert_eq(sgn_output_write(&out, 0, "x", 1, &err), SGN_E_IO);
	cr_assert_eq(err.sys, ENOSPC);
	cr_assert_eq(strncmp(err.cure, "free space on the volume that holds ", 36), 0);
	close(out.fd);
}

Test(base_output, a_read_only_folder_is_an_error_with_a_cure)
{
	const char *path = scratch_write(&dir, "f", "old", 3, 0666);
	struct sgn_output out;

	cr_assert_eq(chmod(dir.dir, 0555), 0);
	if (geteuid() == 0)
		cr_assert_eq(seteuid(65534), 0);
	cr_assert_eq(sgn_output_create(path, &out, &err), SGN_E_IO);
	cr_assert_eq(err.sys, EACCES);
	cr_assert(err.cure[0] != '\0');
	cr_assert_null(out.final_path);
	if (getuid() == 0)
		cr_assert_eq(seteuid(0), 0);
	expect_content(path, "old");
	cr_assert_eq(scratch_count(&dir), 1);
}

Test(base_output, a_failed_commit_leaves_the_original_and_no_litter)
{
	const char *path = scratch_write(&dir, "f", "old", 3, 0644);
	struct sgn_output out;

	cr_assert_eq(sgn_output_create(path, &out, &err), 0);
	cr_assert_eq(sgn_output_commit(&out, scratch_path(&dir, "none"), false, &err),
	             SGN_E_NOTFOUND);
	cr_assert_eq(scratch_count(&dir), 1);
	cr_assert_eq(sgn_output_commit(&out, NULL, false, &err), SGN_E_INTERNAL);
	sgn_output_dispose(&out);
	/* The target became a folder meanwhile: rename refuses. */
	cr_assert_eq(sgn_output_create(path, &out, &err), 0);
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(mkdir(path, 0755), 0);
	cr_assert_eq(sgn_output_commit(&out, NULL, true, &err), SGN_E_IO);
	cr_assert_eq(scratch_count(&dir), 1);
	sgn_output_dispose(&out);
}

Test(base_output, names_at_the_limit_of_the_file_system)
{
	char name[256];

	memset(name, 'n', 255);
	name[255] = '\0';
	replace(scratch_path(&dir, name), NULL, false);
	/* A cut in the middle of a character of three bytes would be no valid name elsewhere. */
	for (size_t i = 0; i < 255; i += 3)
		memcpy(name + i, "\xe2\x82\xac", 3);
	replace(scratch_path(&dir, name), NULL, false);
	cr_assert_eq(scratch_count(&dir), 2);
}

Test(base_output, a_signal_handler_can_remove_what_is_open)
{
	const char *path = scratch_write(&dir, "f", "old", 3, 0644);
	struct sgn_output one, two;

	cr_assert_eq(sgn_output_create(path, &one, &err), 0);
	cr_assert_eq(sgn_output_create(scratch_path(&dir, "g"), &two, &err), 0);
	cr_assert_eq(scratch_count(&dir), 3);
	errno = 77;
	sgn_output_emergency_cleanup();
	cr_assert_eq(errno, 77);
	cr_assert_eq(scratch_count(&dir), 1);
	cr_assert_eq(sgn_output_commit(&one, path, false, &err), SGN_E_NOTFOUND);
	sgn_output_dispose(&one);
	sgn_output_dispose(&two);
	sgn_output_emergency_cleanup();
	expect_content(path, "old");
}

static void *make_and_drop(void *arg)
{
	for (int i = 0; i < 200; i++) {
		struct sgn_output out;

		if (sgn_output_create(arg, &out, NULL) != 0)
			return arg;
		sgn_output_dispose(&out);
	}
	return NULL;
}

static void on_signal(int sig)
{
	(void)sig;
	sgn_output_emergency_cleanup();
}

Test(base_output, cleanup_may_run_while_others_open_and_close)
{
	char *path = sgn_strdup(scratch_path(&dir, "f"));
	pthread_t threads[3];

	signal(SIGUSR1, on_signal);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, make_and_drop, path), 0);
	for (int i = 0; i < 500; i++)
		cr_assert_eq(pthread_kill(threads[i % 2], SIGUSR1), 0);
	for (int i = 0; i < 3; i++) {
		void *failed;

		pthread_join(threads[i], &failed);
		cr_assert_null(failed);
	}
	cr_assert_eq(scratch_count(&dir), 0);
	sgn_free(path);
}

Test(base_output, more_outputs_than_the_table_has_places)
{
	enum { COUNT = 300 };
	static struct sgn_output outs[COUNT];

	for (int i = 0; i < COUNT; i++)
		cr_assert_eq(sgn_output_create(scratch_path(&dir, "f"), &outs[i], &err), 0);
	cr_assert_eq(scratch_count(&dir), COUNT);
	for (int i = 0; i < COUNT; i++)
		sgn_output_dispose(&outs[i]);
	cr_assert_eq(scratch_count(&dir), 0);
}

Test(base_output, a_placed_file_has_its_name_at_once_and_its_mode_and_times_in_the_end)
{
	const char *path = scratch_write(&dir, "f", "old", 3, 0640);
	struct timespec times[2] = {{1000000000, 0}, {1000000001, 5000}};
	struct sgn_output out;

	cr_assert_eq(utimensat(AT_FDCWD, path, times, 0), 0);
	cr_assert_eq(chmod(path, 04750), 0);
	cr_assert_eq(sgn_output_create(path, &out, &err), 0);
	cr_assert_eq(sgn_output_write(&out, 0, "new...", 6, &err), 0);
	cr_assert_eq(sgn_output_place(&out, path, &err), 0, "%s", err.text);
	cr_assert_eq(scratch_count(&dir), 1, "no second name");
	expect_content(path, "new...");
	cr_assert_eq(sgn_output_write(&out, 3, "est", 3, &err), 0);
	cr_assert_eq(sgn_output_commit(&out, path, true, &err), 0, "%s", err.text);
	sgn_output_dispose(&out);
	expect_content(path, "newest");
	cr_assert_eq(stat_of(path).st_mode & 07777, 04750);
	cr_assert_eq(stat_of(path).st_mtim.tv_sec, 1000000001);
	cr_assert_eq(stat_of(path).st_mtim.tv_nsec, 5000);
	cr_assert_eq(scratch_count(&dir), 1);
}

Test(base_output, a_placed_file_that_is_not_committed_stays)
{
	const char *path = scratch_write(&dir, "f", "old", 3, 0644);
	struct sgn_output out;

	cr_assert_eq(sgn_output_create(path, &out, &err), 0);
	cr_assert_eq(sgn_output_write(&out, 0, "half", 4, &err), 0);
	cr_assert_eq(sgn_output_place(&out, path, &err), 0);
	sgn_output_dispose(&out);
	expect_content(path, "half");
	cr_assert_eq(sgn_output_commit(&out, path, false, &err), SGN_E_INTERNAL);
	cr_assert_eq(scratch_count(&dir), 1);
}

Test(base_output, placing_fails_without_litter_when_there_is_nothing_to_be_like)
{
	const char *path = scratch_write(&dir, "f", "old", 3, 0644);
	struct sgn_output out;

	cr_assert_eq(sgn_output_create(path, &out, &err), 0);
	cr_assert_eq(sgn_output_place(&out, scratch_path(&dir, "none"), &err), SGN_E_NOTFOUND);
	sgn_output_dispose(&out);
	expect_content(path, "old");
	cr_assert_eq(scratch_count(&dir), 1);
}

Test(base_output, storing_a_small_file)
{
	const char *path = scratch_path(&dir, "f");

	cr_assert_eq(sgn_file_store(path, sgn_view_str("secret"), 0600, &err), 0);
	expect_content(path, "secret");
	cr_assert_eq(stat_of(path).st_mode & 07777, 0600);
	cr_assert_eq(sgn_file_store(path, SGN_VIEW_EMPTY, 0666, &err), 0);
	expect_content(path, "");
	cr_assert_eq(stat_of(path).st_mode & 07777, 0644);
	cr_assert_eq(sgn_file_store(scratch_path(&dir, "no/f"), SGN_VIEW_EMPTY, 0666, &err),
	             SGN_E_NOTFOUND);
	cr_assert_eq(scratch_count(&dir), 1);
}

/* --- what the disk never had ------------------------------------------------------------------------ */

/* Which call gave the file its name: N rename, n renameat2. saved: the old file is flushed meanwhile. */
static char replaced_by(bool ext4, bool never_saved, bool saved)
{
	const char *path = scratch_write(&dir, "f", "old", 3, 0644);
	struct sgn_output out;
	char by;

	is_ext4 = ext4;
	undo_disk = (struct undo_disk){.error = EOPNOTSUPP};
	if (never_saved)
		undo_never_flushed();
	cr_assert_eq(sgn_output_create(path, &out, &err), 0);
	cr_assert_eq(out.flushed_by_rename, ext4 && !never_saved);
	cr_assert_eq(sgn_output_write(&out, 0, "new", 3, &err), 0);
	if (saved)
		undo_disk = (struct undo_disk){.error = EOPNOTSUPP};
	undo_arm(NO_FAULT, 0);
	cr_assert_eq(sgn_output_commit(&out, path, false, &err), 0);
	undo_sys.armed = false;
	by = undo_sys.log[strcspn(undo_sys.log, "nN")];
	cr_assert_eq(strchr(undo_sys.log, 'u') != NULL, by == 'n', "the old file goes");
	sgn_output_dispose(&out);
	expect_content(path, "new");
	cr_assert_eq(scratch_count(&dir), 1);
	is_ext4 = false;
	return by;
}

Test(base_output, a_file_that_the_disk_never_had_is_exchanged_on_ext4)
{
	cr_assert_eq(replaced_by(true, true, false), 'n');
	cr_assert_eq(replaced_by(true, true, true), 'N', "by now the disk has it");
	cr_assert_eq(replaced_by(true, false, false), 'N');
	cr_assert_eq(replaced_by(false, true, false), 'N', "other renames flush nothing");
}

Test(base_output, every_failed_allocation_leaves_the_original_and_no_litter)
{
	const char *path = scratch_write(&dir, "f", "old", 3, 0644);
	bool done = false;

	for (unsigned long n = 1; !done; n++) {
		struct sgn_output out;
		int rc;

		sgn_mem_fail_after(n);
		rc = sgn_output_create(path, &out, &err);
		if (rc == 0)
			rc = sgn_output_write(&out, 0, "new", 3, &err);
		if (rc == 0)
			rc = sgn_output_commit(&out, path, false, &err);
		sgn_mem_fail_after(0);
		sgn_output_dispose(&out);
		cr_assert(rc == 0 || rc == SGN_E_NOMEM);
		cr_assert_eq(scratch_count(&dir), 1);
		expect_content(path, rc == 0 ? "new" : "old");
		done = rc == 0;
		cr_assert(n < 100);
	}
}
