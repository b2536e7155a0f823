/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "signer/base/limits.h"
#include "signer/pki/token_uri.h"

static struct sgn_arena arena;

static void drop(void)
{
	sgn_arena_dispose(&arena);
}

TestSuite(pki_token_uri, .fini = drop);

static struct sgn_token_uri good(const char *text)
{
	struct sgn_token_uri uri;
	struct sgn_error err = SGN_ERROR_INIT;

	cr_assert_eq(sgn_token_uri_parse(text, &arena, &uri, &err), 0, "%s: %s", text, err.text);
	return uri;
}

static void bad(const char *text, const char *part)
{
	struct sgn_token_uri uri;
	struct sgn_error err = SGN_ERROR_INIT;

	cr_assert_eq(sgn_token_uri_parse(text, &arena, &uri, &err), SGN_E_USAGE, "%s", text);
	cr_assert_not_null(strstr(err.text, part), "\"%s\" not in \"%s\"", part, err.text);
	sgn_error_dispose(&err);
}

static void is(struct sgn_view value, const char *text)
{
	cr_assert_not_null(value.data, "%s: not given", text);
	cr_assert(sgn_view_equal(value, sgn_view_str(text)), "%.*s is not %s", (int)value.size,
	          (const char *)value.data, text);
}

Test(pki_token_uri, the_scheme_alone_asks_for_nothing)
{
	struct sgn_token_uri uri = good("pkcs11:");

	for (size_t i = 0; i < SGN_TOKEN_ATTRS; i++)
		cr_assert_null(uri.value[i].data, "%zu", i);
}

Test(pki_token_uri, every_attribute_is_read)
{
	struct sgn_token_uri uri =
		good("pkcs11:token=My%20Token;manufacturer=M;model=SoftHSM%20v2;serial=00ff;"
	             "slot-description=S;slot-manufacturer=T;slot-id=327;library-description=L;"
	             "library-manufacturer=N;library-version=2.6;object=the-key;id=%00%01%ff;"
	             "type=private?pin-source=file:/run/pin&module-path=/usr/lib/x.so");

	is(uri.value[SGN_TOKEN_LABEL], "My Token");
	is(uri.value[SGN_TOKEN_MANUFACTURER], "M");
	is(uri.value[SGN_TOKEN_MODEL], "SoftHSM v2");
	is(uri.value[SGN_TOKEN_SERIAL], "00ff");
	is(uri.value[SGN_TOKEN_SLOT_DESCRIPTION], "S");
	is(uri.value[SGN_TOKEN_SLOT_MANUFACTURER], "T");
	cr_assert_eq(uri.slot_id, 327);
	is(uri.value[SGN_TOKEN_LIBRARY_DESCRIPTION], "L");
	is(uri.value[SGN_TOKEN_LIBRARY_MANUFACTURER], "N");
	cr_assert_eq(uri.library_major, 2);
	cr_assert_eq(uri.library_minor, 6);
	is(uri.value[SGN_TOKEN_OBJECT], "the-key");
	cr_assert(sgn_view_equal(uri.value[SGN_TOKEN_ID], sgn_view_of("\x00\x01\xff", 3)));
	is(uri.value[SGN_TOKEN_TYPE], "private");
	is(uri.value[SGN_TOKEN_PIN_SOURCE], "file:/run/pin");
	is(uri.value[SGN_TOKEN_MODULE_PATH], "/usr/lib/x.so");
}

Test(pki_token_uri, the_scheme_is_read_in_any_case_and_attributes_in_theirs)
{
	cr_assert(sgn_token_uri_is("PKCS11:token=x"));
	cr_assert_not(sgn_token_uri_is("pkcs11"));
	cr_assert_not(sgn_token_uri_is("/tmp/pkcs11:x"));
	good("Pkcs11:token=x");
	bad("pkcs11:Token=x", "not known");
	bad("file:token=x", "not in front");
}

Test(pki_token_uri, spaces_and_other_scripts_may_stand_as_they_are)
{
	struct sgn_token_uri uri = good("pkcs11:token=Ger\xc3\xa4t 1;object=a=b");

	is(uri.value[SGN_TOKEN_LABEL], "Ger\xc3\xa4t 1");
	is(uri.value[SGN_TOKEN_OBJECT], "a=b");
}

Test(pki_token_uri, an_empty_value_is_a_value)
{
	struct sgn_token_uri uri = good("pkcs11:object=");

	cr_assert(sgn_token_uri_has(&uri, SGN_TOKEN_OBJECT));
	cr_assert_not(sgn_token_uri_allows(&uri, SGN_TOKEN_OBJECT, sgn_view_str("x")));
	cr_assert(sgn_token_uri_allows(&uri, SGN_TOKEN_LABEL, sgn_view_str("x")));
}

Test(pki_token_uri, a_pin_in_it_is_refused_and_not_repeated)
{
	struct sgn_token_uri uri;
	struct sgn_error err = SGN_ERROR_INIT;

	cr_assert_eq(sgn_token_uri_parse("pkcs11:object=k?pin-value=4711", &arena, &uri, &err),
	             SGN_E_USAGE);
	cr_assert_not_null(strstr(err.text, "everybody on this machine can read"));
	cr_assert_null(strstr(err.text, "4711"));
	cr_assert_null(strstr(err.cure, "4711"));
	sgn_error_dispose(&err);
}

