/* SPDX-License-Identifier: Apache-2.0 */
/* Why a digest is not in the document: what is different from the code that was prepared. */
#include "signer/ops/handover.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool has_option(const char *const *options, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(options[i], text) == 0)
			return true;
	return false;
}

/* " without X, with Y" where the options of --prepare and of now differ. */
static void compare_options(const struct sgn_handover_run *run, struct sgn_buf *out)
{
	const char *const *then = run->doc.options;

	for (size_t i = 0; i < run->doc.option_count; i++)
		if (!has_option(run->options, run->option_count, then[i]))
			sgn_wr_fmt(out, "%s%s is missing now", out->size ? ", " : "", then[i]);
	for (size_t i = 0; i < run->option_count; i++)
		if (!has_option(then, run->doc.option_count, run->options[i]))
			sgn_wr_fmt(out, "%s%s was not given then", out->size ? ", " : "",
			           run->options[i]);
}

static void add(struct sgn_buf *out, const char *fmt, ...) SGN_PRINTF(2, 3);

static void add(struct sgn_buf *out, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	sgn_wr_fmt(out, "%s%s", out->size ? "; " : "", text);
}

static const char *const slot_names[CSSLOT_SPECIAL_MAX + 1] = {
	[CSSLOT_INFOSLOT] = "Info.plist",
	[CSSLOT_REQUIREMENTS] = "requirements",
	[CSSLOT_RESOURCEDIR] = "resources",
	[CSSLOT_ENTITLEMENTS] = "entitlements",
	[CSSLOT_DER_ENTITLEMENTS] = "entitlements (DER)",
	[CSSLOT_LAUNCH_CONSTRAINT_SELF] = "launch constraint",
	[CSSLOT_LAUNCH_CONSTRAINT_PARENT] = "launch constraint on the parent",
	[CSSLOT_LAUNCH_CONSTRAINT_RESPONSIBLE] = "launch constraint on the responsible process",
	[CSSLOT_LIBRARY_CONSTRAINT] = "library constraint",
};

static void compare_slots(const struct sgn_codedir *then, const struct sgn_codedir *now,
                          struct sgn_buf *out)
{
	for (uint32_t slot = 1; slot <= CSSLOT_SPECIAL_MAX; slot++) {
		struct sgn_view a = SGN_VIEW_EMPTY, b = SGN_VIEW_EMPTY;

		if (slot <= then->special_count)
			sgn_codedir_special(then, slot, &a);
		if (slot <= now->special_count)
			sgn_codedir_special(now, slot, &b);
		if (sgn_view_is_zero(a) && sgn_view_is_zero(b))
			continue;
		if (!sgn_view_equal(a, b) && slot_names[slot])
			add(out, "%s differ%s", slot_names[slot],
			    slot == CSSLOT_INFOSLOT || slot >= CSSLOT_LAUNCH_CONSTRAINT_SELF ? "s"
			                                                                     : "");
	}
}

static void compare_pages(const struct sgn_codedir *then, const struct sgn_codedir *now,
                          struct sgn_buf *out)
{
	uint32_t differ = 0, first = 0;

	if (then->code_count != now->code_count || then->code_limit != now->code_limit) {
		add(out, "the code has %llu bytes instead of %llu",
		    (unsigned long long)now->code_limit, (unsigned long long)then->code_limit);
		return;
	}
	for (uint32_t i = 0; i < now->code_count; i++) {
		struct sgn_view a, b;

		if (!sgn_codedir_page(then, i, &a) || !sgn_codedir_page(now, i, &b) ||
		    sgn_view_equal(a, b))
			continue;
		if (differ++ == 0)
			first = i;
	}
	if (differ)
		add(out, "%u of %u pages differ, the first is page %u", differ, now->code_count,
		    first);
}

static void compare(const struct sgn_codedir *then, const struct sgn_codedir *now,
                    struct sgn_buf *out)
{
	const char *old_team = then->team ? then->team : "none";
	const char *new_team = now->team ? now->team : "none";

	if (strcmp(then->identifier, now->identifier) != 0)
		add(out, "identifier %s instead of %s", now->identifier, then->identifier);
	if (strcmp(old_team, new_team) != 0)
		add(out, "team %s instead of %s", new_team, old_team);
	if (then->flags != now->flags)
		add(out, "flags 0x%x instead of 0x%x", now->flags, then->flags);
	if (then->runtime != now->runtime)
		add(out, "another runtime version");
	if (then->digest != now->digest)
		add(out, "another digest algorithm");
	if (then->page_shift != now->page_shift)
		add(out, "another page size");
	if (then->digest != now->digest || then->page_shift != now->page_shift)
		return;
	compare_slots(then, now, out);
	compare_pages(then, now, out);
}

static const struct sgn_handover_entry *same_place(const struct sgn_handover_run *run,
                                                   const char *name, const char *arch)
{
	for (size_t i = 0; i < run->given; i++) {
		const struct sgn_handover_entry *e = &run->doc.entries[i];

		if (strcmp(e->path, name) == 0 && strcmp(e->arch, arch) == 0)
			return e;
	}
	return NULL;
}

static void describe(const struct sgn_handover_run *run, const char *name, const char *arch,
                     const struct sgn_assembled *now, struct sgn_buf *out)
{
	const struct sgn_handover_entry *e = same_place(run, name, arch);
	struct sgn_codedir a, b;

	if (!e) {
		add(out, "the document has nothing of that name");
		return;
	}
	if (e->dir_count != now->dir_count)
		add(out, "%zu CodeDirectories instead of %zu", now->dir_count, e->dir_count);
	if (e->dir_count && sgn_codedir_read(sgn_handover_view(e->dirs[0]), &a, NULL) == 0 &&
	    sgn_codedir_read(sgn_buf_view(&now->dirs[0]), &b, NULL) == 0)
		compare(&a, &b, out);
}

int sgn_handover_changed(const struct sgn_handover_run *run, const char *name, const char *arch,
                         const struct sgn_assembled *now, struct sgn_error *err)
{
	struct sgn_buf why, options;
	int rc;

	sgn_buf_init(&why, 4096);
	sgn_buf_init(&options, 4096);
	describe(run, name, arch, now, &why);
	compare_options(run, &options);
	rc = sgn_fail(err, SGN_E_MISMATCH,
	              "its digest is not in the document: the code or the options changed since "
	              "--prepare (%s)",
	              why.size && !why.bad ? sgn_buf_str(&why) : "in more than can be told");
	if (options.size && !options.bad)
		sgn_error_cure(err, rc, "give the options of --prepare again: %s",
		               sgn_buf_str(&options));
	else
		sgn_error_cure(err, rc,
		               "put the file back as it was, or begin again with --prepare");
	sgn_buf_dispose(&why);
	sgn_buf_dispose(&options);
	return rc;
}
