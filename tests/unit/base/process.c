/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/process.h"

#include <criterion/criterion.h>
#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "signer/base/compiler.h"

/* Each test is a process of its own. */
Test(base_process, a_sealed_process_leaves_no_core)
{
	struct rlimit limit;

	cr_assert(sgn_process_seal());
	cr_assert_eq(getrlimit(RLIMIT_CORE, &limit), 0);
	cr_assert_eq(limit.rlim_cur, 0);
	cr_assert_eq(limit.rlim_max, 0, "nothing that is started later may raise it again");
#if defined(__linux__) && !SGN_SANITIZED
	cr_assert_eq(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
#endif
}

Test(base_process, sealing_twice_is_the_same)
{
	cr_assert(sgn_process_seal());
	cr_assert(sgn_process_seal());
}
