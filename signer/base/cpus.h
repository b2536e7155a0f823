/* SPDX-License-Identifier: Apache-2.0 */
/* How many CPUs the control groups of Linux leave to this process: behind sgn_cpu_count(). */
#ifndef SIGNER_BASE_CPUS_H
#define SIGNER_BASE_CPUS_H

/*
 * membership: a file like /proc/self/cgroup; mount: the folder where the groups are mounted. The
 * smallest quota between the process's group and the root, rounded up; 0: none is set. Version 1 and 2.
 */
unsigned sgn_cgroup_cpus(const char *membership, const char *mount);

#endif
