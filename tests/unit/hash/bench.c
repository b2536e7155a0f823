/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <signet/hash.h>
#include <string.h>

#include "signer/base/error.h"
#include "signer/base/mem.h"

Test(hash_bench, every_digest_has_one_chosen_kernel_for_each_page_size)
{
	struct sgn_hash_speed rows[SGN_HASH_SPEED_ROWS];
	const char *before = sgn_hash_backend();
	size_t count, chosen = 0, sha256 = 0;

	cr_assert_eq(sgn_hash_benchmark(0, rows, &count, NULL), 0);
	cr_assert(count >= 6 && count <= SGN_HASH_SPEED_ROWS);
	for (size_t i = 0; i < count; i++) {
		cr_assert(rows[i].page_size == 4096 || rows[i].page_size == 16384);
		cr_assert_gt(rows[i].bytes_per_second, 0);
		cr_assert_gt(rows[i].openssl_bytes_per_second, 0);
		chosen += rows[i].chosen;
		if (rows[i].digest != SGN_DIGEST_SHA256 || !rows[i].chosen)
			continue;
		sha256++;
		cr_assert_str_eq(rows[i].backend, before);
	}
	cr_assert_eq(chosen, 6);
	cr_assert_eq(sha256, 2);
	cr_assert_str_eq(sgn_hash_backend(), before, "the choice is what it was");
}

Test(hash_bench, running_out_of_memory_is_an_error_and_leaks_nothing)
{
	struct sgn_hash_speed rows[SGN_HASH_SPEED_ROWS];
	size_t count;

	for (unsigned long n = 1; n <= 3; n++) {
		sgn_mem_fail_after(n);
		cr_assert_eq(sgn_hash_benchmark(0, rows, &count, NULL), SGN_E_NOMEM, "n %lu", n);
		sgn_mem_fail_after(0);
		cr_assert_eq(count, 0);
	}
}
