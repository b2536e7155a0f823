/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions of libxml2 as pointers, with the types of its headers: it is opened for the first XML
 * property list. It brings the ICU, which most signings of a plain file do without. Only for plist_xml*.c.
 */
#ifndef SIGNER_CODEC_PLIST_XML_LIB_H
#define SIGNER_CODEC_PLIST_XML_LIB_H

#include <libxml/parserInternals.h>

#include "signer/base/library.h"

#define SGN_XML_FUNCTIONS(X)      \
	X(InitParser)             \
	X(CreateMemoryParserCtxt) \
	X(CtxtUseOptions)         \
	X(ParseDocument)          \
	X(StopParser)             \
	X(DetectCharEncoding)     \
	X(FreeEnumeration)        \
	X(FreeDoc)                \
	X(FreeParserCtxt)

struct sgn_xml {
#define SGN_XML_POINTER(name) SGN_TYPEOF(xml##name) * name;
	SGN_XML_FUNCTIONS(SGN_XML_POINTER)
#undef SGN_XML_POINTER
};

/* Set up and ready for use from any thread. Errors as sgn_library_need(). */
int sgn_xml_need(const struct sgn_xml **out, struct sgn_error *err);

#endif
