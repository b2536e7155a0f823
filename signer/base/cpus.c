/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/cpus.h"

#ifdef __linux__
#include <sched.h>
#endif
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "signer/base/num.h"
#include "signer/base/pool.h"
#include "signer/base/text.h"

#define PATH_ROOM 1024 /* deeper groups are not looked at */

/* The first line of a small file without its end; false when there is none. */
static bool read_line(const char *path, char *line, size_t room)
{
	FILE *f = fopen(path, "re");
	bool ok;

	if (!f)
		return false;
	ok = fgets(line, (int)room, f) != NULL;
	fclose(f);
	if (ok)
		line[strcspn(line, "\n")] = '\0';
	return ok;
}

/* ceil(quota / period), 0 when either is no positive number ("max", "-1"). */
static unsigned cpus_of(const char *quota, const char *period)
{
	uint64_t q, p;

	if (!sgn_parse_u64(quota, &q) || !sgn_parse_u64(period, &p) || q == 0 || p == 0)
		return 0;
	q = (q - 1) / p + 1;
	return q > UINT16_MAX ? 0 : (unsigned)q;
}

/* Version 2: one file cpu.max, "QUOTA PERIOD". */
static unsigned quota_v2(const char *folder)
{
	char path[PATH_ROOM + 32], line[64];
	char *space;

	snprintf(path, sizeof(path), "%s/cpu.max", folder);
	if (!read_line(path, line, sizeof(line)))
		return 0;
	space = strchr(line, ' ');
	if (!space)
		return 0;
	*space = '\0';
	return cpus_of(line, space + 1);
}

/* Version 1: two files. */
static unsigned quota_v1(const char *folder)
{
	char path[PATH_ROOM + 32], quota[32], period[32];

	snprintf(path, sizeof(path), "%s/cpu.cfs_quota_us", folder);
	if (!read_line(path, quota, sizeof(quota)))
		return 0;
	snprintf(path, sizeof(path), "%s/cpu.cfs_period_us", folder);
	return read_line(path, period, sizeof(period)) ? cpus_of(quota, period) : 0;
}

static unsigned lower(unsigned a, unsigned b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

/* From the group up to the root: each may be tighter. In a container the path may lie outside of what
 * is mounted; then the root is what counts. */
static unsigned walk_up(const char *root, const char *group, unsigned (*quota)(const char *))
{
	char folder[PATH_ROOM];
	size_t root_len = strlen(root);
	unsigned limit;
	int len;

	len = snprintf(folder, sizeof(folder), "%s%s", root, group);
	if (len < 0 || (size_t)len >= sizeof(folder))
		return quota(root);
	limit = quota(folder);
	while (strlen(folder) > root_len) {
		*strrchr(folder, '/') = '\0';
		limit = lower(limit, quota(folder));
	}
	return limit;
}

/* True when the comma-separated list has the word. */
static bool has_word(const char *list, size_t len, const char *word)
{
	size_t word_len = strlen(word);

	while (len >= word_len) {
		const char *comma = memchr(list, ',', len);
		size_t item = comma ? (size_t)(comma - list) : len;

		if (item == word_len && memcmp(list, word, item) == 0)
			return true;
		if (!comma)
			return false;
		list += item + 1;
		len -= item + 1;
	}
	return false;
}

/* "ID:CONTROLLERS:/GROUP"; no controllers: version 2 (cgroups(7)). */
static unsigned line_limit(char *line, const char *mount)
{
	char root[PATH_ROOM];
	char *names = strchr(line, ':');
	char *group = names ? strchr(names + 1, ':') : NULL;

	if (!group)
		return 0;
	names++;
	*group++ = '\0';
	group[strcspn(group, "\n")] = '\0';
	if (group[0] != '/' || strstr(group, ".."))
		group = group + strlen(group);
	if (*names == '\0')
		return walk_up(mount, group, quota_v2);
	if (!has_word(names, strlen(names), "cpu"))
		return 0;
	snprintf(root, sizeof(root), "%.*s/%.*s", PATH_ROOM / 2, mount, PATH_ROOM / 4, names);
	return walk_up(root, group, quota_v1);
}

unsigned sgn_cgroup_cpus(const char *membership, const char *mount)
{
	char line[PATH_ROOM];
	FILE *f = fopen(membership, "re");
	unsigned limit = 0;

	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		limit = lower(limit, line_limit(line, mount));
	fclose(f);
	return limit;
}

#ifdef __linux__
/* CPUs that the scheduler may use for this thread. */
static unsigned affinity_cpus(void)
{
	cpu_set_t set;
	int count;

	/* Fails on machines with more CPUs than a cpu_set_t holds; then all that are online count. */
	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 0;
	count = CPU_COUNT(&set);
	return count > 0 ? (unsigned)count : 0;
}
#else
static unsigned affinity_cpus(void)
{
	return 0;
}
#endif

unsigned sgn_cpu_count(void)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned cpus = affinity_cpus();

	if (cpus == 0)
		cpus = online > 0 ? (unsigned)online : 1;
	cpus = lower(cpus, sgn_cgroup_cpus("/proc/self/cgroup", "/sys/fs/cgroup"));
	return cpus;
}
