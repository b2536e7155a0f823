/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "signer/cli/cmd.h"

#define LABEL_WIDTH 15

static const char *const codes[] = {
	[PAINT_NONE] = "",         [PAINT_GOOD] = "\033[32m", [PAINT_BAD] = "\033[31m",
	[PAINT_WARN] = "\033[33m", [PAINT_DIM] = "\033[2m",   [PAINT_BOLD] = "\033[1m",
};

/* C0, DEL, and C1 in its UTF-8 form (0xc2 0x80..0x9f). A tab is harmless. */
static bool is_control(const unsigned char *p)
{
	if (*p == '\t')
		return false;
	return *p < 0x20 || *p == 0x7f || (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f);
}

static void put_safe(FILE *file, const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (!is_control(p))
			fputc(*p, file);
		else if (*p == 0xc2)
			fprintf(file, "\\x%02x", *++p);
		else
			fprintf(file, "\\x%02x", *p);
	}
}

static char *format_va(const char *fmt, va_list ap)
{
	char *text = NULL;

	if (vasprintf(&text, fmt, ap) < 0) {
		fputs("signet: out of memory\n", stderr);
		exit(EXIT_FAILED);
	}
	return text;
}

char *cli_format(const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = format_va(fmt, ap);
	va_end(ap);
	return text;
}

static void put_painted(const struct out *out, enum paint paint, const char *text)
{
	bool on = out->colour && paint != PAINT_NONE;

	if (on)
		fputs(codes[paint], out->file);
	put_safe(out->file, text);
	if (on)
		fputs("\033[0m", out->file);
}

void out_line(const struct out *out, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = format_va(fmt, ap);
	va_end(ap);
	put_safe(out->file, text);
	fputc('\n', out->file);
	free(text);
}

void out_paint(const struct out *out, enum paint paint, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = format_va(fmt, ap);
	va_end(ap);
	put_painted(out, paint, text);
	fputc('\n', out->file);
	free(text);
}

void out_field(const struct out *out, int indent, const char *label, const char *fmt, ...)
{
	int used = indent + (int)strlen(label);
	int column = indent + LABEL_WIDTH;
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = format_va(fmt, ap);
	va_end(ap);
	fprintf(out->file, "%*s", indent, "");
	put_painted(out, PAINT_DIM, label);
	fprintf(out->file, "%*s", used < column ? column - used : 1, "");
	put_safe(out->file, text);
	fputc('\n', out->file);
	free(text);
}

void out_block(const struct out *out, int indent, const char *text)
{
	while (*text) {
		size_t size = strcspn(text, "\n");

		out_line(out, "%*s%.*s", indent, "", (int)size, text);
		text += size;
		if (*text)
			text++;
	}
}

void out_wrapped(const struct out *out, int left, int width, const char *text)
{
	int column = left;

	while (*text) {
		int size = (int)strcspn(text, " ");

		if (column > left && column + 1 + size > width) {
			fprintf(out->file, "\n%*s", left, "");
			column = left;
		} else if (column > left) {
			fputc(' ', out->file);
			column++;
		}
		fprintf(out->file, "%.*s", size, text);
		column += size;
		text += size;
		text += strspn(text, " ");
	}
	fputc('\n', out->file);
}

const char *text_time(int64_t unix_seconds, char out[TIME_TEXT])
{
	time_t t = (time_t)unix_seconds;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(out, TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(out, TIME_TEXT, "%" PRId64, unix_seconds);
	return out;
}

const char *text_version(uint32_t version, int min_parts, char out[VERSION_TEXT])
{
	unsigned major = version >> 16, minor = (version >> 8) & 0xff, patch = version & 0xff;

	if (patch || min_parts > 2)
		snprintf(out, VERSION_TEXT, "%u.%u.%u", major, minor, patch);
	else
		snprintf(out, VERSION_TEXT, "%u.%u", major, minor);
	return out;
}

char *text_hex(const void *data, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *bytes = data;
	char *text = cli_alloc(size * 2 + 1);

	for (size_t i = 0; i < size; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[2 * size] = '\0';
	return text;
}