Test(pki_token_uri, unknown_attributes_are_refused)
{
	bad("pkcs11:label=x", "label is not known");
	bad("pkcs11:token=x;x-vendor=y", "x-vendor is not known");
	bad("pkcs11:token=x?module-name=y", "module-name= is not supported");
	bad("pkcs11:pin-source=file:/x", "in front of a question mark");
	bad("pkcs11:?token=x", "behind the question mark");
	bad("pkcs11:token=x;pin-value=1", "not known");
}

Test(pki_token_uri, an_attribute_twice_is_refused)
{
	bad("pkcs11:token=a;token=a", "a second time");
	bad("pkcs11:token=a;object=b;token=", "a second time, at character 25");
	bad("pkcs11:?module-path=/a&module-path=/b", "a second time");
}

Test(pki_token_uri, broken_percent_signs_are_refused_with_their_place)
{
	bad("pkcs11:id=%", "% without two hexadecimal digits, at character 11");
	bad("pkcs11:id=%0", "% without two");
	bad("pkcs11:id=%0;object=x", "% without two");
	bad("pkcs11:id=%zz", "% without two");
	bad("pkcs11:id=%-1", "% without two");
}

Test(pki_token_uri, what_has_no_form_is_refused)
{
	bad("pkcs11:token", "without =");
	bad("pkcs11:;token=x", "without =");
	bad("pkcs11:token=x;;object=y", "without =");
	bad("pkcs11:=x", "is not known");
	bad("pkcs11:token=a\nb", "control character");
	bad("pkcs11:token=%ff", "no UTF-8");
	bad("pkcs11:token=a%00b", "no UTF-8");
	bad("pkcs11:slot-id=", "no number");
	bad("pkcs11:slot-id=-1", "no number");
	bad("pkcs11:slot-id=99999999999999999999", "no number");
	bad("pkcs11:library-version=", "no version");
	bad("pkcs11:library-version=2.", "no version");
	bad("pkcs11:library-version=256", "no version");
	bad("pkcs11:library-version=2.300", "no version");
	bad("pkcs11:library-version=.5", "no version");
	bad("pkcs11:type=key", "none of private");
	bad("pkcs11:type=public", "no such object can sign");
}

Test(pki_token_uri, a_whole_version_has_no_minor_one)
{
	struct sgn_token_uri uri = good("pkcs11:library-version=3");

	cr_assert_eq(uri.library_major, 3);
	cr_assert_eq(uri.library_minor, 0);
}

Test(pki_token_uri, what_is_longer_than_a_token_can_hold_is_refused)
{
	char text[SGN_LIMIT_TOKEN_URI + 2] = "pkcs11:";

	bad("pkcs11:token=123456789012345678901234567890123", "33 bytes, more than 32");
	good("pkcs11:token=12345678901234567890123456789012");
	bad("pkcs11:serial=12345678901234567", "17 bytes, more than 16");
	memset(text + 7, 'x', sizeof(text) - 8);
	text[sizeof(text) - 1] = '\0';
	bad(text, "4097 bytes, more than 4096");
}

Test(pki_token_uri, what_is_written_is_read_back)
{
	static const char id[] = "\x00\x25;=";
	struct sgn_token_uri uri;
	struct sgn_buf text;

	sgn_buf_init(&text, 1000);
	sgn_token_uri_write(&text, SGN_TOKEN_LABEL, sgn_view_str("a;b?c&d%e \xc3\xa4"));
	sgn_token_uri_write(&text, SGN_TOKEN_ID, sgn_view_of(id, 4));
	sgn_token_uri_write(&text, SGN_TOKEN_TYPE, sgn_view_str("private"));
	cr_assert_str_eq(sgn_buf_str(&text),
	                 "pkcs11:token=a%3Bb%3Fc%26d%25e%20%C3%A4;id=%00%25%3B%3D;"
	                 "type=private");
	uri = good(sgn_buf_str(&text));
	is(uri.value[SGN_TOKEN_LABEL], "a;b?c&d%e \xc3\xa4");
	cr_assert(sgn_view_equal(uri.value[SGN_TOKEN_ID], sgn_view_of(id, 4)));
	sgn_buf_dispose(&text);
}

Test(pki_token_uri, any_cut_of_a_uri_is_read_or_refused)
{
	static const char text[] =
		"pkcs11:token=a%20b;slot-id=7;library-version=2.6;id=%01%02;type=cert"
		"?pin-source=file:/x&module-path=/y";
	char cut[sizeof(text)];
	struct sgn_token_uri uri;

	for (size_t n = 0; n < sizeof(text); n++) {
		memcpy(cut, text, n);
		cut[n] = '\0';
		cr_assert_leq(sgn_token_uri_parse(cut, &arena, &uri, NULL), 0);
	}
}
