/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/cli/out_json.h"

#define DEFAULT_TIME 50
#define MAX_TIME     10000

static unsigned megabytes(uint64_t bytes)
{
	return (unsigned)((bytes + 500000) / 1000000);
}

static void tell_text(const struct out *out, const struct sgn_hash_speed *rows, size_t count)
{
	out_line(out, "pages hashed by one thread, MB/s; * is what is used on this machine");
	out_paint(out, PAINT_DIM, "%-8s %6s  %-10s %7s %9s %7s", "digest", "page", "kernel",
	          "signet", "OpenSSL", "ratio");
	for (size_t i = 0; i < count; i++) {
		const struct sgn_hash_speed *r = &rows[i];
		uint64_t other = r->openssl_bytes_per_second;

		out_line(out, "%-8s %6zu %c%-10s %7u %9u %7.2f", sgn_digest_name(r->digest),
		         r->page_size, r->chosen ? '*' : ' ', r->backend,
		         megabytes(r->bytes_per_second), megabytes(other),
		         other ? (double)r->bytes_per_second / (double)other : 0);
	}
}

static void tell_json(json_t *results, const struct sgn_hash_speed *rows, size_t count)
{
	json_t *list = json_new_array();
	json_t *result = json_result(results, NULL, true);

	for (size_t i = 0; i < count; i++) {
		json_t *row = json_new_object();

		json_put(row, "digest", json_text(sgn_digest_name(rows[i].digest)));
		json_put(row, "page_size", json_number(rows[i].page_size));
		json_put(row, "kernel", json_text(rows[i].backend));
		json_put(row, "used", json_boolean(rows[i].chosen));
		json_put(row, "bytes_per_second", json_number(rows[i].bytes_per_second));
		json_put(row, "openssl_bytes_per_second",
		         json_number(rows[i].openssl_bytes_per_second));
		json_add(list, row);
	}
	json_put(result, "kernel", json_text(sgn_hash_backend()));
	json_put(result, "speeds", list);
}

enum exit_status cmd_bench(struct cli *cli)
{
	const char *given = opts_value(&cli->opts, OPT_BENCH_TIME);
	struct sgn_hash_speed rows[SGN_HASH_SPEED_ROWS];
	struct sgn_error err = SGN_ERROR_INIT;
	enum exit_status status = EXIT_DONE;
	uint32_t milliseconds = DEFAULT_TIME;
	size_t count = 0;
	int rc = 0;

	if (cli->opts.operand_count)
		return print_usage(cli, "bench takes no file");
	if (given)
		rc = parse_u32("--time", given, MAX_TIME, &milliseconds, &err);
	if (rc == 0)
		rc = sgn_hash_benchmark(milliseconds, rows, &count, &err);
	if (rc)
		status = print_error(cli, NULL, &err);
	else if (cli->json)
		tell_json(cli->results, rows, count);
	else
		tell_text(&cli->out, rows, count);
	sgn_error_dispose(&err);
	return status;
}
