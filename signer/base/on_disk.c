/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/on_disk.h"

#include <stddef.h>
#ifdef __linux__
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#endif

#include "signer/base/compiler.h"
#include "signer/base/mem.h"

#ifdef __linux__

/* A file that was just written has one, or one for every 128 MiB. */
#define EXTENTS 32

/* More of them only a disk without room makes: then the answer is not worth the time. */
#define MAX_ROUNDS 16

/* "Unwritten" is room that was set aside (fallocate): until the data is there the disk gives zeros. */
static bool is_in_memory_only(const struct fiemap_extent *e)
{
	const uint32_t data = FIEMAP_EXTENT_DATA_INLINE | FIEMAP_EXTENT_DATA_TAIL |
	                      FIEMAP_EXTENT_ENCODED | FIEMAP_EXTENT_SHARED;

	return (e->fe_flags & (FIEMAP_EXTENT_DELALLOC | FIEMAP_EXTENT_UNWRITTEN)) != 0 &&
	       (e->fe_flags & data) == 0;
}

static bool all_in_memory_only(const struct fiemap *map)
{
	for (uint32_t i = 0; i < map->fm_mapped_extents; i++)
		if (!is_in_memory_only(&map->fm_extents[i]))
			return false;
	return true;
}

/*
 * Without FIEMAP_FLAG_SYNC: that would write the file first. What lies between extents is a hole, of which
 * the disk has nothing either; that there is no extent at all is no answer, as some file systems know none.
 */
static bool ask(int fd, uint64_t size, struct fiemap *map)
{
	uint64_t at = 0;

	for (int round = 0; at < size && round < MAX_ROUNDS; round++) {
		const struct fiemap_extent *last;

		*map = (struct fiemap){
			.fm_start = at, .fm_length = size - at, .fm_extent_count = EXTENTS};
		if (ioctl(fd, FS_IOC_FIEMAP, map) != 0 || map->fm_mapped_extents > EXTENTS ||
		    !all_in_memory_only(map))
			return false;
		if (map->fm_mapped_extents == 0)
			return at > 0;
		last = &map->fm_extents[map->fm_mapped_extents - 1];
		at = last->fe_logical + last->fe_length;
		if (last->fe_flags & FIEMAP_EXTENT_LAST)
			return true;
	}
	return size > 0 && at >= size;
}

bool sgn_disk_has_nothing_of(int fd, uint64_t size)
{
	struct fiemap *map = sgn_calloc(1, sizeof(*map) + EXTENTS * sizeof(map->fm_extents[0]));
	bool nothing = map && ask(fd, size, map);

	sgn_free(map);
	return nothing;
}

#else

bool sgn_disk_has_nothing_of(int fd, uint64_t size)
{
	SGN_UNUSED(fd);
	SGN_UNUSED(size);
	return false;
}

#endif
