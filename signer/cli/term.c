/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "signer/cli/out.h"

/* https://no-color.org: present and not empty. */
static bool colour_unwanted(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return (no_color && *no_color) || !term || !strcmp(term, "dumb");
}

void out_init(struct out *out, FILE *file, bool no_colour)
{
	out->file = file;
	out->colour = !no_colour && isatty(fileno(file)) && !colour_unwanted();
}

/* A person is there: without one a question would hang a script for ever. */
bool term_can_ask(void)
{
	return isatty(STDERR_FILENO) || isatty(STDIN_FILENO);
}
