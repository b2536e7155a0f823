/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PIN: where it comes from, and one try with it. A wrong one is never tried again, because a token
 * locks itself after a few.
 */
#include <string.h>

#include "signer/base/file.h"
#include "signer/base/mem.h"
#include "signer/base/text.h"
#include "signer/pki/token.h"

#define FILE_MAX \
	4096 /* the first line is read; what is behind it is allowed, but a file of PINs only */

/* RFC 7512 leaves open what is in the file; here, as for passwords, its first line is the PIN. */
static int take_line(struct sgn_view text, struct sgn_token_pin *pin, struct sgn_error *err)
{
	const uint8_t *end = text.size ? memchr(text.data, '\n', text.size) : NULL;
	size_t size = end ? (size_t)(end - text.data) : text.size;

	if (size && text.data[size - 1] == '\r')
		size--;
	if (size >= sizeof(pin->text))
		return sgn_fail(err, SGN_E_LIMIT, "the PIN has more than %zu bytes",
		                sizeof(pin->text) - 1);
	memcpy(pin->text, text.data, size);
	pin->text[size] = '\0';
	pin->known = true;
	return 0;
}

static int loose(const struct sgn_file_facts *facts, struct sgn_error *err)
{
	int rc =
		sgn_fail(err, SGN_E_UNTRUSTED,
	                 "the PIN file may be read or changed by other users of this machine (mode "
	                 "%04o): refused",
	                 facts->mode);

	return sgn_error_cure(err, rc,
	                      "chmod 600 the file; or --allow-loose-modes where no other user can "
	                      "log in");
}

static int from_uri(struct sgn_view source, struct sgn_token_pin *pin, struct sgn_error *err)
{
	static const char scheme[] = "file:", slashes[] = "//";
	const char *path = (const char *)source.data;
	struct sgn_file_facts facts;
	struct sgn_buf text;
	int rc;

	if (strncmp(path, scheme, strlen(scheme)) == 0)
		path += strlen(scheme);
	if (path != (const char *)source.data && strncmp(path, slashes, 2) == 0)
		path += 2;
	if (*path != '/') {
		rc = sgn_fail(err, SGN_E_USAGE,
		              "PKCS#11 URI: pin-source= is no file with its whole path");
		return sgn_error_cure(err, rc,
		                      "write pin-source=file:/run/secrets/pin, or use --pin-file; "
		                      "commands are not run");
	}
	sgn_buf_init_secret(&text, FILE_MAX);
	rc = sgn_file_load_facts(path, &text, &facts, err);
	if (rc == 0 && sgn_file_is_loose(&facts) && !pin->source->allow_loose_modes)
		rc = loose(&facts, err);
	if (rc == 0)
		rc = take_line(sgn_buf_view(&text), pin, err);
	sgn_buf_dispose(&text);
	return sgn_error_at_path(err, rc, path);
}

static int no_pin(const char *token, struct sgn_error *err)
{
	int rc = sgn_fail(err, SGN_E_CRYPTO, "%s wants a PIN", token);

	return sgn_error_cure(err, rc, "give it with --pin-env VAR, --pin-file FILE or --pin-fd N");
}

static int get_pin(struct sgn_token_pin *pin, const char *token, struct sgn_error *err)
{
	const struct sgn_token_source *s = pin->source;
	int rc = 0;

	if (pin->known)
		return 0;
	if (s->pin)
		rc = take_line(sgn_view_str(s->pin), pin, err);
	else if (pin->file.data)
		rc = from_uri(pin->file, pin, err);
	else if (!s->ask || s->ask(s->ask_arg, token, pin->text, sizeof(pin->text)) != 0)
		return no_pin(token, err);
	pin->text[sizeof(pin->text) - 1] = '\0';
	pin->known = rc == 0;
	if (rc == 0 && pin->text[0] == '\0') {
		rc = sgn_fail(err, SGN_E_CRYPTO,
		              "the PIN for %s is empty; it was not tried, for wrong tries are "
		              "counted",
		              token);
		return sgn_error_cure(err, rc, "is the secret or the variable set");
	}
	return rc;
}

