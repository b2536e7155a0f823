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
#define SGN_ALWAYS_INLINE            __attribute__((always_inline)) inline
#define SGN_TYPEOF(x)                __typeof__(x)
#else
#define SGN_PRINTF(fmt_index, first)
#define SGN_MUST_USE
#define SGN_FALLTHROUGH ((void)0)
#define SGN_TARGET(isa)
#define SGN_NOINLINE
#define SGN_ALWAYS_INLINE inline
#endif

/* In front of a loop with a small constant count: every round becomes straight code. */
#if defined(__clang__)
#define SGN_UNROLL _Pragma("unroll")
#elif defined(__GNUC__)
#define SGN_UNROLL _Pragma("GCC unroll 8")
#else
#define SGN_UNROLL
#endif

/*
 * A function that uses the SHA-256 instructions of ARMv8. Clang before 16 hides their intrinsics unless
 * the whole file is compiled for them.
 */
#if defined(__ARM_FEATURE_SHA2)
#define SGN_HAS_ARM_SHA2    1
#define SGN_TARGET_ARM_SHA2 /* nothing to add */
#elif defined(__clang__) && __clang_major__ < 16
#define SGN_HAS_ARM_SHA2 0
#elif defined(__clang__)
#define SGN_HAS_ARM_SHA2    1
#define SGN_TARGET_ARM_SHA2 SGN_TARGET("sha2")
#elif defined(__GNUC__)
#define SGN_HAS_ARM_SHA2    1
#define SGN_TARGET_ARM_SHA2 SGN_TARGET("+crypto")
#else
#define SGN_HAS_ARM_SHA2 0
#endif

/* Built with AddressSanitizer, whose leak checker looks into the process from outside. */
#if defined(__SANITIZE_ADDRESS__)
#define SGN_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SGN_SANITIZED 1
#endif
#endif
#ifndef SGN_SANITIZED
#define SGN_SANITIZED 0
#endif

#define SGN_STATIC_ASSERT(cond, why) _Static_assert(cond, why)
#define SGN_ARRAY_LEN(a)             (sizeof(a) / sizeof((a)[0]))
#define SGN_UNUSED(x)                ((void)(x))

#endif
