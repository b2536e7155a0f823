/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/cli/out_json.h"

#include <stdlib.h>
#include <string.h>

static json_t *must(json_t *value)
{
	if (!value) {
		fputs("signet: out of memory\n", stderr);
		exit(EXIT_FAILED);
	}
	return value;
}

json_t *json_new_object(void)
{
	return must(json_object());
}

json_t *json_new_array(void)
{
	return must(json_array());
}

void json_put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, must(value)) != 0)
		must(NULL);
}

void json_add(json_t *array, json_t *value)
{
	if (json_array_append_new(array, must(value)) != 0)
		must(NULL);
}

/* Names in a file need not be UTF-8, JSON must be: bytes that are not become U+FFFD. */
static json_t *text_repaired(const char *text)
{
	char *out = cli_alloc(strlen(text) * 3 + 1);
	size_t at = 0;
	json_t *value;

	for (const char *p = text; *p; p++) {
		if ((unsigned char)*p < 0x80) {
			out[at++] = *p;
		} else {
			memcpy(out + at, "\xef\xbf\xbd", 3);
			at += 3;
		}
	}
	out[at] = '\0';
	value = json_string(out);
	free(out);
	return must(value);
}

json_t *json_text(const char *text)
{
	json_t *value = text ? json_string(text) : json_null();

	return value ? value : text_repaired(text);
}

json_t *json_number(uint64_t n)
{
	return must(json_integer((json_int_t)n));
}

json_t *json_hex(const void *data, size_t size)
{
	json_t *value;
	char *hex;

	if (!size)
		return json_null();
	hex = text_hex(data, size);
	value = json_text(hex);
	free(hex);
	return value;
}

json_t *json_when(bool has, int64_t unix_seconds)
{
	char text[TIME_TEXT];

	return has ? json_text(text_time(unix_seconds, text)) : json_null();
}

json_t *json_version(uint32_t version)
{
	char text[VERSION_TEXT];

	return version ? json_text(text_version(version, 2, text)) : json_null();
}

json_t *json_osstatus(int32_t osstatus)
{
	json_t *object;

	if (!osstatus)
		return json_null();
	object = json_new_object();
	json_put(object, "number", must(json_integer(osstatus)));
	json_put(object, "name", json_text(sgn_osstatus_name(osstatus)));
	json_put(object, "text", json_text(sgn_osstatus_text(osstatus)));
	return object;
}

json_t *json_result(json_t *results, const char *path, bool ok)
{
	json_t *result = json_new_object();

	json_put(result, "path", json_text(path));
	json_put(result, "ok", json_boolean(ok));
	json_add(results, result);
	return result;
}

static json_t *text_or_null(const char *text)
{
	return json_text(text && *text ? text : NULL);
}

json_t *json_error(const char *path, const struct sgn_error *err)
{
	json_t *error = json_new_object();

	json_put(error, "status", json_text(sgn_status_name(err->code)));
	json_put(error, "path", json_text(err->path ? err->path : path));
	json_put(error, "arch", text_or_null(err->arch));
	json_put(error, "subcomponent", json_text(err->subcomponent));
	json_put(error, "offset",
	         err->offset == SGN_NO_OFFSET ? json_null() : json_number(err->offset));
	json_put(error, "osstatus", json_osstatus(err->osstatus));
	json_put(error, "text", json_text(err->text));
	json_put(error, "cure", text_or_null(err->cure));
	return error;
}

void json_add_failure(json_t *results, const char *path, const struct sgn_error *err)
{
	json_put(json_result(results, path, false), "error", json_error(path, err));
}

void json_add_note(json_t *notes, const struct sgn_note *note)
{
	json_t *object = json_new_object();

	json_put(object, "level", json_text(note->level == SGN_NOTE_WARNING ? "warning" : "info"));
	json_put(object, "path", json_text(note->path));
	json_put(object, "arch", text_or_null(note->arch));
	json_put(object, "text", json_text(note->text));
	json_put(object, "cure", text_or_null(note->cure));
	json_add(notes, object);
}

bool json_print(struct cli *cli, enum exit_status status)
{
	const struct verb *v = &verb_table[cli->verb];
	char *command = cli_format("%s%s%s", v->word, v->sub ? " " : "", v->sub ? v->sub : "");
	json_t *document = json_new_object();
	int rc;

	json_put(document, "schema", json_number(JSON_SCHEMA));
	json_put(document, "signet", json_text(sgn_version()));
	json_put(document, "command", json_text(command));
	json_put(document, "status", json_number((uint64_t)status));
	json_put(document, "results", json_incref(cli->results));
	json_put(document, "notes", json_incref(cli->notes));
	rc = json_dumpf(document, cli->out.file, JSON_INDENT(2));
	fputc('\n', cli->out.file);
	json_decref(document);
	free(command);
	return rc == 0;
}
