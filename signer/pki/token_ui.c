/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL asks for PINs through its user interface. Ours has no user: it knows the PIN, or gives up. */
#include <openssl/ui.h>

#include "signer/pki/token.h"

static int give_pin(UI *ui, UI_STRING *question)
{
	const char *pin = UI_get0_user_data(ui);

	if (UI_get_string_type(question) != UIT_PROMPT)
		return 1;
	return pin && UI_set_result(ui, question, pin) == 0 ? 1 : 0;
}

UI_METHOD *sgn_token_ui_new(void)
{
	UI_METHOD *method = UI_create_method("signet");

	if (method && UI_method_set_reader(method, give_pin) != 0) {
		UI_destroy_method(method);
		return NULL;
	}
	return method;
}
