/* SPDX-License-Identifier: Apache-2.0 */
/* Into the store goes what can sign, and what completes the chains of others. */
#include <stdio.h>
#include <string.h>

#include "signer/base/file.h"
#include "signer/base/mem.h"
#include "signer/base/text.h"
#include "signer/ops/checkup.h"
#include "signer/ops/context.h"

#define NAME_MAX_BYTES 200 /* most file systems take 255 */

/* --- its name ------------------------------------------------------------------------------------------ */

static int check_name(const char *name, struct sgn_error *err)
{
	int rc = 0;

	if (!*name || *name == '.' || strchr(name, '/') || strlen(name) > NAME_MAX_BYTES ||
	    !sgn_utf8_valid(sgn_view_str(name)))
		rc = sgn_fail(err, SGN_E_USAGE, "\"%s\" cannot be the name of a file in the store",
		              name);
	return sgn_error_cure(err, rc, "1 to %d bytes without a slash, not beginning with a dot",
	                      NAME_MAX_BYTES);
}

/* "Developer ID Application: Some/One (TEAM)" -> "Developer ID Application Some_One (TEAM)" */
static void name_from_title(const char *title, char out[NAME_MAX_BYTES + 1])
{
	static const char odd[] = "/\\\"*?<>|";
	size_t n = 0;

	for (; *title && n < NAME_MAX_BYTES; title++) {
		unsigned char c = (unsigned char)*title;
		bool bad = c < 0x20 || c == 0x7f || strchr(odd, c) || (c == '.' && n == 0);

		if (c != ':')
			out[n++] = bad ? '_' : (char)c;
	}
	while (n > 0 && ((unsigned char)*title & 0xc0) == 0x80) { /* not within a character */
		title--;
		n--;
	}
	out[n] = '\0';
	if (n == 0)
		snprintf(out, NAME_MAX_BYTES + 1, "identity");
}

static bool has_ending(const char *name, const char *ending)
{
	size_t n = strlen(name), e = strlen(ending);

	return n > e && strcmp(name + n - e, ending) == 0;
}

static int make_path(const struct sgn_import_options *opts, const char *title, const char *ending,
                     struct sgn_import_result *out, struct sgn_error *err)
{
	char name[NAME_MAX_BYTES + 1];
	int n, rc;

	name_from_title(title, name);
	n = snprintf(out->path, sizeof(out->path), "%s/%s%s", opts->dir,
	             opts->name ? opts->name : name,
	             opts->name && has_ending(opts->name, ending) ? "" : ending);
	if (n < 0 || (size_t)n >= sizeof(out->path))
		return sgn_fail(err, SGN_E_LIMIT, "the path of the store is longer than %zu bytes",
		                sizeof(out->path));
	if (opts->replace || !sgn_path_exists(out->path))
		return 0;
	rc = sgn_fail(err, SGN_E_EXISTS, "exists already in the store");
	sgn_error_at_path(err, rc, out->path);
	return sgn_error_cure(err, rc, "give the new one another --name, or replace it with -f");
}

/* --- may it go there ----------------------------------------------------------------------------------- */

static bool is_authority(const struct sgn_checkup_run *run)
{
	return sgn_identity_chain(run->id)->certs[0]->is_ca;
}

/* The chain may be completed by what is in the store. */
static bool refuses(const struct sgn_check *c)
{
	return c->verdict == SGN_CHECK_FAILED && strcmp(c->id, "chain") != 0;
}

#define CURE_NO_KEY                                                                             \
	"name its key with --key, or export both as .p12 on the machine that made the signing " \
	"request"

/* Nobody means that. */
static bool wrong_key(const struct sgn_import_options *opts, const struct sgn_check *c)
{
	return opts->source->key_path && strcmp(c->id, "private-key") == 0;
}

static int judge(struct sgn_context *ctx, const struct sgn_import_options *opts,
                 const struct sgn_checkup_run *run, struct sgn_error *err)
{
	const struct sgn_checkup *shown = &run->shown;

	for (size_t i = 0; i < shown->check_count; i++) {
		const struct sgn_check *c = &shown->checks[i];
		int rc;

		if (!refuses(c) || (opts->allow_unusable && !wrong_key(opts, c))) {
			if (c->verdict != SGN_CHECK_OK)
				sgn_note(ctx, SGN_NOTE_WARNING, opts->source->path, NULL, c->cure,
				         "%s", c->text);
			continue;
		}
		rc = sgn_fail(err, SGN_E_UNTRUSTED, "\"%s\" is not imported: %s", shown->info.name,
		              c->text);
		sgn_error_at_path(err, rc, opts->source->path);
		if (wrong_key(opts, c))
			return sgn_error_cure(err, rc, "%s", c->cure);
		return sgn_error_cure(err, rc, "%s; --allow-unusable imports it all the same",
		                      strcmp(c->id, "private-key") == 0 ? CURE_NO_KEY : c->cure);
	}
	return 0;
}

