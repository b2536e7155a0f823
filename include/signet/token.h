/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An identity whose key never leaves its token: a smart card, a USB stick, an HSM, spoken to by PKCS#11.
 */
#ifndef SIGNET_TOKEN_H
#define SIGNET_TOKEN_H

#include <stdbool.h>

#include <signet/identity.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct sgn_token_source - which key, and what goes with it
 * @uri:        "pkcs11:..." as in RFC 7512; what it leaves out is not asked for. pin-value is refused.
 * @module:     file of the PKCS#11 module, used when the URI has no module-path; NULL: p11-kit's proxy,
 *              which knows the modules of the system. Loading it runs its code.
 * @cert_paths: files with certificates, PEM or DER: the key's own, when the token does not have it, and
 *              those above it; NULL when @cert_count is 0
 * @cert_count: number of them
 * @pin:        with a NUL at its end; NULL: from pin-source in the URI, or from @ask
 * @ask:        called at most once, on the calling thread, when a PIN is needed and there is none; what
 *              names the token; writes at most room bytes with a NUL to out and returns 0, or a negative
 *              status to give up; may be NULL
 * @ask_arg:    passed to @ask
 * @allow_loose_modes: read the file of pin-source although other users may read or change it
 *
 * Everything is borrowed for the time of the call.
 */
struct sgn_token_source {
	const char *uri;
	const char *module;
	const char *const *cert_paths;
	size_t cert_count;
	const char *pin;
	int (*ask)(void *ask_arg, const char *what, char *out, size_t room);
	void *ask_arg;
	bool allow_loose_modes;
};

/**
 * sgn_identity_load_token() - an identity from a token
 * @ctx:    context; must outlive the identity
 * @source: which key
 * @out:    receives the identity; free with sgn_identity_free()
 * @err:    filled on failure; may be NULL
 *
 * Where the URI fits several keys, the one that has a certificate for signing code is taken; when that is not
 * one alone, or nothing fits, the context gets a note (SGN_NOTE_WARNING) for each key or token that could
 * have been meant, with its complete URI as the path.
 *
 * The token is logged in once, with one try of the PIN, and stays so until the identity is freed; several threads
 * may sign with it at the same time. The key is used through OpenSSL's provider "pkcs11", or else through its
 * engine "pkcs11"; one of the two must be installed. Both serve one PKCS#11 module in a process at a time, and
 * end its use for the whole process: free one identity before the next one is loaded.
 *
 * Return: 0; SGN_E_USAGE (the URI is wrong), SGN_E_NOTFOUND (module, token, key or certificate; the URI fits
 * several; no way for OpenSSL), SGN_E_CRYPTO (PIN missing, wrong or locked; the module refuses),
 * SGN_E_UNTRUSTED (a PIN file that others may read), SGN_E_MISMATCH (the certificates are for another key),
 * SGN_E_FORMAT, SGN_E_IO, SGN_E_UNSUPPORTED (no RSA or EC key), SGN_E_LIMIT, SGN_E_NOMEM.
 */
int sgn_identity_load_token(struct sgn_context *ctx, const struct sgn_token_source *source,
                            struct sgn_identity **out, struct sgn_error *err);

#ifdef __cplusplus
}
#endif

#endif
