/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <signet/hash.h>
#include <stdlib.h>
#include <string.h>

#include "signer/base/error.h"
#include "signer/hash/sha.h"

Test(hash_sha_choose, each_usable_kernel_can_be_forced_and_both_algorithms_follow)
{
	for (size_t i = 0; sgn_sha256.kernels[i]; i++) {
		const char *name = sgn_sha256.kernels[i]->name;

		if (!sgn_sha256.kernels[i]->usable())
			continue;
		cr_assert_eq(sgn_hash_set_backend(name, NULL), 0);
		cr_assert_str_eq(sgn_hash_backend(), name);
		cr_assert_str_eq(sgn_sha_current(&sgn_sha1)->name, name);
	}
}

Test(hash_sha_choose, a_kernel_of_another_cpu_is_refused)
{
	for (size_t i = 0; sgn_sha256.kernels[i]; i++)
		if (!sgn_sha256.kernels[i]->usable())
			cr_assert_eq(sgn_hash_set_backend(sgn_sha256.kernels[i]->name, NULL),
			             SGN_E_UNSUPPORTED);
}

Test(hash_sha_choose, an_unknown_kernel_is_refused_and_nothing_changes)
{
	struct sgn_error err = SGN_ERROR_INIT;
	const char *before = sgn_hash_backend();

	cr_assert_eq(sgn_hash_set_backend("abacus", &err), SGN_E_UNSUPPORTED);
	cr_assert_not_null(strstr(err.text, "\"abacus\""));
	cr_assert_str_eq(sgn_hash_backend(), before);
	sgn_error_dispose(&err);
}

Test(hash_sha_choose, the_environment_forces_a_kernel)
{
	cr_assert_eq(setenv("SIGNET_HASH", "portable", 1), 0);
	cr_assert_eq(sgn_hash_set_backend(NULL, NULL), 0);
	cr_assert_str_eq(sgn_hash_backend(), "portable");
}

Test(hash_sha_choose, an_unusable_name_in_the_environment_is_ignored)
{
	cr_assert_eq(unsetenv("SIGNET_HASH"), 0);
	cr_assert_eq(sgn_hash_set_backend(NULL, NULL), 0);
	const char *automatic = sgn_hash_backend();

	cr_assert_eq(setenv("SIGNET_HASH", "abacus", 1), 0);
	cr_assert_eq(sgn_hash_set_backend(NULL, NULL), 0);
	cr_assert_str_eq(sgn_hash_backend(), automatic);
}
