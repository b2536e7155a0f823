/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "signer/base/mem.h"
#include "signer/base/place.h"

static void expect(const char *path)
{
	struct sgn_error err = SGN_ERROR_INIT;
	char *got = NULL;

	cr_assert_eq(sgn_place_settings("signet/x", &got, &err), 0, "%s", err.text);
	cr_assert_str_eq(got, path);
	sgn_free(got);
}

#ifndef __APPLE__
Test(base_place, the_settings_lie_below_home)
{
	unsetenv("XDG_CONFIG_HOME");
	setenv("HOME", "/people/me", 1);
	expect("/people/me/.config/signet/x");
}

/* The specification: a relative path is to be ignored. */
Test(base_place, an_empty_or_relative_place_does_not_count)
{
	setenv("HOME", "/people/me", 1);
	setenv("XDG_CONFIG_HOME", "", 1);
	expect("/people/me/.config/signet/x");
	setenv("XDG_CONFIG_HOME", "settings", 1);
	expect("/people/me/.config/signet/x");
}
#endif

Test(base_place, the_named_place_comes_first)
{
	setenv("HOME", "/people/me", 1);
	setenv("XDG_CONFIG_HOME", "/etc/mine", 1);
	expect("/etc/mine/signet/x");
}

Test(base_place, without_a_home_there_is_no_place)
{
	struct sgn_error err = SGN_ERROR_INIT;
	char *got = NULL;

	unsetenv("XDG_CONFIG_HOME");
	unsetenv("HOME");
	cr_assert_eq(sgn_place_settings("signet/x", &got, &err), SGN_E_NOTFOUND);
	cr_assert_null(got);
	cr_assert_neq(strstr(err.text, "HOME is not set"), NULL, "%s", err.text);
	sgn_error_dispose(&err);
}
