/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "signer/base/reader.h"
#include "signer/sigblob/codedir.h"
#include "signer/sigblob/codedir_layout.h"

/* docs/format/codedirectory.md, "header": where each field lies that an error may point at. */
enum {
	AT_VERSION = 8,
	AT_HASH_OFFSET = 16,
	AT_IDENT_OFFSET = 20,
	AT_CODE_SLOTS = 28,
	AT_HASH_SIZE = 36,
	AT_HASH_TYPE = 37,
	AT_PAGE_SIZE = 39,
	AT_SCATTER_OFFSET = 44,
	AT_TEAM_OFFSET = 48,
	AT_PRE_ENCRYPT_OFFSET = 92,
	AT_LINKAGE_OFFSET = 100
};

#define SCATTER_SIZE 24

/* Offsets that the header holds but the result does not. */
struct raw {
	uint8_t hash_type;
	uint32_t ident_offset, team_offset, pre_encrypt_offset;
	uint32_t linkage_offset, linkage_size;
	uint32_t header_size;
	uint64_t hashes_begin, hashes_end; /* special and code slots */
};

static int refuse(struct sgn_error *err, uint64_t offset, const char *why)
{
	int rc = sgn_fail(err, SGN_E_FORMAT, "CodeDirectory: %s", why);

	return sgn_error_at_offset(err, rc, offset);
}

static int unsupported(struct sgn_error *err, uint64_t offset, const char *what, uint32_t value)
{
	int rc = sgn_fail(err, SGN_E_UNSUPPORTED, "CodeDirectory: %s 0x%x is not supported", what,
	                  value);

	sgn_error_at_offset(err, rc, offset);
	return sgn_error_osstatus(err, rc, errSecCSSignatureUnsupported);
}

static void read_oldest_fields(struct sgn_reader *r, struct sgn_codedir *cd, struct raw *raw)
{
	cd->flags = sgn_rd_be32(r);
	cd->hash_offset = sgn_rd_be32(r);
	raw->ident_offset = sgn_rd_be32(r);
	cd->special_count = sgn_rd_be32(r);
	cd->code_count = sgn_rd_be32(r);
	cd->code_limit = sgn_rd_be32(r);
	cd->hash_size = sgn_rd_u8(r);
	raw->hash_type = sgn_rd_u8(r);
	cd->platform = sgn_rd_u8(r);
	cd->page_shift = sgn_rd_u8(r);
	sgn_rd_skip(r, 4);
}

static void read_limit64(struct sgn_reader *r, struct sgn_codedir *cd)
{
	uint64_t limit;

	sgn_rd_skip(r, 4);
	limit = sgn_rd_be64(r);
	if (limit != 0)
		cd->code_limit = limit;
}

static void read_exec_seg(struct sgn_reader *r, struct sgn_codedir *cd)
{
	cd->has_exec_seg = true;
	cd->exec_base = sgn_rd_be64(r);
	cd->exec_limit = sgn_rd_be64(r);
	cd->exec_flags = sgn_rd_be64(r);
}

static void read_linkage(struct sgn_reader *r, struct sgn_codedir *cd, struct raw *raw)
{
	cd->linkage_hash_type = sgn_rd_u8(r);
	cd->linkage_app_type = sgn_rd_u8(r);
	cd->linkage_app_subtype = sgn_rd_be16(r);
	raw->linkage_offset = sgn_rd_be32(r);
	raw->linkage_size = sgn_rd_be32(r);
}

/* Each version adds fields to the end of the one before. */
static void read_newer_fields(struct sgn_reader *r, struct sgn_codedir *cd, struct raw *raw)
{
	if (cd->version >= CS_SUPPORTSSCATTER)
		cd->scatter_offset = sgn_rd_be32(r);
	if (cd->version >= CS_SUPPORTSTEAMID)
		raw->team_offset = sgn_rd_be32(r);
	if (cd->version >= CS_SUPPORTSCODELIMIT64)
		read_limit64(r, cd);
	if (cd->version >= CS_SUPPORTSEXECSEG)
		read_exec_seg(r, cd);
	if (cd->version >= CS_SUPPORTSRUNTIME) {
		cd->runtime = sgn_rd_be32(r);
		raw->pre_encrypt_offset = sgn_rd_be32(r);
	}
	if (cd->version >= CS_SUPPORTSLINKAGE)
		read_linkage(r, cd, raw);
}

