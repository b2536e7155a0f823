/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Target: handover_read() and sgn_handover_check(): the document that a build host hands to the guarded
 * host. Whatever is accepted has only attributes that this program would have written itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <signet/signet.h>

#include "signer/base/text.h"
#include "signer/cli/json_handover.h"
#include "signer/pki/pki.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

/* A throw-away certificate and its key, from a folder that is gone again. */
static struct sgn_identity *make_identity(void)
{
	const struct sgn_test_identity_options kind = {.kind = "developer-id", .key_type = "p256"};
	char folder[] = "/tmp/fuzz-handover-XXXXXX", path[sizeof(folder) + 8];
	const struct sgn_identity_source source = {.path = path};
	static struct sgn_context *ctx;
	struct sgn_identity *id = NULL;

	require(sgn_context_new(NULL, &ctx, NULL) == 0 && mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/id.p12", folder);
	require(sgn_identity_make_test(ctx, &kind, path, NULL, NULL) == 0);
	require(sgn_identity_load(ctx, &source, &id, NULL) == 0);
	unlink(path);
	rmdir(folder);
	return id;
}

static void look_at(const struct sgn_handover_entry *e)
{
	struct sgn_error err = SGN_ERROR_INIT;
	char *text = NULL;

	require(e->path && e->arch && e->identifier && e->dir_count > 0 && e->attributes.size > 0);
	if (sgn_handover_entitlements_text(e, &text, &err) != 0)
		require(!text);
	sgn_bytes_free(text);
	sgn_error_dispose(&err);
}

/* As if the document had been made for this certificate: the check of that would hide all others. */
static void adopt(struct sgn_handover *doc, const struct sgn_identity *id)
{
	const struct sgn_cert *leaf = sgn_identity_chain(id)->certs[0];
	struct sgn_identity_info info;
	char sha256[65];

	sgn_hex_encode(leaf->sha256, sizeof(leaf->sha256), sha256);
	sgn_identity_describe(id, &info);
	require(sgn_handover_set_certificate(doc, info.name, info.sha1, sha256, NULL) == 0);
}

static void check(struct sgn_handover *doc)
{
	static const char *const teams[] = {"TEST123456"};
	static const struct sgn_handover_rules rules = {
		.teams = teams, .team_count = 1, .any_time = true, .allow_expired = true};
	static struct sgn_identity *id;
	struct sgn_error err = SGN_ERROR_INIT;

	if (!id)
		id = make_identity();
	adopt(doc, id);
	if (sgn_handover_check(doc, id, &rules, &err) == 0) {
		for (size_t i = 0; i < doc->entry_count; i++)
			look_at(&doc->entries[i]);
	} else {
		require(*err.text);
	}
	sgn_error_dispose(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_handover doc;

	if (handover_read((const char *)data, size, &doc, &err) == 0)
		check(&doc);
	else
		require(*err.text && doc.entry_count == 0);
	sgn_handover_dispose(&doc);
	sgn_error_dispose(&err);
	return 0;
}
