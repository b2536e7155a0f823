/* SPDX-License-Identifier: Apache-2.0 */
/* The new mach_header and load commands. docs/format/macho.md, "LC_CODE_SIGNATURE". */
#include "signer/base/limits.h"
#include "signer/base/num.h"
#include "signer/macho/internal.h"

/* Also for Intel, whose pages are smaller. */
#define LINKEDIT_ALIGN 0x4000u

/* A copy of the header that is changed here and there, in the byte order of the slice. */
struct edit {
	struct sgn_buf b;
	const struct sgn_slice *s;
};

static void put(struct edit *e, size_t at, uint64_t v, size_t width)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < width; i++)
		bytes[e->s->little ? i : width - 1 - i] = (uint8_t)(v >> (8 * i));
	sgn_wr_patch(&e->b, at, bytes, width);
}

static void begin(struct edit *e, const struct sgn_slice *s, struct sgn_view bytes)
{
	e->s = s;
	sgn_buf_init(&e->b, (size_t)SGN_LIMIT_LOAD_CMDS + 4096);
	sgn_wr_view(&e->b, bytes);
}

static int finish(struct edit *e, struct sgn_arena *arena, struct sgn_view *out,
                  struct sgn_error *err)
{
	int rc = sgn_buf_finish(&e->b, err, "load commands");

	if (rc == 0 && !sgn_arena_copy(arena, sgn_buf_view(&e->b), out))
		rc = sgn_fail_nomem(err);
	sgn_buf_dispose(&e->b);
	return rc;
}

static void put_counts(struct edit *e, uint32_t ncmds, uint32_t sizeofcmds)
{
	put(e, NCMDS_AT, ncmds, 4);
	put(e, NCMDS_AT + 4, sizeofcmds, 4);
}

/* Words of a segment command behind its name. */
enum segment_word { SEGMENT_VMADDR, SEGMENT_VMSIZE, SEGMENT_FILEOFF, SEGMENT_FILESIZE };

static void put_segment_word(struct edit *e, const struct sgn_segment *seg, enum segment_word index,
                             uint64_t v)
{
	const size_t width = e->s->is64 ? 8 : 4;

	put(e, seg->cmd_at + 24 + index * width, v, width);
}

int sgn_edit_set_signature(const struct sgn_slice *s, uint32_t code_limit, uint32_t datasize,
                           struct sgn_arena *arena, struct sgn_view *out, struct sgn_error *err)
{
	const uint64_t filesize = (uint64_t)code_limit + datasize - s->linkedit->fileoff;
	uint32_t at = s->signature_cmd_at;
	uint64_t vmsize;
	struct edit e;

	if (!sgn_align_u64(filesize, LINKEDIT_ALIGN, &vmsize) || (!s->is64 && vmsize > UINT32_MAX))
		return sgn_fail(err, SGN_E_LIMIT, "__LINKEDIT would not fit in memory");
	begin(&e, s, s->header);
	if (!s->has_signature_cmd) {
		at = s->commands_end;
		sgn_wr_zero(&e.b, SIGNATURE_CMD_SIZE);
		put_counts(&e, s->ncmds + 1, s->sizeofcmds + SIGNATURE_CMD_SIZE);
		put(&e, at, LC_CODE_SIGNATURE, 4);
		put(&e, at + 4, SIGNATURE_CMD_SIZE, 4);
	}
	put(&e, at + 8, code_limit, 4);
	put(&e, at + 12, datasize, 4);
	put_segment_word(&e, s->linkedit, SEGMENT_VMSIZE, vmsize);
	put_segment_word(&e, s->linkedit, SEGMENT_FILESIZE, filesize);
	return finish(&e, arena, out, err);
}

int sgn_edit_remove_signature(const struct sgn_slice *s, uint64_t new_end, struct sgn_arena *arena,
                              struct sgn_view *out, struct sgn_error *err)
{
	struct sgn_segment linkedit = *s->linkedit;
	struct sgn_view before = SGN_VIEW_EMPTY;
	struct edit e;

	/* Later commands move down; what they leave behind is zero. */
	sgn_view_slice(s->header, 0, s->signature_cmd_at, &before);
	begin(&e, s, before);
	sgn_wr_view(&e.b, sgn_view_from(s->header, s->signature_cmd_at + SIGNATURE_CMD_SIZE));
	sgn_wr_zero(&e.b, SIGNATURE_CMD_SIZE);
	put_counts(&e, s->ncmds - 1, s->sizeofcmds - SIGNATURE_CMD_SIZE);
	if (linkedit.cmd_at > s->signature_cmd_at)
		linkedit.cmd_at -= SIGNATURE_CMD_SIZE;
	put_segment_word(&e, &linkedit, SEGMENT_FILESIZE, new_end - linkedit.fileoff);
	return finish(&e, arena, out, err);
}
