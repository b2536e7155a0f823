/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings files: rules for the items of bundles, written down once. docs/settings.md has the format.
 */
#ifndef SIGNET_SETTINGS_H
#define SIGNET_SETTINGS_H

#include <stddef.h>

#include <signet/error.h>
#include <signet/sign.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct sgn_settings - opaque; what a settings file says */
struct sgn_settings;

/**
 * sgn_settings_load() - reads a settings file and the entitlements files that it names
 * @path: YAML; paths inside are relative to the folder it lies in
 * @out:  receives the settings; free with sgn_settings_free()
 * @err:  filled on failure, with line and column; may be NULL
 *
 * An unknown key is an error: a slip of the pen must not leave an item with other entitlements than
 * wanted. Thread-safe.
 *
 * Return: 0, SGN_E_NOTFOUND or SGN_E_IO (that file, or one it names), SGN_E_FORMAT, SGN_E_USAGE (flags
 * that do not exist), SGN_E_LIMIT, SGN_E_NOMEM.
 */
int sgn_settings_load(const char *path, struct sgn_settings **out, struct sgn_error *err);

/** sgn_settings_free() - frees @settings and the rules that came from it; NULL is accepted */
void sgn_settings_free(struct sgn_settings *settings);

/**
 * sgn_settings_rules() - the rules of the section "items", for struct sgn_sign_options
 * @settings: where they come from, and who owns them
 * @count: receives their number
 *
 * Return: the first of them; NULL when there are none.
 */
const struct sgn_item_rule *sgn_settings_rules(const struct sgn_settings *settings, size_t *count);

#ifdef __cplusplus
}
#endif

#endif
