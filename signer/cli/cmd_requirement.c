/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "signer/cli/out_json.h"

/* Magic numbers of docs/format/requirements.md. */
static const char *blob_kind(const uint8_t *blob, size_t size)
{
	if (size < 4 || memcmp(blob, "\xfa\xde\x0c", 3) != 0)
		return NULL;
	return blob[3] == 0 ? "requirement" : blob[3] == 1 ? "set" : NULL;
}

/* Where the binary form goes; NULL: hexadecimal is printed. From standard input it goes to standard
 * output, but not to somebody's screen. */
static const char *compiled_file(const struct cli *cli, const char *operand)
{
	const char *file = opts_value(&cli->opts, OPT_REQ_OUTPUT);

	if (!file && !strcmp(operand, "-") && !cli->json && !isatty(STDOUT_FILENO))
		return "-";
	return file;
}

static int tell_compiled(struct cli *cli, const char *operand, const uint8_t *blob, size_t size,
                         struct sgn_error *err)
{
	const char *file = compiled_file(cli, operand);
	json_t *result;
	char *hex;
	int rc = 0;

	if (file)
		rc = bytes_store(file, blob, size, err);
	if (rc == 0 && cli->json) {
		result = json_result(cli->results, operand, true);
		json_put(result, "kind", json_text(blob_kind(blob, size)));
		json_put(result, "size", json_number(size));
		json_put(result, "hex", json_hex(blob, size));
		json_put(result, "output", json_text(file));
	} else if (rc == 0 && !file) {
		hex = text_hex(blob, size);
		out_line(&cli->out, "%s", hex);
		free(hex);
	}
	return rc;
}

/* Text never begins with that byte, every blob does. */
static bool is_blob(const struct bytes *b)
{
	return b->size && (uint8_t)b->data[0] == 0xfa;
}

static int check_blob(const struct bytes *b, struct sgn_error *err)
{
	char *text = NULL;
	int rc = sgn_requirement_print(b->data, b->size, &text, err);

	sgn_bytes_free(text);
	return rc;
}

static int compile_text(struct cli *cli, const struct bytes *text, uint8_t **blob, size_t *size,
                        struct sgn_error *err)
{
	return sgn_requirement_compile(text->data, text->size,
	                               opts_value(&cli->opts, OPT_REQ_IDENTIFIER), blob, size, err);
}

static int compile(struct cli *cli, const char *operand, struct sgn_error *err)
{
	struct bytes text = {0};
	uint8_t *blob = NULL;
	size_t size = 0;
	int rc;

	rc = bytes_requirement("", operand, &text, err);
	if (rc == 0 && is_blob(&text)) {
		rc = check_blob(&text, err);
		if (rc == 0)
			rc = tell_compiled(cli, operand, (const uint8_t *)text.data, text.size,
			                   err);
	} else if (rc == 0) {
		rc = compile_text(cli, &text, &blob, &size, err);
		if (rc == 0)
			rc = tell_compiled(cli, operand, blob, size, err);
	}
	sgn_bytes_free(blob);
	free(text.data);
	return rc;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* In place: two digits become one byte. */
static int unhex(struct bytes *b, struct sgn_error *err)
{
	for (size_t i = 0; i + 1 < b->size; i += 2) {
		int high = hex_value(b->data[i]), low = hex_value(b->data[i + 1]);

		if (high < 0 || low < 0)
			return cli_fail(err, SGN_E_USAGE,
			                "what is behind = is not hexadecimal at column %zu", i + 2);
		b->data[i / 2] = (char)(high << 4 | low);
	}
	if (b->size % 2)
		return cli_fail(err, SGN_E_USAGE,
		                "what is behind = has an odd number of hexadecimal digits");
	b->size /= 2;
	return 0;
}

/* Hexadecimal behind "=" begins as every blob does; other text is compiled, so that what comes back is
 * its canonical form. */
static int to_binary(const char *operand, struct bytes *b, struct sgn_error *err)
{
	uint8_t *blob = NULL;
	size_t size = 0;
	int rc;

	if (operand[0] == '=' && !strncmp(operand + 1, "fade", 4))
		return unhex(b, err);
	if (is_blob(b))
		return 0;
	rc = sgn_requirement_compile(b->data, b->size, NULL, &blob, &size, err);
	if (rc == 0) {
		free(b->data);
		b->data = cli_alloc(size);
		b->size = size;
		memcpy(b->data, blob, size);
	}
	sgn_bytes_free(blob);
	return rc;
}

static int decompile(struct cli *cli, const char *operand, struct sgn_error *err)
{
	struct bytes blob = {0};
	char *text = NULL;
	json_t *result;
	int rc;

	rc = bytes_requirement("", operand, &blob, err);
	if (rc == 0)
		rc = to_binary(operand, &blob, err);
	if (rc == 0)
		rc = sgn_requirement_print(blob.data, blob.size, &text, err);
	if (rc == 0 && cli->json) {
		result = json_result(cli->results, operand, true);
		json_put(result, "kind",
		         json_text(blob_kind((const uint8_t *)blob.data, blob.size)));
		json_put(result, "size", json_number(blob.size));
		json_put(result, "text", json_text(text));
	} else if (rc == 0) {
		out_block(&cli->out, 0, text);
	}
	sgn_bytes_free(text);
	free(blob.data);
	return rc;
}

static enum exit_status run(struct cli *cli, int (*work)(struct cli *cli, const char *operand,
                                                         struct sgn_error *err))
{
	const char *operand = cli->opts.operands[0];
	struct sgn_error err = SGN_ERROR_INIT;
	enum exit_status status = EXIT_DONE;

	if (cli->opts.operand_count > 1)
		return print_usage(cli, "one requirement at a time; text with blanks needs quotes");
	/* The text of a requirement is no file name, and a message of the system has it already. */
	if (work(cli, operand, &err) != 0)
		status = print_error(cli, operand[0] == '=' || err.sys ? NULL : operand, &err);
	sgn_error_dispose(&err);
	return status;
}

enum exit_status cmd_requirement_compile(struct cli *cli)
{
	return run(cli, compile);
}

enum exit_status cmd_requirement_decompile(struct cli *cli)
{
	return run(cli, decompile);
}
