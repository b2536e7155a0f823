/* SPDX-License-Identifier: Apache-2.0 */
/* The engine that copies and hashes: every page size in one pass, blocks shared where that can be had. */
#include "signer/ops/image.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "ops_test.h"
#include "signer/hash/digest.h"

#define SIGNATURE 32768u
#define SHARED    0xee

static struct ops_test t;
static bool can_share;
static unsigned shares;

/*
 * Stands in for a file system with shared blocks, which few machines have under their temporary files.
 * What is "shared" gets bytes that no file has: so it shows which bytes were written afterwards.
 */
int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (request == FICLONERANGE && can_share) {
		const struct file_clone_range *r = arg;
		uint8_t *bytes = malloc(r->src_length);

		if (r->src_offset % 4096 || r->dest_offset % 4096 || r->src_length % 4096) {
			free(bytes);
			errno = EINVAL;
			return -1;
		}
		memset(bytes, SHARED, r->src_length);
		cr_assert_eq(pwrite(fd, bytes, r->src_length, (off_t)r->dest_offset),
		             (ssize_t)r->src_length);
		free(bytes);
		shares++;
		return 0;
	}
	/* Not known: so every file may be on the disk. */
	if (request == FS_IOC_FIEMAP) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return (int)syscall(SYS_ioctl, fd, request, arg);
}

/* Stands in for ext4, and remembers what was given to the disk. */
#define FLUSHES 100
static bool is_ext4;
static atomic_uint flushes;
static off_t flushed[FLUSHES][2];

int fstatfs(int fd, struct statfs *buf)
{
	int rc = (int)syscall(SYS_fstatfs, fd, buf);

	buf->f_type = is_ext4 ? EXT4_SUPER_MAGIC : TMPFS_MAGIC;
	return rc;
}

int sync_file_range(int fd, off_t off, off_t len, unsigned flags)
{
	unsigned i = atomic_fetch_add(&flushes, 1);

	cr_assert_geq(fd, 0);
	cr_assert_eq(flags, SYNC_FILE_RANGE_WRITE, "nobody waits for the disk");
	cr_assert_lt(i, FLUSHES);
	flushed[i][0] = off;
	flushed[i][1] = off + len;
	return 0;
}

static void begin(void)
{
	ops_test_begin(&t);
	can_share = is_ext4 = false;
	shares = 0;
	atomic_store(&flushes, 0);
}

static void end(void)
{
	ops_test_end(&t);
}

TestSuite(ops_image, .init = begin, .fini = end, .timeout = 120);

/* A file, its new layout, and what came of writing it. */
struct written {
	struct sgn_source src;
	struct sgn_macho macho;
	struct sgn_layout layout;
	struct sgn_image_hash hash[2];
	uint8_t *bytes; /* of the output */
	size_t size;
};

static const enum sgn_digest digests[] = {SGN_DIGEST_SHA256, SGN_DIGEST_SHA1};

static void write_image(uint64_t page_size, unsigned jobs, struct written *w)
{
	const uint32_t datasizes[2] = {SIGNATURE, SIGNATURE};
	struct sgn_pool *pool = sgn_pool_new(jobs);
	struct sgn_output out;
	struct sgn_image image = {.src = &w->src,
	                          .macho = &w->macho,
	                          .layout = &w->layout,
	                          .hash = w->hash,
	                          .out = &out};

	*w = (struct written){0};
	cr_assert_eq(sgn_source_open(scratch_path(&t.dir, "tool"), &w->src, NULL), 0);
	cr_assert_eq(sgn_macho_read(&w->src, &w->macho, NULL), 0);
	cr_assert_eq(sgn_layout_sign(&w->macho, datasizes, &w->layout, NULL), 0);
	for (size_t i = 0; i < w->layout.count; i++) {
		uint64_t pages = sgn_image_pages(w->layout.slices[i].code_limit, page_size);

		w->hash[i] = (struct sgn_image_hash){page_size, digests, 2, {NULL}};
		for (size_t d = 0; d < 2; d++)
			w->hash[i].hashes[d] = calloc(pages, sgn_digest_size(digests[d]));
	}
	cr_assert_eq(sgn_output_create(scratch_path(&t.dir, "out"), &out, NULL), 0);
	cr_assert_eq(sgn_image_write(&image, pool, &t.err), 0, "%s", t.err.text);
	cr_assert_eq(sgn_output_commit(&out, NULL, false, NULL), 0);
	sgn_output_dispose(&out);
	sgn_pool_free(pool);
	w->bytes = scratch_read(scratch_path(&t.dir, "out"), &w->size);
}

static void done(struct written *w)
{
	for (size_t i = 0; i < 2; i++)
		for (size_t d = 0; d < 2; d++)
			free(w->hash[i].hashes[d]);
	free(w->bytes);
	sgn_layout_dispose(&w->layout);
	sgn_macho_dispose(&w->macho);
	sgn_source_close(&w->src);
}

