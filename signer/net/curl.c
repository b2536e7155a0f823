/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/net/curl.h"

/* The oldest with all options that transfer.c sets: CURLOPT_PROTOCOLS_STR. */
#define OLDEST 0x075500

#ifdef SGN_CURL_FILE
#define FILE_NAME SGN_CURL_FILE
static struct sgn_curl table;
#else
#define FILE_NAME    NULL
#define LINKED(name) .name = curl_##name,
static struct sgn_curl table = {SGN_CURL_FUNCTIONS(LINKED)};
#endif

#define FUNCTION(name) {"curl_" #name, offsetof(struct sgn_curl, name)},
static const struct sgn_library_function functions[] = {SGN_CURL_FUNCTIONS(FUNCTION)};

static int begin(struct sgn_error *err)
{
	const curl_version_info_data *v = table.version_info(CURLVERSION_NOW);

	if (v->version_num < OLDEST)
		return sgn_fail(err, SGN_E_UNSUPPORTED,
		                "libcurl %s is installed, and 7.85 or newer is needed", v->version);
	if (table.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return sgn_fail(err, SGN_E_NETWORK, "libcurl cannot be initialised");
	return 0;
}

static struct sgn_library libcurl = {
	.file = FILE_NAME,
	.package = "libcurl4 (Debian, Ubuntu) or libcurl (Fedora, Alpine)",
	.functions = functions,
	.function_count = SGN_ARRAY_LEN(functions),
	.table = &table,
	.begin = begin,
};

int sgn_curl_need(const struct sgn_curl **out, struct sgn_error *err)
{
	int rc = sgn_library_need(&libcurl, err);

	*out = rc ? NULL : &table;
	return rc;
}
