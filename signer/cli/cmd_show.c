/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "signer/cli/out_json.h"
#include "signer/cli/text.h"

/* What to do with each file. */
struct show {
	const char *arch;
	bool as_codesign;
	bool only_parts; /* something was asked for by name: nothing else is printed */
};

static const struct sgn_shown_slice *find_slice(const struct sgn_description *d, const char *arch)
{
	if (!arch)
		return d->native < d->slice_count ? &d->slices[d->native] : NULL;
	for (size_t i = 0; i < d->slice_count; i++)
		if (!strcmp(d->slices[i].arch, arch))
			return &d->slices[i];
	return NULL;
}

static const char *destination(const struct opts *o, enum opt_id id)
{
	const char *file = opts_value(o, id);

	return file ? file : "-";
}

static int put_bytes(const struct opts *o, enum opt_id id, const struct sgn_shown_bytes *bytes,
                     struct sgn_error *err)
{
	return bytes->size ? bytes_store(destination(o, id), bytes->data, bytes->size, err) : 0;
}

static int put_text(const char *file, const char *text, struct sgn_error *err)
{
	char *whole = cli_format("%s%s", text, text[strlen(text) - 1] == '\n' ? "" : "\n");
	int rc = bytes_store(file, whole, strlen(whole), err);

	free(whole);
	return rc;
}

static int put_entitlements(const struct opts *o, const struct sgn_shown_slice *s,
                            struct sgn_error *err)
{
	if (opts_has(o, OPT_XML))
		return put_bytes(o, OPT_SHOW_ENTITLEMENTS, &s->entitlements_xml, err);
	if (opts_has(o, OPT_DER))
		return put_bytes(o, OPT_SHOW_ENTITLEMENTS, &s->entitlements_der, err);
	if (!s->entitlements_text || !*s->entitlements_text)
		return 0;
	return put_text(destination(o, OPT_SHOW_ENTITLEMENTS), s->entitlements_text, err);
}

static int put_requirements(const struct opts *o, const struct sgn_shown_slice *s,
                            struct sgn_error *err)
{
	char *text = text_requirements(s);
	int rc = text ? put_text(destination(o, OPT_SHOW_REQUIREMENTS), text, err) : 0;

	free(text);
	return rc;
}

static int put_certificates(const struct opts *o, const struct sgn_shown_slice *s,
                            struct sgn_error *err)
{
	const char *prefix = opts_value(o, OPT_EXTRACT_CERTIFICATES);
	int rc = 0;

	for (size_t i = 0; i < s->chain_count && rc == 0; i++) {
		const struct sgn_shown_bytes *der = &s->chain[i].der;
		char *file = cli_format("%s%zu", prefix ? prefix : "codesign", i);

		rc = bytes_store(file, der->data, der->size, err);
		free(file);
	}
	return rc;
}

static int put_cms(const struct opts *o, const struct sgn_shown_slice *s, struct sgn_error *err)
{
	return put_bytes(o, OPT_DUMP_CMS, &s->cms, err);
}

/* In codesign's order of side outputs. */
static const struct {
	enum opt_id id;
	int (*put)(const struct opts *o, const struct sgn_shown_slice *s, struct sgn_error *err);
} parts[] = {
	{OPT_EXTRACT_CERTIFICATES, put_certificates},
	{OPT_DUMP_CMS, put_cms},
	{OPT_SHOW_REQUIREMENTS, put_requirements},
	{OPT_SHOW_ENTITLEMENTS, put_entitlements},
};

static int put_parts(const struct opts *o, const struct sgn_shown_slice *s, struct sgn_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && rc == 0; i++)
		if (opts_has(o, parts[i].id))
			rc = parts[i].put(o, s, err);
	return rc;
}

static int no_slice(const struct sgn_description *d, const char *arch, struct sgn_error *err)
{
	cli_fail(err, SGN_E_NOTFOUND, "there is no slice %s", arch ? arch : "");
	cli_cure(err, "the file is: %s", d->format);
	return SGN_E_NOTFOUND;
}

/* What stands in the way of printing a signature as asked. */
static int check_slice(const struct sgn_shown_slice *s, struct sgn_error *err)
{
	if (s->problem)
		cli_fail(err, SGN_E_FORMAT, "%s", s->problem);
	else if (!s->is_signed)
		cli_fail(err, SGN_E_NOTFOUND, "code object is not signed at all");
	else
		return 0;
	snprintf(err->arch, sizeof(err->arch), "%s", s->arch);
	err->osstatus = s->problem ? 0 : -67062;
	return err->code;
}

