/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/cli/json_handover.h"

#include <stdlib.h>
#include <string.h>

/* A page hash of 32 bytes for 4096 of code, in base64: the CodeDirectories of 20 GB. */
#define DOCUMENT_MAX ((size_t)256 << 20)

#define FORMAT_KEY "signet-digests"

/* --- writing -------------------------------------------------------------------------------------- */

static json_t *base64(struct sgn_handover_bytes b)
{
	struct sgn_error err = SGN_ERROR_INIT;
	json_t *value;
	char *text;

	if (!b.size)
		return json_null();
	if (sgn_base64_text(b.data, b.size, &text, &err) != 0) {
		fputs("signet: out of memory\n", stderr);
		exit(EXIT_FAILED);
	}
	value = json_text(text);
	sgn_bytes_free(text);
	return value;
}

static void put_summary(json_t *object, const struct sgn_handover_entry *e)
{
	char flags[SGN_FLAGS_TEXT];

	sgn_flags_text(e->flags, flags);
	json_put(object, "path", json_text(e->path));
	json_put(object, "arch", json_text(e->arch));
	json_put(object, "identifier", json_text(e->identifier));
	json_put(object, "team", json_text(e->team));
	json_put(object, "flags", json_number(e->flags));
	json_put(object, "flags_text", json_text(flags));
	json_put(object, "cdhash", json_text(e->cdhash));
	json_put(object, "digest", json_text(e->digest));
}

static json_t *entry(const struct sgn_handover_entry *e)
{
	json_t *object = json_new_object(), *dirs = json_new_array();

	put_summary(object, e);
	json_put(object, "attributes", base64(e->attributes));
	for (size_t i = 0; i < e->dir_count; i++)
		json_add(dirs, base64(e->dirs[i]));
	json_put(object, "code_directories", dirs);
	json_put(object, "entitlements", base64(e->entitlements));
	json_put(object, "signature", base64(e->signature));
	json_put(object, "timestamp", base64(e->timestamp));
	return object;
}

static json_t *certificate(const struct sgn_handover *doc)
{
	json_t *object = json_new_object();

	json_put(object, "name", json_text(doc->certificate_name));
	json_put(object, "sha1", json_text(doc->certificate_sha1));
	json_put(object, "sha256", json_text(doc->certificate_sha256));
	return object;
}

static json_t *waiting(const struct sgn_handover *doc)
{
	json_t *array = json_new_array();

	for (size_t i = 0; i < doc->waiting_count; i++) {
		json_t *object = json_new_object();

		json_put(object, "path", json_text(doc->waiting[i].path));
		json_put(object, "on", json_text(doc->waiting[i].on));
		json_add(array, object);
	}
	return array;
}

static json_t *document(const struct sgn_handover *doc)
{
	json_t *object = json_new_object(), *options = json_new_array(),
	       *entries = json_new_array();

	for (size_t i = 0; i < doc->option_count; i++)
		json_add(options, json_text(doc->options[i]));
	for (size_t i = 0; i < doc->entry_count; i++)
		json_add(entries, entry(&doc->entries[i]));
	json_put(object, FORMAT_KEY, json_number(SGN_HANDOVER_VERSION));
	json_put(object, "signet", json_text(sgn_version()));
	json_put(object, "signing_time", json_when(doc->has_signing_time, doc->signing_time));
	json_put(object, "certificate", certificate(doc));
	json_put(object, "options", options);
	json_put(object, "complete", json_boolean(doc->waiting_count == 0));
	json_put(object, "waiting", waiting(doc));
	json_put(object, "entries", entries);
	return object;
}

int handover_store(const char *path, const struct sgn_handover *doc, struct sgn_error *err)
{
	json_t *object = document(doc);
	char *text = json_dumps(object, JSON_INDENT(1));
	char *whole = text ? cli_format("%s\n", text) : NULL;
	int rc = whole ? bytes_store(path, whole, strlen(whole), err)
	               : cli_fail(err, SGN_E_NOMEM, "out of memory");

	free(whole);
	free(text);
	json_decref(object);
	return rc;
}

/* --- reading -------------------------------------------------------------------------------------- */

/* One object that is read: what it is for messages, and the first thing that was wrong. */
struct reading {
	json_t *object;
	char where[64];
	size_t taken; /* keys that were asked for and there */
	/* The bytes of an entry: its attributes, entitlements, signature, timestamp and CodeDirectories. */
	void *owned[4 + SGN_HANDOVER_DIRS];
	size_t owned_count;
	struct sgn_error *err;
	int rc;
};

static void wrong(struct reading *r, const char *key, const char *what)
{
	if (r->rc == 0)
		r->rc = cli_fail(r->err, SGN_E_FORMAT, "%s\"%s\" %s", r->where, key, what);
}

static json_t *member(struct reading *r, const char *key)
{
	json_t *value = json_object_get(r->object, key);

	if (value)
		r->taken++;
	else
		wrong(r, key, "is missing");
	return value;
}

