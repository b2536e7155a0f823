/* SPDX-License-Identifier: Apache-2.0 */
/* What reader and builder must agree on. Private to this room. */
#ifndef SIGNER_SIGBLOB_CODEDIR_LAYOUT_H
#define SIGNER_SIGBLOB_CODEDIR_LAYOUT_H

#include <stdint.h>

/* Bytes of the fixed part: 44 for 0x20001. docs/format/codedirectory.md, "header" */
uint32_t sgn_codedir_header_size(uint32_t version);

/* Pages that cover limit bytes; page_shift 0: one page for all. */
uint64_t sgn_codedir_pages(uint64_t limit, uint8_t page_shift);

#endif
