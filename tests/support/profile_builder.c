/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/profile_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bytes {
	uint8_t *data;
	size_t size;
};

static void add(struct bytes *b, const void *data, size_t size)
{
	b->data = realloc(b->data, b->size + size + 1);
	if (!b->data)
		abort();
	if (size)
		memcpy(b->data + b->size, data, size);
	b->size += size;
}

/* Tag, three-byte length, content: BER allows the long form for any length. */
static struct bytes item(uint8_t tag, struct bytes content)
{
	uint8_t head[] = {tag, 0x83, (uint8_t)(content.size >> 16), (uint8_t)(content.size >> 8),
	                  (uint8_t)content.size};
	struct bytes out = {0};

	add(&out, head, sizeof(head));
	add(&out, content.data, content.size);
	free(content.data);
	return out;
}

static struct bytes raw(const char *data, size_t size)
{
	struct bytes out = {0};

	add(&out, data, size);
	return out;
}

static struct bytes join(struct bytes a, struct bytes b)
{
	add(&a, b.data, b.size);
	free(b.data);
	return a;
}

#define RAW(text) raw(text, sizeof(text) - 1)

static void add_base64(struct bytes *out, const uint8_t *data, size_t size)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < size; i += 3) {
		unsigned long v = (unsigned long)data[i] << 16;
		size_t n = size - i < 3 ? size - i : 3;
		char four[4] = {'=', '=', '=', '='};

		for (size_t k = 1; k < n; k++)
			v |= (unsigned long)data[i + k] << (16 - 8 * k);
		for (size_t k = 0; k <= n; k++)
			four[k] = digits[v >> (18 - 6 * k) & 63];
		add(out, four, 4);
	}
}

static struct bytes plist(const struct pb_profile *p)
{
	char text[4096];
	struct bytes out = {0};

	snprintf(text, sizeof(text),
	         "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\"><dict>"
	         "<key>Name</key><string>Test profile</string><key>UUID</key><string>U</string>"
	         "<key>TeamIdentifier</key><array><string>%s</string></array>"
	         "<key>Platform</key><array><string>%s</string></array>"
	         "<key>ExpirationDate</key><date>%s</date>"
	         "<key>Entitlements</key><dict><key>%sapplication-identifier</key>"
	         "<string>%s</string>%s</dict><key>DeveloperCertificates</key><array>",
	         p->team, p->platform, p->expires,
	         strcmp(p->platform, "OSX") == 0 ? "com.apple." : "", p->app_id, p->entitlements);
	add(&out, text, strlen(text));
	if (p->cert) {
		add(&out, "<data>", 6);
		add_base64(&out, p->cert, p->cert_size);
		add(&out, "</data>", 7);
	}
	add(&out, "</array></dict></plist>\n", 24);
	return out;
}

uint8_t *pb_build(const struct pb_profile *p, size_t *size)
{
	struct bytes content = join(RAW("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"),
	                            item(0xa0, item(0x04, plist(p))));
	/* version, issuer and serial, digest algorithm, signature algorithm, signature */
	struct bytes signer = item(0x31, item(0x30, RAW("\x02\x01\x01\x30\x05\x30\x00\x02\x01\x01"
	                                                "\x30\x03\x06\x01\x01\x30\x03\x06\x01\x01"
	                                                "\x04\x01\x00")));
	struct bytes data = join(RAW("\x02\x01\x01\x31\x00"), join(item(0x30, content), signer));
	struct bytes cms = item(0x30, join(RAW("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"),
	                                   item(0xa0, item(0x30, data))));

	*size = cms.size;
	return cms.data;
}
