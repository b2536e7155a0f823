/* SPDX-License-Identifier: Apache-2.0 */
#include <signet/requirement.h>

#include <stdlib.h>

#include "signer/base/mem.h"
#include "tests/unit/req/helpers.h"

static const char source[] =
	"designated => identifier \"$self.identifier\" and anchor apple generic; "
	"host => info[\"a\\\"b\"] = 0xff";

Test(req_api, text_to_blob_to_text)
{
	struct sgn_error err = SGN_ERROR_INIT;
	uint8_t *blob = NULL;
	char *text = NULL;
	size_t size = 0;

	cr_assert_eq(sgn_requirement_compile(source, strlen(source), "com.example.app", &blob,
	                                     &size, &err),
	             0, "%s", err.text);
	cr_assert_eq(sgn_requirement_print(blob, size, &text, &err), 0, "%s", err.text);
	cr_expect_str_eq(text, "host => info[\"a\\\"b\"] = 0xff\n"
	                       "designated => identifier \"com.example.app\" and anchor apple "
	                       "generic\n");
	sgn_bytes_free(text);
	sgn_bytes_free(blob);
	sgn_bytes_free(NULL);
}

Test(req_api, a_single_requirement_has_no_newline)
{
	uint8_t *blob = NULL;
	char *text = NULL;
	size_t size = 0;

	cr_assert_eq(sgn_requirement_compile("true", 4, NULL, &blob, &size, NULL), 0);
	cr_expect_eq(size, 16);
	cr_assert_eq(sgn_requirement_print(blob, size, &text, NULL), 0);
	cr_expect_str_eq(text, "always");
	sgn_bytes_free(text);
	sgn_bytes_free(blob);
}

Test(req_api, failures_hand_out_nothing)
{
	struct sgn_error err = SGN_ERROR_INIT;
	uint8_t *blob = NULL;
	char *text = NULL;
	size_t size = 0;

	cr_expect_eq(sgn_requirement_compile(source, strlen(source), NULL, &blob, &size, &err),
	             SGN_E_FORMAT);
	cr_expect_null(blob);
	cr_expect_eq(err.osstatus, errSecCSReqInvalid);
	cr_expect_eq(sgn_requirement_print("", 0, &text, &err), SGN_E_FORMAT);
	cr_expect_eq(sgn_requirement_print("\xfa\xde\x0c\x01", 4, &text, &err), SGN_E_FORMAT);
	cr_expect_null(text);
}

Test(req_api, text_beyond_the_limit_is_not_even_read)
{
	size_t size = SGN_LIMIT_REQUIREMENTS + 1;
	char *text = malloc(size);
	uint8_t *blob = NULL;
	size_t blob_size;

	memset(text, ' ', size);
	cr_expect_eq(sgn_requirement_compile(text, size, NULL, &blob, &blob_size, NULL),
	             SGN_E_LIMIT);
	free(text);
}

/* The n-th allocation fails, for every n until the whole succeeds. */
Test(req_api, running_out_of_memory_is_reported_and_leaks_nothing)
{
	unsigned long n = 1;
	int rc;

	do {
		uint8_t *blob = NULL;
		char *text = NULL;
		size_t size = 0;

		sgn_mem_fail_after(n++);
		rc = sgn_requirement_compile(source, strlen(source), "x", &blob, &size, NULL);
		if (rc == 0)
			rc = sgn_requirement_print(blob, size, &text, NULL);
		sgn_mem_fail_after(0);
		sgn_bytes_free(text);
		sgn_bytes_free(blob);
		cr_assert(rc == 0 || rc == SGN_E_NOMEM, "allocation %lu: %d", n - 1, rc);
	} while (rc != 0);
	cr_expect_gt(n, 5);
}
