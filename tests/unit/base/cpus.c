/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/cpus.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/support/scratch.h"

static struct scratch dir;

static void setup(void)
{
	static const char *const folders[] = {"two", "two/a",           "two/a/b",
	                                      "one", "one/cpu,cpuacct", "one/cpu,cpuacct/a"};

	scratch_make(&dir);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		cr_assert_eq(mkdir(scratch_path(&dir, folders[i]), 0755), 0);
}

static void teardown(void)
{
	scratch_remove(&dir);
}

TestSuite(base_cpus, .init = setup, .fini = teardown);

static void put(const char *name, const char *text)
{
	scratch_write(&dir, name, text, strlen(text), 0644);
}

static unsigned limit(const char *membership, const char *mount)
{
	put("membership", membership);
	return sgn_cgroup_cpus(scratch_path(&dir, "membership"), scratch_path(&dir, mount));
}

Test(base_cpus, version_2_counts_the_tightest_group_up_to_the_root)
{
	cr_assert_eq(limit("0::/a/b\n", "two"), 0, "no quota anywhere");
	put("two/a/b/cpu.max", "max 100000\n");
	cr_assert_eq(limit("0::/a/b\n", "two"), 0);
	put("two/a/cpu.max", "250000 100000\n");
	cr_assert_eq(limit("0::/a/b\n", "two"), 3, "two and a half CPUs keep three threads busy");
	put("two/cpu.max", "100000 100000\n");
	cr_assert_eq(limit("0::/a/b\n", "two"), 1);
	cr_assert_eq(limit("0::/\n", "two"), 1);
	/* As seen from inside a container: a path that is not mounted. */
	cr_assert_eq(limit("0::/../other\n", "two"), 1);
	cr_assert_eq(limit("0::/not/mounted\n", "two"), 1);
}

Test(base_cpus, version_1_looks_at_the_cpu_controller_only)
{
	put("one/cpu,cpuacct/a/cpu.cfs_quota_us", "150000\n");
	put("one/cpu,cpuacct/a/cpu.cfs_period_us", "100000\n");
	put("one/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
	put("one/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
	cr_assert_eq(limit("5:cpuset:/a\n4:cpu,cpuacct:/a\n3:memory:/a\n", "one"), 2);
	cr_assert_eq(limit("5:cpuset:/a\n", "one"), 0);
	cr_assert_eq(limit("4:cpu,cpuacct:/\n", "one"), 0);
}

Test(base_cpus, nonsense_sets_no_limit)
{
	static const char *const quotas[] = {"",      "0 100000\n", "1 0\n",
	                                     "x y\n", "100000\n",   "99999999999999999999 1\n"};

	for (size_t i = 0; i < sizeof(quotas) / sizeof(quotas[0]); i++) {
		put("two/cpu.max", quotas[i]);
		cr_assert_eq(limit("0::/\n", "two"), 0, "%zu", i);
	}
	cr_assert_eq(limit("", "two"), 0);
	cr_assert_eq(limit("no colons\n:\n::\n", "two"), 0);
	cr_assert_eq(sgn_cgroup_cpus(scratch_path(&dir, "none"), scratch_path(&dir, "two")), 0);
}
