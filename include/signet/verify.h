/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verification: all checks, all findings.
 */
#ifndef SIGNET_VERIFY_H
#define SIGNET_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <signet/context.h>
#include <signet/error.h>
#include <signet/hash.h>

#ifdef __cplusplus
extern "C" {
#endif

/** enum sgn_severity - how much a finding matters */
enum sgn_severity {
	SGN_SEVERITY_ERROR,   /* the system would refuse it; the report is not ok */
	SGN_SEVERITY_WARNING, /* valid, but likely to hurt */
	SGN_SEVERITY_NOTE     /* for information, or a check that could not be made here */
};

/** enum sgn_phase - Apple's order of checks (docs/format/verification.md); findings sort by it */
enum sgn_phase {
	SGN_PHASE_STRUCTURE,  /* Mach-O, SuperBlob, CodeDirectories */
	SGN_PHASE_SIGNATURE,  /* CMS, chain, timestamp */
	SGN_PHASE_SLOTS,      /* special slots */
	SGN_PHASE_PAGES,      /* code pages */
	SGN_PHASE_RESOURCES,  /* bundles: sealed resources, nested code */
	SGN_PHASE_STRICT,     /* layout */
	SGN_PHASE_REQUIREMENT /* designated and explicit requirement */
};

/** enum sgn_finding_kind - what it is about, for programs that print Apple's lines */
enum sgn_finding_kind {
	SGN_KIND_GENERAL,
	SGN_KIND_ADDED,
	SGN_KIND_MODIFIED,
	SGN_KIND_MISSING,
	SGN_KIND_SIDEBAND
};

/**
 * struct sgn_finding - one thing that a check has to say
 * @id:        stable name, "page-hash", for machines; docs/findings.md lists them
 * @severity:  see above
 * @phase:     see above
 * @kind:      see above
 * @osstatus:  Apple's number, or 0
 * @path:      file
 * @subcomponent: nested item, or NULL
 * @arch:      slice, or ""
 * @has_slot:  @slot applies
 * @slot:      special slot (negative), or code page (0 ...)
 * @offset:    first byte in the file, or SGN_NO_OFFSET
 * @length:    bytes from there, or 0
 * @resource:  whole path of the sealed file concerned, or NULL
 * @text:      what differed
 * @expected:  what the signature says, or NULL
 * @found:     what is there, or NULL
 * @cause:     what usually causes it, and the cure; or NULL
 *
 * Belongs to the report.
 */
struct sgn_finding {
	const char *id;
	enum sgn_severity severity;
	enum sgn_phase phase;
	enum sgn_finding_kind kind;
	int32_t osstatus;
	const char *path;
	const char *subcomponent;
	char arch[16];
	bool has_slot;
	int64_t slot;
	uint64_t offset;
	uint64_t length;
	const char *resource;
	const char *text;
	const char *expected;
	const char *found;
	const char *cause;
};

/** struct sgn_report - opaque; all findings of one verification, sorted and stable; never changes */
struct sgn_report;

/**
 * struct sgn_verify_options - start from a zeroed struct
 * @arch:        only this slice ("arm64"); NULL: all
 * @requirement: explicit requirement (-R), binary or text (of a set the designated one); NULL: none
 * @requirement_size: bytes
 * @no_strict:   leave the layout checks out
 * @check_expiration: judge certificates without a timestamp at the current time; otherwise expiry is let
 *                pass, as by Apple's verifier (docs/format/cms.md, "checking")
 * @deep:        bundles: check nested code as thoroughly as the bundle itself
 * @ignore_resources: bundles: leave the sealed resources and nested code out
 * @bundle_version: frameworks: which version; NULL: the current one
 * @has_time:    @time was given
 * @time:        Unix seconds that count as now
 */
struct sgn_verify_options {
	const char *arch;
	const void *requirement;
	size_t requirement_size;
	bool no_strict;
	bool check_expiration;
	bool deep;
	bool ignore_resources;
	const char *bundle_version;
	bool has_time;
	int64_t time;
};

/**
 * sgn_verify_path() - checks the signature of one code object on disk
 * @ctx:    threads, limits and trust; shared between calls
 * @path:   file or bundle
 * @opts:   NULL for the defaults
 * @report: receives every finding; free with sgn_report_free()
 * @err:    filled only when the result is negative; may be NULL
 *
 * Reads only, and uses no network: revocation and notarization are not checked
 * (docs/format/verification.md, "what is not checked"). Unsigned code is a finding (-67062), not an error.
 * Thread-safe.
 *
 * Return: 0 when all checks could be made (see sgn_report_ok()), SGN_E_NOTFOUND, SGN_E_IO,
 * SGN_E_FORMAT (a damaged Mach-O; or -67052, the explicit requirement), SGN_E_UNSUPPORTED (not code),
 * SGN_E_USAGE (no such slice), SGN_E_LIMIT, SGN_E_NOMEM. *@report is NULL after a failure.
 */
int sgn_verify_path(struct sgn_context *ctx, const char *path,
                    const struct sgn_verify_options *opts, struct sgn_report **report,
                    struct sgn_error *err);

/** sgn_report_free() - frees a report; NULL is accepted */
void sgn_report_free(struct sgn_report *report);

/**
 * sgn_report_ok() - is the signature valid?
 * @report: what sgn_verify_path() made
 *
 * Return: true when no finding is an error, the explicit requirement aside: whether that is met is in
 * struct sgn_report_summary.
 */
bool sgn_report_ok(const struct sgn_report *report);

/** sgn_report_count() - number of findings */
size_t sgn_report_count(const struct sgn_report *report);

/** sgn_report_finding() - finding @i, NULL beyond the end; errors first, then by phase */
const struct sgn_finding *sgn_report_finding(const struct sgn_report *report, size_t i);

/**
 * struct sgn_report_summary - what was checked
 * @format:      "Mach-O thin (arm64)"
 * @identifier:  of the best CodeDirectory, or NULL
 * @team:        or NULL
 * @authority:   common name of the signer, or NULL
 * @slices:      number of slices checked
 * @pages:       code pages hashed, all slices and digests
 * @bytes:       bytes hashed
 * @is_signed:   there is a signature at all
 * @adhoc:       without certificate
 * @apple_anchored: the chain ends in an Apple root
 * @has_timestamp: a secure timestamp was found and verified
 * @timestamp:   Unix seconds
 * @designated:  the own requirement: 0 not satisfied, 1 satisfied, 2 cannot be decided here; the least
 *               favourable of all slices
 * @explicit_requirement: the same for -R; -1: none was given
 */
struct sgn_report_summary {
	const char *format;
	const char *identifier;
	const char *team;
	const char *authority;
	size_t slices;
	uint64_t pages;
	uint64_t bytes;
	bool is_signed;
	bool adhoc;
	bool apple_anchored;
	bool has_timestamp;
	int64_t timestamp;
	int designated;
	int explicit_requirement;
};

/** sgn_report_summarize() - fills @out; strings belong to the report */
void sgn_report_summarize(const struct sgn_report *report, struct sgn_report_summary *out);

#ifdef __cplusplus
}
#endif

#endif