static int read_header(struct sgn_codedir *cd, struct raw *raw, struct sgn_error *err)
{
	struct sgn_reader r = sgn_rd_init(cd->blob);

	sgn_rd_skip(&r, AT_VERSION);
	cd->version = sgn_rd_be32(&r);
	if (!sgn_rd_ok(&r))
		return sgn_rd_finish(&r, err, "CodeDirectory header");
	if (cd->version < CS_VERSION_EARLIEST || cd->version > CS_VERSION_LATEST)
		return unsupported(err, AT_VERSION, "version", cd->version);
	raw->header_size = sgn_codedir_header_size(cd->version);
	read_oldest_fields(&r, cd, raw);
	read_newer_fields(&r, cd, raw);
	return sgn_rd_finish(&r, err, "CodeDirectory header");
}

static int check_digest(struct sgn_codedir *cd, const struct raw *raw, struct sgn_error *err)
{
	cd->digest = (enum sgn_digest)raw->hash_type;
	if (sgn_digest_size(cd->digest) == 0)
		return unsupported(err, AT_HASH_TYPE, "hash type", raw->hash_type);
	if (sgn_digest_size(cd->digest) != cd->hash_size)
		return refuse(err, AT_HASH_SIZE, "the hash size does not belong to the hash type");
	return 0;
}

static int check_hashes(struct sgn_codedir *cd, struct raw *raw, struct sgn_error *err)
{
	uint64_t special = (uint64_t)cd->special_count * cd->hash_size;
	uint64_t code = (uint64_t)cd->code_count * cd->hash_size;

	if (special > cd->hash_offset || cd->hash_offset - special < raw->header_size)
		return refuse(err, AT_HASH_OFFSET, "the special slots reach into the header");
	raw->hashes_begin = cd->hash_offset - special;
	raw->hashes_end = cd->hash_offset + code;
	if (raw->hashes_end > cd->blob.size)
		return refuse(err, AT_HASH_OFFSET, "the code slots reach beyond the end");
	return 0;
}

static int check_pages(const struct sgn_codedir *cd, struct sgn_error *err)
{
	if (cd->page_shift > SGN_LIMIT_PAGE_SHIFT)
		return refuse(err, AT_PAGE_SIZE, "the page size is not credible");
	if (cd->page_shift != 0 && cd->code_limit == 0)
		return refuse(err, AT_CODE_SLOTS, "pages, but a code limit of 0");
	if (sgn_codedir_pages(cd->code_limit, cd->page_shift) != cd->code_count)
		return refuse(err, AT_CODE_SLOTS,
		              "the number of code slots does not fit the code limit");
	return 0;
}

/* An area of the variable part: behind the header, inside the blob, not among the hashes. */
static bool find_area(const struct sgn_codedir *cd, const struct raw *raw, uint64_t offset,
                      uint64_t size, struct sgn_view *out)
{
	if (offset < raw->header_size || !sgn_view_slice(cd->blob, offset, size, out))
		return false;
	return offset + size <= raw->hashes_begin || offset >= raw->hashes_end;
}

static bool find_string(const struct sgn_codedir *cd, const struct raw *raw, uint32_t offset,
                        const char **out)
{
	struct sgn_view rest = sgn_view_from(cd->blob, offset);
	const uint8_t *end = rest.size ? memchr(rest.data, 0, rest.size) : NULL;
	struct sgn_view text;

	if (!end || !find_area(cd, raw, offset, (uint64_t)(end - rest.data) + 1, &text))
		return false;
	*out = (const char *)text.data;
	return true;
}

static int find_strings(struct sgn_codedir *cd, const struct raw *raw, struct sgn_error *err)
{
	if (!find_string(cd, raw, raw->ident_offset, &cd->identifier))
		return refuse(err, AT_IDENT_OFFSET,
		              "the identifier is not a string between header and hashes");
	if (raw->team_offset != 0 && !find_string(cd, raw, raw->team_offset, &cd->team))
		return refuse(err, AT_TEAM_OFFSET,
		              "the team identifier is not a string between header and hashes");
	return 0;
}

