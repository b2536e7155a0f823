/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "signer/cli/out_json.h"
#include "signer/cli/text.h"

/* Code hashes are many: only with -v. */
static json_t *hashes(const struct sgn_shown_bytes *bytes, size_t size, uint32_t count)
{
	json_t *array = json_new_array();

	for (uint32_t i = 0; i < count && bytes->data; i++)
		json_add(array, json_hex(bytes->data + (size_t)i * size, size));
	return array;
}

static json_t *exec_segment(const struct sgn_shown_dir *d)
{
	json_t *object;

	if (!d->has_exec_seg)
		return json_null();
	object = json_new_object();
	json_put(object, "base", json_number(d->exec_base));
	json_put(object, "limit", json_number(d->exec_limit));
	json_put(object, "flags", json_number(d->exec_flags));
	return object;
}

static json_t *directory(const struct sgn_shown_dir *d, unsigned verbosity)
{
	json_t *object = json_new_object();

	json_put(object, "slot", json_number(d->slot));
	json_put(object, "version", json_number(d->version));
	json_put(object, "size", json_number(d->size));
	json_put(object, "flags", json_number(d->flags));
	json_put(object, "flags_text", json_text(d->flags_text));
	json_put(object, "digest", json_text(d->digest_name));
	json_put(object, "cdhash",
	         json_hex(d->cdhash.data, d->cdhash.size < 20 ? d->cdhash.size : 20));
	json_put(object, "cdhash_full", json_hex(d->cdhash.data, d->cdhash.size));
	json_put(object, "code_limit", json_number(d->code_limit));
	json_put(object, "page_size", json_number(d->page_size));
	json_put(object, "pages", json_number(d->code_count));
	json_put(object, "platform_identifier", json_number(d->platform));
	json_put(object, "exec_segment", exec_segment(d));
	json_put(object, "runtime", json_version(d->runtime));
	json_put(object, "special_slots", hashes(&d->special, d->digest_size, d->special_count));
	json_put(object, "code_slots",
	         verbosity ? hashes(&d->code, d->digest_size, d->code_count) : json_null());
	return object;
}

static json_t *certificate(const struct sgn_shown_cert *c)
{
	json_t *object = json_new_object();

	json_put(object, "name", json_text(c->name));
	json_put(object, "sha1", json_text(c->sha1));
	json_put(object, "sha256", json_text(c->sha256));
	json_put(object, "not_before", json_when(true, c->not_before));
	json_put(object, "not_after", json_when(true, c->not_after));
	return object;
}

static json_t *blob(const struct sgn_shown_blob *b)
{
	json_t *object = json_new_object();

	json_put(object, "type", json_number(b->type));
	json_put(object, "name", json_text(b->name));
	json_put(object, "magic", json_number(b->magic));
	json_put(object, "offset", json_number(b->offset));
	json_put(object, "size", json_number(b->bytes.size));
	return object;
}

static void put_slice(json_t *object, const struct sgn_shown_slice *s)
{
	json_put(object, "arch", json_text(s->arch));
	json_put(object, "offset", json_number(s->offset));
	json_put(object, "size", json_number(s->size));
	json_put(object, "signed", json_boolean(s->is_signed));
	json_put(object, "problem", json_text(s->problem));
	json_put(object, "platform", json_text(s->platform_name));
	json_put(object, "platform_number", json_number(s->platform));
	json_put(object, "minimum_os", json_version(s->minos));
	json_put(object, "sdk", json_version(s->sdk));
	json_put(object, "uuid", *s->uuid ? json_text(s->uuid) : json_null());
}

static void put_lists(json_t *object, const struct sgn_shown_slice *s, unsigned verbosity)
{
	json_t *dirs = json_new_array(), *chain = json_new_array(), *blobs = json_new_array();
	json_t *constraints = json_new_array();

	for (size_t i = 0; i < s->dir_count; i++)
		json_add(dirs, directory(&s->dirs[i], verbosity));
	for (size_t i = 0; i < s->chain_count; i++)
		json_add(chain, certificate(&s->chain[i]));
	for (size_t i = 0; i < s->blob_count; i++)
		json_add(blobs, blob(&s->blobs[i]));
	for (size_t i = 0; i < s->constraints && i < 4; i++)
		json_add(constraints, json_text(s->constraint_names[i]));
	json_put(object, "code_directories", dirs);
	json_put(object, "best", json_number(s->best));
	json_put(object, "chain", chain);
	json_put(object, "constraints", constraints);
	json_put(object, "blobs", blobs);
}

static json_t *bytes_text(const struct sgn_shown_bytes *bytes)
{
	json_t *value;
	char *text;

	if (!bytes->size)
		return json_null();
	text = cli_format("%.*s", (int)bytes->size, (const char *)bytes->data);
	value = json_text(text);
	free(text);
	return value;
}

static void put_signature(json_t *object, const struct sgn_shown_slice *s)
{
	char *requirements = text_requirements(s);

	json_put(object, "identifier", json_text(s->identifier));
	json_put(object, "team", json_text(s->team));
	json_put(object, "adhoc", json_boolean(s->adhoc));
	json_put(object, "linker_signed", json_boolean(s->linker_signed));
	json_put(object, "cms_size", json_number(s->cms.size));
	json_put(object, "signing_time", json_when(s->has_signing_time, s->signing_time));
	json_put(object, "timestamp", json_when(s->has_timestamp, s->timestamp));
	json_put(object, "info_plist_entries",
	         s->info_plist_entries < 0 ? json_null()
	                                   : json_number((uint64_t)s->info_plist_entries));
	json_put(object, "requirements", json_text(requirements));
	json_put(object, "requirements_stored", json_boolean(!s->designated_implied));
	json_put(object, "entitlements_xml", bytes_text(&s->entitlements_xml));
	json_put(object, "entitlements_der",
	         json_hex(s->entitlements_der.data, s->entitlements_der.size));
	json_put(object, "signature_offset", json_number(s->signature_offset));
	json_put(object, "signature_size", json_number(s->signature_size));
	json_put(object, "reserved", json_number(s->reserved));
	free(requirements);
}

static json_t *seal(const struct sgn_shown_seal *s)
{
	json_t *object;

	if (!s->version)
		return json_null();
	object = json_new_object();
	json_put(object, "version", json_integer(s->version));
	json_put(object, "rules", json_number(s->rules));
	json_put(object, "files", json_number(s->files));
	return object;
}

void json_description(json_t *result, const struct sgn_description *d, const char *arch,
                      unsigned verbosity)
{
	json_t *slices = json_new_array();

	for (size_t i = 0; i < d->slice_count; i++) {
		const struct sgn_shown_slice *s = &d->slices[i];
		json_t *object;

		if (arch && strcmp(arch, s->arch) != 0)
			continue;
		object = json_new_object();
		put_slice(object, s);
		if (s->is_signed && !s->problem) {
			put_signature(object, s);
			put_lists(object, s, verbosity);
		}
		json_add(slices, object);
	}
	json_put(result, "executable", json_text(d->executable));
	json_put(result, "bundle", json_text(d->bundle));
	json_put(result, "sealed_resources", seal(&d->seal));
	json_put(result, "format", json_text(d->format));
	json_put(result, "native", json_number(d->native));
	json_put(result, "slices", slices);
}
