/* SPDX-License-Identifier: Apache-2.0 */
/* Provisioning profiles for tests: the property list in the shape of a CMS, signed by nobody. */
#ifndef TESTS_SUPPORT_PROFILE_BUILDER_H
#define TESTS_SUPPORT_PROFILE_BUILDER_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct pb_profile - what the profile says
 * @app_id:   "TEAM.com.example.*"
 * @team:     TeamIdentifier
 * @platform: "OSX" or "iOS"
 * @expires:  "2040-01-01T00:00:00Z"
 * @entitlements: XML of further keys and values of the Entitlements dictionary; may be ""
 * @cert:     DER of the one listed certificate, or NULL
 * @cert_size: its size
 */
struct pb_profile {
	const char *app_id, *team, *platform, *expires, *entitlements;
	const uint8_t *cert;
	size_t cert_size;
};

/* Freed with free(); aborts when out of memory. */
uint8_t *pb_build(const struct pb_profile *p, size_t *size);

#endif