static const char *text_of(struct reading *r, const char *key, bool nullable)
{
	json_t *value = member(r, key);

	if (!value || (nullable && json_is_null(value)))
		return NULL;
	if (!json_is_string(value))
		wrong(r, key, "is no text");
	return json_string_value(value);
}

static json_t *array_of(struct reading *r, const char *key)
{
	json_t *value = member(r, key);

	if (value && !json_is_array(value)) {
		wrong(r, key, "is no list");
		return NULL;
	}
	return value;
}

static void forget_bytes(struct reading *r)
{
	for (size_t i = 0; i < r->owned_count; i++)
		sgn_bytes_free(r->owned[i]);
	r->owned_count = 0;
}

/* The bytes stay with the reading, until forget_bytes(). */
static struct sgn_handover_bytes bytes_of(struct reading *r, const char *key, const json_t *value)
{
	struct sgn_error err = SGN_ERROR_INIT;
	void *data = NULL;
	size_t size = 0;

	if (!json_is_string(value) || json_string_length(value) == 0)
		wrong(r, key, "is no base64 text");
	else if (sgn_base64_bytes(json_string_value(value), json_string_length(value), &data, &size,
	                          &err) != 0)
		wrong(r, key, err.text);
	else
		r->owned[r->owned_count++] = data;
	sgn_error_dispose(&err);
	return (struct sgn_handover_bytes){data, size};
}

static struct sgn_handover_bytes bytes_or_null(struct reading *r, const char *key)
{
	const json_t *value = member(r, key);

	if (!value || json_is_null(value))
		return (struct sgn_handover_bytes){NULL, 0};
	return bytes_of(r, key, value);
}

/* An object of which every key must have been asked for. */
static int finish(struct reading *r)
{
	if (r->rc == 0 && json_object_size(r->object) != r->taken)
		r->rc = cli_fail(r->err, SGN_E_FORMAT,
		                 "%sthere are keys that this version of signet does not know",
		                 r->where[0] ? r->where : "the document: ");
	return r->rc;
}

static void read_flags(struct reading *r, struct sgn_handover_entry *e)
{
	json_t *value = member(r, "flags");
	const char *words = text_of(r, "flags_text", false);
	char text[SGN_FLAGS_TEXT];

	if (!value || !words)
		return;
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    json_integer_value(value) > UINT32_MAX) {
		wrong(r, "flags", "is no number of 32 bits");
		return;
	}
	e->flags = (uint32_t)json_integer_value(value);
	sgn_flags_text(e->flags, text);
	if (strcmp(text, words) != 0)
		wrong(r, "flags_text", "does not say what \"flags\" says");
}

static void read_dirs(struct reading *r, struct sgn_handover_entry *e)
{
	json_t *dirs = array_of(r, "code_directories");
	size_t count = dirs ? json_array_size(dirs) : 0;

	if (dirs && (count == 0 || count > SGN_HANDOVER_DIRS)) {
		wrong(r, "code_directories", "has none or too many");
		return;
	}
	for (size_t i = 0; i < count && r->rc == 0; i++)
		e->dirs[e->dir_count++] = bytes_of(r, "code_directories", json_array_get(dirs, i));
}

static int read_entry(json_t *value, size_t index, struct sgn_handover *doc, struct sgn_error *err)
{
	struct reading r = {.object = value, .err = err};
	struct sgn_handover_entry e = {0};

	snprintf(r.where, sizeof(r.where), "entry %zu: ", index);
	e.path = text_of(&r, "path", false);
	e.arch = text_of(&r, "arch", false);
	e.identifier = text_of(&r, "identifier", false);
	e.team = text_of(&r, "team", true);
	read_flags(&r, &e);
	e.cdhash = text_of(&r, "cdhash", false);
	e.digest = text_of(&r, "digest", false);
	e.attributes = bytes_of(&r, "attributes", member(&r, "attributes"));
	read_dirs(&r, &e);
	e.entitlements = bytes_or_null(&r, "entitlements");
	e.signature = bytes_or_null(&r, "signature");
	e.timestamp = bytes_or_null(&r, "timestamp");
	if (finish(&r) == 0)
		r.rc = sgn_handover_add_entry(doc, &e, err);
	forget_bytes(&r);
	return r.rc;
}

static int read_waiting(json_t *value, size_t index, struct sgn_handover *doc,
                        struct sgn_error *err)
{
	struct reading r = {.object = value, .err = err};
	const char *path, *on;

	snprintf(r.where, sizeof(r.where), "waiting %zu: ", index);
	path = text_of(&r, "path", false);
	on = text_of(&r, "on", false);
	return finish(&r) ? r.rc : sgn_handover_add_waiting(doc, path, on, err);
}

static int read_option(json_t *value, size_t index, struct sgn_handover *doc, struct sgn_error *err)
{
	if (!json_is_string(value))
		return cli_fail(err, SGN_E_FORMAT, "\"options\": number %zu is no text", index);
	return sgn_handover_add_option(doc, json_string_value(value), err);
}

