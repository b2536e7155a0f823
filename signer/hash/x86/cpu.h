/* SPDX-License-Identifier: Apache-2.0 */
/* What this x86 CPU and its system let us use. All false on other CPUs. */
#ifndef SIGNER_HASH_X86_CPU_H
#define SIGNER_HASH_X86_CPU_H

#include <stdbool.h>

/* SHA extensions with the SSE4.1 that the kernels need beside them. */
bool sgn_x86_has_sha(void);

bool sgn_x86_has_avx2(void);

/* AVX-512F, with AVX2 beside it. */
bool sgn_x86_has_avx512(void);

#endif
