/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libsignet: signing, verifying and showing code for Apple platforms, anywhere.
 *
 * Include this for everything, or the single headers for a part. Conventions, in short:
 *  - int results: 0 or a negative enum sgn_status; the error is the last parameter (error.h)
 *  - _new/_free: opaque, heap; _init/_dispose: values; strings in results belong to the result
 *  - calls are thread-safe on different objects; a context is shared between threads
 */
#ifndef SIGNET_SIGNET_H
#define SIGNET_SIGNET_H

#include <signet/context.h>
#include <signet/error.h>
#include <signet/handover.h>
#include <signet/hash.h>
#include <signet/identity.h>
#include <signet/requirement.h>
#include <signet/settings.h>
#include <signet/show.h>
#include <signet/sign.h>
#include <signet/token.h>
#include <signet/verify.h>

#ifdef __cplusplus
extern "C" {
#endif

/** SGN_VERSION - version of these headers */
#define SGN_VERSION "0.1.0"

/**
 * sgn_version() - version of the library at run time
 *
 * Return: static storage, "0.1.0".
 */
const char *sgn_version(void);

#ifdef __cplusplus
}
#endif

#endif