static int locked(const char *token, struct sgn_error *err)
{
	int rc = sgn_fail(err, SGN_E_CRYPTO, "the PIN of %s is locked after too many wrong tries",
	                  token);

	return sgn_error_cure(err, rc,
	                      "unlock it with the maker's tool and the SO PIN (PUK); signet "
	                      "cannot");
}

/* What a token tells of its counter are three flags, and none is a promise. */
static int wrong(const struct sgn_module *m, const struct sgn_token_slot *slot, const char *token,
                 struct sgn_error *err)
{
	struct ck_token_info now = {.flags = 0};
	const char *left = "the token does not say how many tries are left";
	int rc;

	if (m->f->C_GetTokenInfo(slot->id, &now) != CKR_OK)
		now.flags = 0;
	if (now.flags & CKF_USER_PIN_LOCKED)
		left = "it is locked now";
	else if (now.flags & CKF_USER_PIN_FINAL_TRY)
		left = "ONE more wrong try locks it";
	else if (now.flags & CKF_USER_PIN_COUNT_LOW)
		left = "the token counts wrong tries, and has not reached the last one";
	rc = sgn_fail(err, SGN_E_CRYPTO, "wrong PIN for %s; it was tried once, %s", token, left);
	return sgn_error_cure(err, rc,
	                      "check the PIN before the next run: a token locks itself after a "
	                      "few wrong ones (a final newline does not count, spaces do)");
}

static int refused(const struct sgn_module *m, const struct sgn_token_slot *slot, const char *token,
                   CK_RV rv, struct sgn_error *err)
{
	int rc;

	switch (rv) {
	case CKR_PIN_LOCKED: return locked(token, err);
	case CKR_PIN_INCORRECT: return wrong(m, slot, token, err);
	case CKR_PIN_INVALID:
	case CKR_PIN_LEN_RANGE:
		rc = sgn_fail(err, SGN_E_CRYPTO, "wrong PIN for %s: it wants %lu to %lu characters",
		              token, slot->token.min_pin_len, slot->token.max_pin_len);
		return sgn_error_cure(err, rc, "check the PIN before the next run");
	case CKR_PIN_EXPIRED:
		rc = sgn_fail(err, SGN_E_CRYPTO, "the PIN of %s has expired", token);
		return sgn_error_cure(err, rc, "set a new one with the maker's tool");
	case CKR_USER_PIN_NOT_INITIALIZED:
		rc = sgn_fail(err, SGN_E_CRYPTO, "%s has no user PIN yet", token);
		return sgn_error_cure(err, rc, "set one with the maker's tool");
	default: return sgn_wrap(err, sgn_ckr_fail(err, rv, "it refuses the login"), "%s", token);
	}
}

int sgn_token_login(const struct sgn_module *m, const struct sgn_token_slot *slot,
                    CK_SESSION_HANDLE session, struct sgn_token_pin *pin, struct sgn_error *err)
{
	const CK_BYTE *text = NULL;
	char token[80];
	CK_RV rv;
	int rc = 0;

	if (!(slot->token.flags & CKF_LOGIN_REQUIRED))
		return 0;
	sgn_token_slot_text(slot, token);
	if (slot->token.flags & CKF_USER_PIN_LOCKED)
		return locked(token, err);
	/* A reader with its own keys asks for the PIN itself, unless one is given. */
	if (!(slot->token.flags & CKF_PROTECTED_AUTHENTICATION_PATH) || pin->source->pin) {
		rc = get_pin(pin, token, err);
		text = (const CK_BYTE *)pin->text;
	}
	if (rc)
		return rc;
	rv = m->f->C_Login(session, CKU_USER, text, text ? strlen(pin->text) : 0);
	return rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN ? 0
	                                                        : refused(m, slot, token, rv, err);
}
