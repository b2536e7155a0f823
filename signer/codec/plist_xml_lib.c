/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/codec/plist_xml_lib.h"

#ifdef SGN_XML2_FILE
#define FILE_NAME SGN_XML2_FILE
static struct sgn_xml table;
#else
#define FILE_NAME    NULL
#define LINKED(name) .name = xml##name,
static struct sgn_xml table = {SGN_XML_FUNCTIONS(LINKED)};
#endif

#define FUNCTION(name) {"xml" #name, offsetof(struct sgn_xml, name)},
static const struct sgn_library_function functions[] = {SGN_XML_FUNCTIONS(FUNCTION)};

/* The tables of its own, which it wants made once. */
static int begin(struct sgn_error *err)
{
	SGN_UNUSED(err);
	table.InitParser();
	return 0;
}

static struct sgn_library libxml2 = {
	.file = FILE_NAME,
	.package = "libxml2",
	.functions = functions,
	.function_count = SGN_ARRAY_LEN(functions),
	.table = &table,
	.begin = begin,
};

int sgn_xml_need(const struct sgn_xml **out, struct sgn_error *err)
{
	int rc = sgn_library_need(&libxml2, err);

	*out = rc ? NULL : &table;
	return rc;
}