/* Every element of a list, each of which is an object (or, for options, text). */
static void read_list(struct reading *r, const char *key, struct sgn_handover *doc,
                      int (*one)(json_t *value, size_t index, struct sgn_handover *doc,
                                 struct sgn_error *err))
{
	json_t *list = array_of(r, key);

	for (size_t i = 0; r->rc == 0 && list && i < json_array_size(list); i++)
		r->rc = one(json_array_get(list, i), i, doc, r->err);
}

static void read_certificate(struct reading *outer, struct sgn_handover *doc)
{
	struct reading r = {.object = member(outer, "certificate"), .err = outer->err};
	const char *name, *sha1, *sha256;

	if (outer->rc)
		return;
	snprintf(r.where, sizeof(r.where), "certificate: ");
	name = text_of(&r, "name", false);
	sha1 = text_of(&r, "sha1", false);
	sha256 = text_of(&r, "sha256", false);
	outer->rc = finish(&r) ? r.rc
	                       : sgn_handover_set_certificate(doc, name, sha1, sha256, outer->err);
}

static void read_time(struct reading *r, struct sgn_handover *doc)
{
	const char *text = text_of(r, "signing_time", true);

	if (!text || r->rc)
		return;
	doc->has_signing_time = true;
	r->rc = parse_time("signing_time", text, &doc->signing_time, r->err);
	if (r->rc)
		r->rc = cli_fail(r->err, SGN_E_FORMAT, "\"signing_time\": %.60s is no time", text);
}

static int check_version(struct reading *r)
{
	json_t *version = json_object_get(r->object, FORMAT_KEY);

	r->taken++;
	if (!json_is_integer(version))
		return cli_fail(r->err, SGN_E_FORMAT,
		                "this is no document of signet sign --prepare: it has no \"%s\"",
		                FORMAT_KEY);
	if (json_integer_value(version) == SGN_HANDOVER_VERSION)
		return 0;
	cli_fail(r->err, SGN_E_UNSUPPORTED, "the document has version %lld, known is %d",
	         (long long)json_integer_value(version), SGN_HANDOVER_VERSION);
	cli_cure(r->err, "use the same version of signet on both hosts");
	return r->err->code;
}

static int read_document(json_t *value, struct sgn_handover *doc, struct sgn_error *err)
{
	struct reading r = {.object = value, .err = err};
	json_t *complete;

	r.rc = check_version(&r);
	if (r.rc)
		return r.rc;
	text_of(&r, "signet", false);
	read_time(&r, doc);
	read_certificate(&r, doc);
	read_list(&r, "options", doc, read_option);
	read_list(&r, "waiting", doc, read_waiting);
	read_list(&r, "entries", doc, read_entry);
	complete = member(&r, "complete");
	if (complete &&
	    (!json_is_boolean(complete) || json_is_true(complete) != (doc->waiting_count == 0)))
		wrong(&r, "complete", "does not say what \"waiting\" says");
	return finish(&r);
}

int handover_read(const char *text, size_t size, struct sgn_handover *doc, struct sgn_error *err)
{
	json_error_t problem;
	json_t *value = json_loadb(text, size, JSON_REJECT_DUPLICATES, &problem);
	int rc;

	*doc = (struct sgn_handover){0};
	if (value)
		rc = read_document(value, doc, err);
	else
		rc = cli_fail(err, SGN_E_FORMAT, "no JSON: line %d, column %d: %s", problem.line,
		              problem.column, problem.text);
	json_decref(value);
	if (rc)
		sgn_handover_dispose(doc);
	return rc;
}

int handover_load(const char *path, struct sgn_handover *doc, struct sgn_error *err)
{
	struct bytes bytes = {0};
	int rc = bytes_load_max("document", path, DOCUMENT_MAX, &bytes, err);

	*doc = (struct sgn_handover){0};
	if (rc)
		return rc;
	rc = handover_read(bytes.data, bytes.size, doc, err);
	free(bytes.data);
	return rc;
}

/* --- the result of --json -------------------------------------------------------------------------- */

size_t handover_unsigned(const struct sgn_handover *doc)
{
	size_t count = 0;

	for (size_t i = 0; i < doc->entry_count; i++)
		count += doc->entries[i].signature.size == 0;
	return count;
}

void handover_result(struct cli *cli, const char *path, const struct sgn_handover *doc,
                     size_t newly_signed)
{
	json_t *result = json_result(cli->results, path, true), *entries = json_new_array();

	for (size_t i = 0; i < doc->entry_count; i++) {
		json_t *object = json_new_object();

		put_summary(object, &doc->entries[i]);
		json_put(object, "signed", json_boolean(doc->entries[i].signature.size != 0));
		json_add(entries, object);
	}
	json_put(result, "signing_time", json_when(doc->has_signing_time, doc->signing_time));
	json_put(result, "certificate", certificate(doc));
	json_put(result, "complete", json_boolean(doc->waiting_count == 0));
	json_put(result, "waiting", waiting(doc));
	json_put(result, "newly_signed", json_number(newly_signed));
	json_put(result, "entries", entries);
}