/* The vector ends with a count of 0, and the counts before it are pages of this directory. */
static int check_scatter(const struct sgn_codedir *cd, const struct raw *raw, struct sgn_error *err)
{
	uint64_t offset = cd->scatter_offset, pages = 0;
	struct sgn_view element;
	struct sgn_reader r;
	uint32_t count;

	if (offset == 0)
		return 0;
	do {
		if (!find_area(cd, raw, offset, SCATTER_SIZE, &element))
			return refuse(err, AT_SCATTER_OFFSET,
			              "the scatter vector does not end before the hashes");
		r = sgn_rd_init(element);
		count = sgn_rd_be32(&r);
		pages += count;
		if (pages > cd->code_count)
			return refuse(err, offset, "the scatter vector has more pages than slots");
		offset += SCATTER_SIZE;
	} while (count != 0);
	return 0;
}

static int find_arrays(struct sgn_codedir *cd, const struct raw *raw, struct sgn_error *err)
{
	uint64_t size = (uint64_t)cd->code_count * cd->hash_size;

	if (raw->pre_encrypt_offset != 0 &&
	    !find_area(cd, raw, raw->pre_encrypt_offset, size, &cd->pre_encrypt))
		return refuse(err, AT_PRE_ENCRYPT_OFFSET,
		              "the pre-encryption hashes do not lie between header and hashes");
	if (raw->linkage_size != 0 &&
	    !find_area(cd, raw, raw->linkage_offset, raw->linkage_size, &cd->linkage))
		return refuse(err, AT_LINKAGE_OFFSET,
		              "the linkage does not lie between header and hashes");
	return 0;
}

static int read_codedir(struct sgn_view in, struct sgn_codedir *cd, struct sgn_error *err)
{
	struct raw raw = {0};
	uint32_t magic;
	int rc = sgn_blob_read(in, &magic, &cd->blob, err);

	if (rc)
		return rc;
	if (magic != CSMAGIC_CODEDIRECTORY)
		return refuse(err, 0, "the magic number is another one");
	rc = read_header(cd, &raw, err);
	if (rc == 0)
		rc = check_digest(cd, &raw, err);
	if (rc == 0)
		rc = check_hashes(cd, &raw, err);
	if (rc == 0)
		rc = check_pages(cd, err);
	if (rc == 0)
		rc = find_strings(cd, &raw, err);
	if (rc == 0)
		rc = check_scatter(cd, &raw, err);
	if (rc == 0)
		rc = find_arrays(cd, &raw, err);
	return rc;
}

int sgn_codedir_read(struct sgn_view blob, struct sgn_codedir *out, struct sgn_error *err)
{
	int rc;

	*out = (struct sgn_codedir){0};
	rc = read_codedir(blob, out, err);
	if (rc)
		*out = (struct sgn_codedir){0};
	return sgn_error_osstatus(err, rc, errSecCSSignatureFailed);
}

bool sgn_codedir_special(const struct sgn_codedir *cd, uint32_t n, struct sgn_view *hash)
{
	if (n == 0 || n > cd->special_count)
		return false;
	return sgn_view_slice(cd->blob, cd->hash_offset - (uint64_t)n * cd->hash_size,
	                      cd->hash_size, hash);
}

bool sgn_codedir_page(const struct sgn_codedir *cd, uint32_t i, struct sgn_view *hash)
{
	if (i >= cd->code_count)
		return false;
	return sgn_view_slice(cd->blob, cd->hash_offset + (uint64_t)i * cd->hash_size,
	                      cd->hash_size, hash);
}

uint64_t sgn_codedir_page_size(const struct sgn_codedir *cd)
{
	return cd->page_shift ? (uint64_t)1 << cd->page_shift : cd->code_limit;
}

int sgn_codedir_hash(const struct sgn_codedir *cd, struct sgn_digest_bytes *out,
                     struct sgn_error *err)
{
	return sgn_digest(cd->digest, cd->blob, out, err);
}

int sgn_digest_rank(enum sgn_digest alg)
{
	switch (alg) {
	case SGN_DIGEST_SHA1: return 1;
	case SGN_DIGEST_SHA256_TRUNCATED: return 2;
	case SGN_DIGEST_SHA256: return 3;
	case SGN_DIGEST_SHA384: return 4;
	case SGN_DIGEST_NONE: break;
	}
	return 0;
}
