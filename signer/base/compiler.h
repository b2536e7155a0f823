/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the compiler may be told. The only place that asks which compiler it is; everything above is
 * plain C17.
 */
#ifndef SIGNER_BASE_COMPILER_H
#define SIGNER_BASE_COMPILER_H

#if defined(__GNUC__) || defined(__clang__)
#define SGN_PRINTF(fmt_index, first) __attribute__((format(printf, fmt_index, first)))
#define SGN_MUST_USE                 __attribute__((warn_unused_result))
#define SGN_FALLTHROUGH              __attribute__((fallthrough))
#define SGN_TARGET(isa)              __attribute__((target(isa)))
#define SGN_NOINLINE                 __attribute__((noinline))
#else
#define SGN_PRINTF(fmt_index, first)
#define SGN_MUST_USE
#define SGN_FALLTHROUGH ((void)0)
#define SGN_TARGET(isa)
#define SGN_NOINLINE
#endif

#define SGN_STATIC_ASSERT(cond, why) _Static_assert(cond, why)
#define SGN_ARRAY_LEN(a)             (sizeof(a) / sizeof((a)[0]))
#define SGN_UNUSED(x)                ((void)(x))

#endif