/* --- the file ------------------------------------------------------------------------------------------ */

static int join(const struct sgn_import_options *opts, const struct sgn_identity *id,
                const char *path, struct sgn_buf *out, struct sgn_error *err)
{
	struct sgn_p12_options how = {0};
	char password[SGN_LIMIT_PASSWORD] = "";
	int rc = 0;

	if (opts->joined)
		how = *opts->joined;
	if (!how.password && opts->ask_new) {
		rc = opts->ask_new(opts->ask_new_arg, path, password, sizeof(password));
		how.password = password;
		if (rc)
			sgn_fail(err, rc, "no password given for the new file");
	}
	if (rc == 0 && (!how.password || (!*how.password && !how.allow_empty))) {
		rc = sgn_fail(err, SGN_E_USAGE,
		              "certificate and key are joined to a new PKCS#12 file, and that "
		              "needs a password");
		sgn_error_cure(err, rc,
		               "give one with --password-env VAR, --password-file FILE or "
		               "--password-fd N");
	}
	if (rc == 0)
		rc = sgn_identity_p12(id, &how, out, err);
	sgn_wipe(password, sizeof(password));
	return rc;
}

/* The folder and those above it, only for their owner. */
static int make_folders(const char *dir, struct sgn_error *err)
{
	char *path = sgn_strdup(dir);
	int rc = 0;

	if (!path)
		return sgn_fail_nomem(err);
	for (char *at = path + 1; rc == 0 && *path && *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		if (!sgn_path_exists(path))
			rc = sgn_dir_make(path, 0700, err);
		*at = '/';
	}
	if (rc == 0 && !sgn_path_exists(dir))
		rc = sgn_dir_make(dir, 0700, err);
	sgn_free(path);
	return sgn_error_at_path(err, rc, dir);
}

static enum sgn_import_how choose(const struct sgn_import_options *opts, bool has_key,
                                  struct sgn_view bytes)
{
	const struct sgn_identity_source *s = opts->source;

	if (!has_key)
		return SGN_IMPORT_CERTIFICATE;
	return sgn_id_is_p12(bytes) && !s->key_path && !s->chain_count ? SGN_IMPORT_COPIED
	                                                               : SGN_IMPORT_JOINED;
}

static int place(const struct sgn_import_options *opts, const struct sgn_checkup_run *run,
                 struct sgn_buf *bytes, struct sgn_import_result *out, struct sgn_error *err)
{
	bool has_key = run->checks[0].verdict == SGN_CHECK_OK, p12;
	int rc;

	out->how = choose(opts, has_key, sgn_buf_view(bytes));
	p12 = out->how == SGN_IMPORT_JOINED || sgn_id_is_p12(sgn_buf_view(bytes));
	rc = make_path(opts, run->shown.info.name, p12 ? ".p12" : ".cer", out, err);
	if (rc == 0 && out->how == SGN_IMPORT_JOINED) {
		sgn_buf_reset(bytes);
		rc = join(opts, run->id, out->path, bytes, err);
	}
	if (rc == 0)
		rc = make_folders(opts->dir, err);
	if (rc == 0)
		rc = sgn_file_store(out->path, sgn_buf_view(bytes), 0600, err);
	snprintf(out->name, sizeof(out->name), "%s", run->shown.info.name);
	memcpy(out->sha1, run->shown.info.sha1, sizeof(out->sha1));
	return rc;
}

int sgn_identity_import(struct sgn_context *ctx, const struct sgn_import_options *opts,
                        struct sgn_import_result *out, struct sgn_error *err)
{
	struct sgn_checkup_options questions = {.source = opts->source};
	struct sgn_checkup *checkup = NULL;
	struct sgn_checkup_run *run;
	struct sgn_buf bytes;
	int rc = opts->name ? check_name(opts->name, err) : 0;

	memset(out, 0, sizeof(*out));
	sgn_buf_init_secret(&bytes, SGN_LIMIT_CERT_FILE);
	if (rc == 0)
		rc = sgn_identity_checkup(ctx, &questions, &checkup, err);
	run = (struct sgn_checkup_run *)checkup;
	if (rc == 0 && !is_authority(run))
		rc = judge(ctx, opts, run, err);
	if (rc == 0)
		rc = sgn_error_at_path(err, sgn_file_load(opts->source->path, &bytes, err),
		                       opts->source->path);
	if (rc == 0)
		rc = place(opts, run, &bytes, out, err);
	sgn_buf_dispose(&bytes);
	sgn_checkup_free(checkup);
	return rc;
}
