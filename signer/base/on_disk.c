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

/* How far it goes without a gap; false when there is something on the disk. */
static bool follow(const struct fiemap *map, uint64_t *at)
{
	for (uint32_t i = 0; i < map->fm_mapped_extents && i < EXTENTS; i++) {
		const struct fiemap_extent *e = &map->fm_extents[i];

		if (!is_in_memory_only(e) || e->fe_logical > *at)
			return false;
		if (e->fe_logical + e->fe_length > *at)
			*at = e->fe_logical + e->fe_length;
	}
	return true;
}

/* Without FIEMAP_FLAG_SYNC: that would write the file first. */
static bool ask(int fd, uint64_t size, struct fiemap *map)
{
	uint64_t at = 0;

	for (int round = 0; at < size && round < MAX_ROUNDS; round++) {
		*map = (struct fiemap){
			.fm_start = at, .fm_length = size - at, .fm_extent_count = EXTENTS};
		/* Nothing is no answer: some file systems know no extents. */
		if (ioctl(fd, FS_IOC_FIEMAP, map) != 0 || map->fm_mapped_extents == 0 ||
		    !follow(map, &at))
			return false;
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
