/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "signer/base/plugin.h"

Test(base_plugin, a_library_that_is_not_there_is_named)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_plugin *plugin;

	cr_assert_eq(sgn_plugin_open("/nonexistent/x.so", &plugin, &err), SGN_E_NOTFOUND);
	cr_assert_null(plugin);
	cr_assert_not_null(strstr(err.text, "/nonexistent/x.so"), "%s", err.text);
	sgn_error_dispose(&err);
}

Test(base_plugin, what_is_no_library_is_not_loaded)
{
	struct sgn_plugin *plugin;

	cr_assert_eq(sgn_plugin_open(SGN_SOURCE_DIR "/README.md", &plugin, NULL), SGN_E_NOTFOUND);
	cr_assert_null(plugin);
}

Test(base_plugin, a_function_is_found_by_its_name_and_can_be_called)
{
	size_t (*length)(const char *text) = NULL;
	struct sgn_plugin *plugin;

	cr_assert_eq(sgn_plugin_open("libc.so.6", &plugin, NULL), 0);
	cr_assert(sgn_plugin_function(plugin, "strlen", &length));
	cr_assert_eq(length("four"), 4);
	cr_assert_not(sgn_plugin_function(plugin, "no_such_function", &length));
	sgn_plugin_close(plugin);
	sgn_plugin_close(NULL);
}
