/* SPDX-License-Identifier: Apache-2.0 */
/* Target: sgn_signature_read(), with every accessor over what it accepts. */
#include <stdlib.h>
#include <string.h>

#include "signer/sigblob/signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The views must lie inside the input: a sanitizer sees a byte that does not. */
static unsigned sum_view(struct sgn_view v)
{
	unsigned sum = 0;

	for (size_t i = 0; i < v.size; i++)
		sum += v.data[i];
	return sum;
}

static unsigned sum_dir(const struct sgn_codedir *cd)
{
	unsigned sum = (unsigned)strlen(cd->identifier);
	struct sgn_view hash;

	if (cd->team)
		sum += (unsigned)strlen(cd->team);
	for (uint32_t n = 1; sgn_codedir_special(cd, n, &hash); n++)
		sum += sum_view(hash);
	for (uint32_t i = 0; sgn_codedir_page(cd, i, &hash); i++)
		sum += sum_view(hash);
	sum += sum_view(cd->pre_encrypt);
	return sum + sum_view(cd->linkage);
}

static unsigned sum_signature(const struct sgn_signature *sig)
{
	unsigned sum = sum_view(sig->cms);

	/* What the reader promises to all who come after it. */
	if (!sig->best || sig->dir_count == 0 || sig->dir_slots[0] != CSSLOT_CODEDIRECTORY)
		abort();
	for (size_t i = 0; i < sig->dir_count; i++)
		sum += sum_dir(&sig->dirs[i]);
	for (uint32_t i = 0; i < sig->blobs.count; i++)
		sum += sum_view(sig->blobs.entries[i].blob);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t hashes[SGN_LIMIT_CODEDIRS][CS_CDHASH_LEN];
	struct sgn_error err = SGN_ERROR_INIT;
	static volatile unsigned sink;
	struct sgn_signature sig;
	size_t count;

	if (sgn_signature_read(sgn_view_of(data, size), &sig, &err) == 0) {
		sink = sum_signature(&sig);
		if (sgn_signature_cdhashes(&sig, hashes, &count, NULL) == 0 &&
		    count != sig.dir_count)
			abort();
	} else if (err.osstatus == 0) {
		abort(); /* every refusal has Apple's number */
	}
	SGN_UNUSED(sink);
	sgn_error_dispose(&err);
	return 0;
}