/* Every page hash, computed the plain way over what was written. */
static void expect_hashes(const struct written *w)
{
	for (size_t i = 0; i < w->layout.count; i++) {
		const struct sgn_slice_layout *l = &w->layout.slices[i];
		uint64_t page = w->hash[i].page_size ? w->hash[i].page_size : l->code_limit;

		for (uint64_t at = 0; at < l->code_limit; at += page) {
			uint64_t n = l->code_limit - at < page ? l->code_limit - at : page;
			struct sgn_view code = sgn_view_of(w->bytes + l->new_offset + at, n);

			for (size_t d = 0; d < 2; d++) {
				struct sgn_digest_bytes want;

				cr_assert_eq(sgn_digest(digests[d], code, &want, NULL), 0);
				cr_assert_eq(memcmp(w->hash[i].hashes[d] + at / page * want.size,
				                    want.data, want.size),
				             0, "slice %zu, page size %lu, at %lu", i,
				             (unsigned long)page, (unsigned long)at);
			}
		}
	}
}

static void make_universal(void)
{
	struct mb_slice s[2] = {mb_x86_64(), mb_arm64()};

	s[0].text_size = 700001;
	s[1].text_size = 1500003;
	s[1].linkedit_size = 8199;
	ops_test_fat(&t, "tool", s, 2);
}

Test(ops_image, pages_of_every_size_are_hashed_as_they_are_written)
{
	static const uint64_t sizes[] = {0,     1024,   4096,     16384,   32768,
	                                 65536, 131072, 1u << 20, 1u << 30};
	struct written first, w;

	make_universal();
	write_image(4096, 1, &first);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		write_image(sizes[i], 1 + (unsigned)i % 3, &w);
		expect_hashes(&w);
		cr_assert_eq(w.size, first.size);
		cr_assert_eq(memcmp(w.bytes, first.bytes, w.size), 0, "page size %lu",
		             (unsigned long)sizes[i]);
		done(&w);
	}
	done(&first);
}

Test(ops_image, shared_blocks_are_hashed_but_not_written)
{
	static const uint64_t sizes[] = {0, 4096, 131072};
	struct written plain, w;

	make_universal();
	write_image(4096, 2, &plain);
	can_share = true;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const struct sgn_slice_layout *l;
		uint64_t whole, header;

		shares = 0;
		write_image(sizes[i], 2, &w);
		cr_assert_eq(shares, 1, "the small slice is not worth it");
		cr_assert_eq(w.size, plain.size);
		l = &w.layout.slices[1];
		whole = l->copy_size - l->copy_size % 4096;
		header = l->header.size;
		cr_assert_eq(memcmp(w.bytes, plain.bytes, l->new_offset + header), 0);
		for (uint64_t at = l->new_offset + header; at < l->new_offset + whole; at++) {
			/* The chunk that the sharing ends in is written as a whole. */
			if (at >= l->new_offset + whole - 96 * 1024)
				break;
			cr_assert_eq(w.bytes[at], SHARED, "written at %lu", (unsigned long)at);
		}
		cr_assert_eq(memcmp(w.bytes + l->new_offset + whole,
		                    plain.bytes + l->new_offset + whole, l->code_limit - whole),
		             0);
		/* Hashes are of the input's bytes under the new header, whatever lies in the output. */
		if (sizes[i] == 4096)
			for (size_t d = 0; d < 2; d++)
				cr_assert_eq(memcmp(w.hash[1].hashes[d], plain.hash[1].hashes[d],
				                    sgn_image_pages(l->code_limit, 4096) *
				                            sgn_digest_size(digests[d])),
				             0);
		done(&w);
	}
	done(&plain);
}

Test(ops_image, where_blocks_cannot_be_shared_all_is_written)
{
	struct written w;

	make_universal();
	write_image(4096, 2, &w);
	cr_assert_eq(shares, 0);
	expect_hashes(&w);
	done(&w);
}

static int compare_ranges(const void *a, const void *b)
{
	const off_t *x = a, *y = b;

	return x[0] < y[0] ? -1 : x[0] > y[0];
}

Test(ops_image, a_large_file_that_replaces_another_is_given_to_the_disk_early)
{
	struct mb_slice s[2] = {mb_x86_64(), mb_arm64()};
	struct written w;
	off_t end = 0;

	s[0].text_size = 9u << 20;
	s[1].text_size = 21u << 20;
	ops_test_fat(&t, "tool", s, 2);
	is_ext4 = true;
	write_image(4096, 1, &w);
	cr_assert_eq(atomic_load(&flushes), 0, "nothing is replaced");
	done(&w);
	for (unsigned jobs = 1; jobs < 4; jobs++) {
		atomic_store(&flushes, 0);
		write_image(4096, jobs, &w); /* over the one before */
		expect_hashes(&w);
		cr_assert_eq(atomic_load(&flushes), w.size / (64 * 96 * 1024) - 1);
		qsort(flushed, atomic_load(&flushes), sizeof(flushed[0]), compare_ranges);
		end = (off_t)w.layout.slices[0].new_offset;
		for (unsigned i = 0; i < atomic_load(&flushes); i++) {
			cr_assert_geq(flushed[i][0], end, "each byte once");
			cr_assert_leq(flushed[i][0] - end, 1 << 14, "and all of them");
			end = flushed[i][1];
		}
		cr_assert_leq((off_t)w.size - end, 2 * 64 * 96 * 1024);
		done(&w);
	}
	is_ext4 = false;
	atomic_store(&flushes, 0);
	write_image(4096, 2, &w);
	cr_assert_eq(atomic_load(&flushes), 0, "other file systems do not flush at a rename");
	done(&w);
}
