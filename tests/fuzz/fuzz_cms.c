/* SPDX-License-Identifier: Apache-2.0 */
/* Target: sgn_cms_verify(): BER, certificates, chains, both cdhash lists, timestamp tokens. */
#include <stdlib.h>
#include <string.h>

#include "signer/pki/pki.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

/* What the seeds were signed over: two code directories of 64 equal bytes each. */
static struct sgn_cms_cdhash cdhash_of(enum sgn_digest digest, uint8_t byte)
{
	struct sgn_cms_cdhash cd = {.digest = digest};
	uint8_t content[64];

	memset(content, byte, sizeof(content));
	require(sgn_digest(digest, sgn_view_of(content, sizeof(content)), &cd.full, NULL) == 0);
	return cd;
}

static void look_at(const struct sgn_cms_info *info)
{
	require(info->problem_count <= SGN_CMS_PROBLEMS);
	for (size_t i = 0; i < info->problem_count; i++)
		require(info->problems[i].text && info->problems[i].osstatus != 0);
	require(info->chain.count <= SGN_LIMIT_CHAIN);
	require(!info->timestamp.ok || info->timestamp.signer);
	require(info->problem_count > 0 || (info->signer && info->chain.complete));
	require(sgn_chain_kind(&info->chain) != NULL);
	require(info->chain.apple_root || sgn_chain_team(&info->chain).size == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sgn_anchors anchors;
	struct sgn_cms_cdhash cds[] = {cdhash_of(SGN_DIGEST_SHA1, 0x40),
	                               cdhash_of(SGN_DIGEST_SHA256, 0x41)};
	struct sgn_cms_verify_input in = {.cms = sgn_view_of(data, size),
	                                  .cdhashes = cds,
	                                  .cdhash_count = 2,
	                                  .anchors = &anchors,
	                                  .now = 1750000000,
	                                  .enforce_expiry = size % 2 == 1};
	struct sgn_arena arena = {0};
	struct sgn_cms_info info;
	uint8_t content[64];

	if (!anchors.built_in)
		require(sgn_anchors_load(NULL, 0, &anchors, NULL) == 0);
	memset(content, 0x40, sizeof(content));
	in.content = sgn_view_of(content, sizeof(content));
	require(sgn_cms_verify(&in, &arena, &info, NULL) == 0);
	look_at(&info);
	sgn_arena_dispose(&arena);
	return 0;
}
