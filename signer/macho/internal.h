/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this room share and nobody else sees. */
#ifndef SIGNER_MACHO_INTERNAL_H
#define SIGNER_MACHO_INTERNAL_H

#include "signer/macho/macho.h"

enum { LC_SEGMENT = 0x1, LC_SEGMENT_64 = 0x19, LC_CODE_SIGNATURE = 0x1d };

/* Bytes of struct linkedit_data_command, which LC_CODE_SIGNATURE is. */
#define SIGNATURE_CMD_SIZE 16u

/* Where ncmds lies in both kinds of mach_header; sizeofcmds follows. */
#define NCMDS_AT 16u

/* True for the four magics of a thin image, given as big-endian. */
bool sgn_macho_magic(uint32_t magic, bool *is64, bool *little);

static inline uint32_t sgn_mach_header_size(bool is64)
{
	return is64 ? 32 : 28;
}

/* "arm64", or "(7:15)" where there is no name, cut to fit. */
void sgn_arch_text(int32_t cputype, int32_t cpusubtype, char out[16]);

/* The table of a universal file: allocates m->slices and fills what the table tells of each; slices
 * lie inside the file and do not overlap. */
int sgn_fat_read(const struct sgn_source *src, struct sgn_macho *m, struct sgn_error *err);

/* One slice whose offset and size are known. */
int sgn_slice_read(const struct sgn_source *src, struct sgn_macho *m, struct sgn_slice *s,
                   struct sgn_error *err);

/* Load commands -> model; s->header is there already. */
int sgn_slice_read_commands(const struct sgn_source *src, struct sgn_arena *arena,
                            struct sgn_slice *s, struct sgn_error *err);

/* The signature, if there is a command, is the last thing of the slice and of __LINKEDIT, and nothing
 * else reaches into it. */
int sgn_slice_check_end(const struct sgn_slice *s, struct sgn_error *err);

/* The header with LC_CODE_SIGNATURE {code_limit, datasize}, added or changed, and __LINKEDIT as long
 * as that needs. The slice has passed sgn_slice_can_sign(). */
int sgn_edit_set_signature(const struct sgn_slice *s, uint32_t code_limit, uint32_t datasize,
                           struct sgn_arena *arena, struct sgn_view *out, struct sgn_error *err);

/* The header without LC_CODE_SIGNATURE; the slice ends at new_end. Same size as before. */
int sgn_edit_remove_signature(const struct sgn_slice *s, uint64_t new_end, struct sgn_arena *arena,
                              struct sgn_view *out, struct sgn_error *err);

#endif