static void show_text(struct cli *cli, const struct show *show, const char *path,
                      const struct sgn_description *d, const struct sgn_shown_slice *s)
{
	if (show->as_codesign)
		text_codesign(&cli->out, d, s, cli->verbosity,
		              !opts_has(&cli->opts, OPT_SHOW_REQUIREMENTS));
	else
		text_description(&cli->out, path, d, show->arch, cli->verbosity);
}

static void show_json(struct cli *cli, const struct show *show, const char *path,
                      const struct sgn_description *d, const struct sgn_error *err)
{
	json_t *result = json_result(cli->results, path, err->code == SGN_OK);

	json_description(result, d, show->arch, cli->verbosity);
	if (err->code != SGN_OK)
		json_put(result, "error", json_error(path, err));
}

/* A slice that is not signed, or cannot be read, is shown as such, and is a failure as it is for
 * codesign -d. */
static int show_description(struct cli *cli, const struct show *show, const char *path,
                            const struct sgn_description *d, struct sgn_error *err)
{
	const struct sgn_shown_slice *s = find_slice(d, show->arch);
	int rc;

	if (!s)
		return no_slice(d, show->arch, err);
	rc = check_slice(s, err);
	if (cli->json)
		show_json(cli, show, path, d, err);
	else if (!show->only_parts && (rc == 0 || !show->as_codesign))
		show_text(cli, show, path, d, s);
	return rc ? rc : put_parts(&cli->opts, s, err);
}

static enum exit_status show_one(struct cli *cli, const char *path, void *arg)
{
	const struct show *show = arg;
	struct sgn_description *d = NULL;
	struct sgn_error err = SGN_ERROR_INIT;
	enum exit_status status = EXIT_DONE;
	int rc;

	rc = sgn_describe_path(cli->ctx, path, &d, &err);
	if (rc == 0)
		rc = show_description(cli, show, path, d, &err);
	if (rc != 0 && d && cli->json && find_slice(d, show->arch)) {
		print_error_text(cli, path, &err);
		status = cli_status(&err);
	} else if (rc != 0) {
		status = print_error(cli, path, &err);
	}
	sgn_description_free(d);
	sgn_error_dispose(&err);
	return status;
}

/* Shows, does not judge: the exit status says whether the picture could be drawn. */
static enum exit_status tree_one(struct cli *cli, const char *path, void *arg)
{
	struct sgn_described_tree *tree;
	struct sgn_error err = SGN_ERROR_INIT;
	enum exit_status status = EXIT_DONE;

	(void)arg;
	if (sgn_describe_tree(cli->ctx, path, &tree, &err) != 0) {
		status = print_error(cli, path, &err);
	} else {
		if (cli->json)
			json_tree(json_result(cli->results, path, true), tree);
		else
			text_code_tree(&cli->out, path, tree);
		sgn_described_tree_free(tree);
	}
	sgn_error_dispose(&err);
	return status;
}

static bool wants_parts(const struct opts *o)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (opts_has(o, parts[i].id))
			return true;
	return false;
}

enum exit_status cmd_show(struct cli *cli)
{
	const struct opts *o = &cli->opts;
	const char *format = opts_value(o, OPT_FORMAT);
	struct show show = {.arch = opts_value(o, OPT_ARCH)};
	enum exit_status status;

	show.as_codesign = format && !strcmp(format, "codesign");
	show.only_parts = wants_parts(o) && !show.as_codesign;
	if (format && !show.as_codesign && strcmp(format, "text") != 0)
		return print_usage(cli, "--format: %s is neither text nor codesign", format);
	if (opts_has(o, OPT_XML) && opts_has(o, OPT_DER))
		return print_usage(cli, "--xml and --der exclude each other");
	if ((opts_has(o, OPT_XML) || opts_has(o, OPT_DER)) && !opts_has(o, OPT_SHOW_ENTITLEMENTS))
		return print_usage(cli, "--xml and --der go with --entitlements");
	if (cli->json && show.as_codesign)
		return print_usage(cli, "--json and --format=codesign exclude each other");
	if (opts_has(o, OPT_TREE) && (format || show.arch || wants_parts(o)))
		return print_usage(cli, "--tree goes with no option that chooses what is shown");
	if (!cli_open(cli, &status))
		return status;
	return cli_each(cli, opts_has(o, OPT_TREE) ? tree_one : show_one, &show);
}
