/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions of libcurl as pointers, with the types of its header: it is opened for the first request.
 * Of a distribution it brings 28 further libraries. Only for signer/net.
 */
#ifndef SIGNER_NET_CURL_H
#define SIGNER_NET_CURL_H

/* The header's checks of option values are macros around the functions' own names. */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include "signer/base/library.h"

#define SGN_CURL_FUNCTIONS(X)  \
	X(global_init)         \
	X(version_info)        \
	X(multi_init)          \
	X(multi_setopt)        \
	X(multi_add_handle)    \
	X(multi_remove_handle) \
	X(multi_perform)       \
	X(multi_poll)          \
	X(multi_wakeup)        \
	X(multi_info_read)     \
	X(multi_cleanup)       \
	X(easy_init)           \
	X(easy_setopt)         \
	X(easy_getinfo)        \
	X(easy_strerror)       \
	X(easy_cleanup)        \
	X(slist_append)        \
	X(slist_free_all)

struct sgn_curl {
#define SGN_CURL_POINTER(name) SGN_TYPEOF(curl_##name) * name;
	SGN_CURL_FUNCTIONS(SGN_CURL_POINTER)
#undef SGN_CURL_POINTER
};

/* Set up and ready for use from any thread. Errors as sgn_library_need(). */
int sgn_curl_need(const struct sgn_curl **out, struct sgn_error *err);

#endif
