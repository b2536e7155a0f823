/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers of a CodeDirectory: flags, digests, page size, runtime version. */
#include "signer/ops/plan.h"

#define PAGE_SHIFT_4K    12
#define PAGE_SHIFT_16K   14
#define PAGE_SHIFT_LEAST 10 /* a page shorter than 1 KiB makes hashes larger than the code */
#define PAGE_SHIFT_MOST  30

/* Info.plist key CSFlags: a number, or the words of --options. */
static int flags_of_info_plist(const struct sgn_value *info, bool *given, uint32_t *out,
                               struct sgn_error *err)
{
	struct sgn_arena arena = {0};
	const struct sgn_value *v = sgn_value_get(info, "CSFlags");
	int rc = 0;

	*given = v != NULL;
	if (v && v->kind == SGN_VALUE_INT) {
		*out = (uint32_t)v->u.uint;
	} else if (v && v->kind == SGN_VALUE_STRING) {
		char *words =
			sgn_arena_strndup(&arena, (const char *)v->u.bytes.data, v->u.bytes.size);

		rc = words ? sgn_cs_flags_parse(words, out, err) : sgn_fail_nomem(err);
		rc = sgn_wrap(err, rc, "Info.plist key CSFlags");
	} else if (v) {
		rc = sgn_fail(err, SGN_E_FORMAT,
		              "Info.plist key CSFlags is a %s, not a number or words",
		              sgn_value_kind_name(v->kind));
		sgn_error_osstatus(err, rc, errSecCSBadDictionaryFormat);
	}
	sgn_arena_dispose(&arena);
	return rc;
}

int sgn_plan_flags(const struct sgn_code *code, const struct sgn_value *info,
                   const struct sgn_sign_options *opts, uint32_t *out, struct sgn_error *err)
{
	const struct sgn_signature *old = sgn_plan_inherited(code);
	bool given = opts->has_flags;
	uint32_t flags = opts->flags;
	int rc = 0;

	if (!given)
		rc = flags_of_info_plist(info, &given, &flags, err);
	if (!given && rc == 0) {
		flags = 0;
		if (old && (opts->preserve & SGN_PRESERVE_FLAGS))
			flags = old->best->flags & ~(uint32_t)CS_ADHOC;
		else if (old && (opts->preserve & SGN_PRESERVE_RUNTIME))
			flags = old->best->flags & CS_RUNTIME;
	}
	if (!opts->identity)
		flags |= CS_ADHOC;
	*out = flags;
	return rc;
}

/* Systems older than these read SHA-1 only. */
static bool wants_sha1(const struct sgn_slice *s)
{
	static const struct {
		uint32_t platform;
		uint32_t since; /* first version that reads SHA-256 */
	} rows[] = {
		{PLATFORM_MACOS, 0x000a0b04},
		{PLATFORM_IOS, 0x000b0000},
		{PLATFORM_TVOS, 0x000b0000},
		{PLATFORM_WATCHOS, 0x000c0000},
	};

	for (size_t i = 0; s->has_version && i < SGN_ARRAY_LEN(rows); i++)
		if (rows[i].platform == s->platform)
			return s->minos < rows[i].since;
	return false;
}

static void add_digest(struct sgn_plan *plan, enum sgn_digest alg)
{
	size_t at = plan->digest_count;

	for (size_t i = 0; i < plan->digest_count; i++)
		if (plan->digests[i] == alg)
			return;
	while (at > 0 && plan->digests[at - 1] > alg) {
		plan->digests[at] = plan->digests[at - 1];
		at--;
	}
	plan->digests[at] = alg;
	plan->digest_count++;
}

int sgn_plan_digests(const struct sgn_code *code, const struct sgn_sign_options *opts,
                     struct sgn_plan *plan, struct sgn_error *err)
{
	const struct sgn_signature *old = sgn_plan_inherited(code);

	plan->digest_count = 0;
	if (opts->digest_count > SGN_ARRAY_LEN(plan->digests))
		return sgn_fail(err, SGN_E_USAGE, "more than %zu digest algorithms",
		                SGN_ARRAY_LEN(plan->digests));
	for (size_t i = 0; i < opts->digest_count; i++) {
		enum sgn_digest alg = opts->digests[i];

		if (alg != SGN_DIGEST_SHA1 && alg != SGN_DIGEST_SHA256 && alg != SGN_DIGEST_SHA384)
			return sgn_error_osstatus(
				err,
				sgn_fail(err, SGN_E_USAGE, "digest %s cannot be written",
			                 sgn_digest_name(alg) ? sgn_digest_name(alg) : "?"),
				errSecCSUnsupportedDigestAlgorithm);
		add_digest(plan, alg);
	}
	if (plan->digest_count == 0 && old && (opts->preserve & SGN_PRESERVE_DIGESTS))
		for (size_t i = 0; i < old->dir_count; i++)
			if (old->dirs[i].digest != SGN_DIGEST_SHA256_TRUNCATED)
				add_digest(plan, old->dirs[i].digest);
	if (plan->digest_count)
		return 0;
	/* Without a Mach-O nothing tells what it runs on: codesign takes both then. */
	for (size_t i = 0; i < code->macho.count; i++)
		if (code->is_generic || wants_sha1(&code->macho.slices[i]))
			add_digest(plan, SGN_DIGEST_SHA1);
	add_digest(plan, SGN_DIGEST_SHA256);
	return 0;
}

static uint8_t default_page_shift(const struct sgn_slice *s)
{
	bool arm64 = s->cputype == CPU_TYPE_ARM64 || s->cputype == CPU_TYPE_ARM64_32;

	return arm64 && s->platform != PLATFORM_TVOS ? PAGE_SHIFT_16K : PAGE_SHIFT_4K;
}

int sgn_plan_page_shift(const struct sgn_code_slice *s, const struct sgn_sign_options *opts,
                        uint8_t *out, struct sgn_error *err)
{
	int64_t size = opts->page_size;
	uint8_t shift = 0;

	if (size == SGN_PAGESIZE_DEFAULT) {
		bool keep = (opts->preserve & SGN_PRESERVE_PAGESIZE) &&
		            sgn_code_slice_is_signed(s) && s->sig;

		*out = keep ? s->sig->best->page_shift : default_page_shift(s->macho);
		return 0;
	}
	while (shift < PAGE_SHIFT_MOST && ((int64_t)1 << shift) < size)
		shift++;
	if (size != 0 && (((int64_t)1 << shift) != size || shift < PAGE_SHIFT_LEAST)) {
		sgn_fail(err, SGN_E_USAGE, "page size %lld is not a power of two from %d to %d",
		         (long long)size, 1 << PAGE_SHIFT_LEAST, 1 << PAGE_SHIFT_MOST);
		return sgn_error_cure(err, SGN_E_USAGE,
		                      "4096 and 16384 are what systems accept; 0 means one page");
	}
	*out = shift;
	return 0;
}

uint32_t sgn_plan_runtime(const struct sgn_code_slice *s, const struct sgn_sign_options *opts,
                          uint32_t flags)
{
	bool preserve = opts->preserve & SGN_PRESERVE_RUNTIME;

	if (!(flags & CS_RUNTIME))
		return 0;
	/* The preserved version wins over --runtime-version, as in Apple's signer. */
	if (preserve && sgn_code_slice_is_signed(s) && s->sig && s->sig->best->runtime)
		return s->sig->best->runtime;
	if (opts->runtime_version)
		return opts->runtime_version;
	return s->macho->has_version ? s->macho->sdk : 0;
}
