/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many timestamps from a slow server: 200 of them, 100 ms each, on the loopback address. Lines, fields
 * separated by tabs: what, number, delay in ms, seconds, seconds if they were asked for one after the other.
 * First the requests alone; then whole apps, of five pieces of code and of as many as asked for (six in
 * each, four levels for 200), without timestamps and with.
 *
 * usage: bench_timestamps [PATH OF tsa_server [NUMBER [DELAY]]]
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "signer/ops/timestamp.h"
#include "tests/support/bundle_builder.h"

struct bench {
	struct scratch files;
	char id[512], root[512], tsa_root[512];
	pid_t server;
	char url[64];
	struct sgn_context *ctx;
	struct sgn_identity *identity;
};

static void die(const char *what, const struct sgn_error *err)
{
	fprintf(stderr, "bench_timestamps: %s: %s\n", what, err ? err->text : "");
	exit(1);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void start_server(struct bench *b, const char *program, const char *delay)
{
	unsigned port = 0;
	int fds[2];
	FILE *out;

	if (pipe(fds) != 0)
		die("pipe", NULL);
	b->server = fork();
	if (b->server == 0) {
		dup2(fds[1], 1);
		execl(program, program, "--root", b->tsa_root, "--delay", delay, (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	out = fdopen(fds[0], "r");
	if (!out || fscanf(out, "port %u", &port) != 1)
		die("the server does not start", NULL);
	fclose(out);
	snprintf(b->url, sizeof(b->url), "http://127.0.0.1:%u/ts", port);
}

static void make_identity(struct bench *b)
{
	struct sgn_test_identity_options opts = {.kind = "developer-id", .key_type = "p256"};
	struct sgn_identity_source source = {.path = b->id};
	struct sgn_context_options context = {0};
	const char *roots[] = {b->root, b->tsa_root};
	struct sgn_error err = SGN_ERROR_INIT;

	if (sgn_context_new(NULL, &b->ctx, &err) != 0 ||
	    sgn_identity_make_test(b->ctx, &opts, b->id, b->root, &err) != 0)
		die("test identity", &err);
	sgn_context_free(b->ctx);
	context.apple_roots = roots;
	context.apple_root_count = 2;
	if (sgn_context_new(&context, &b->ctx, &err) != 0)
		die("context", &err);
	if (sgn_identity_load(b->ctx, &source, &b->identity, &err) != 0)
		die("identity", &err);
}

static void measure(struct bench *b, size_t count, double delay_ms)
{
	struct sgn_stamp *stamps = calloc(count, sizeof(*stamps));
	uint8_t *values = calloc(count, 64);
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_timestamper t;
	struct sgn_sign_options opts;
	double start;

	if (!stamps || !values)
		die("out of memory", NULL);
	for (size_t i = 0; i < count; i++) {
		memcpy(values + 64 * i, &i, sizeof(i));
		stamps[i].signature = sgn_view_of(values + 64 * i, 64);
	}
	sgn_sign_options_init(&opts);
	opts.identity = b->identity;
	opts.timestamp_url = b->url;
	if (sgn_timestamper_init(b->ctx, &opts, &t, &err) != 0)
		die("options", &err);
	start = seconds();
	if (sgn_timestamp(&t, stamps, count, &err) != 0)
		die("timestamps", &err);
	printf("timestamps\t%zu\t%g\t%.3f\t%.3f\n", count, delay_ms, seconds() - start,
	       (double)count * delay_ms / 1000);
	for (size_t i = 0; i < count; i++)
		sgn_buf_dispose(&stamps[i].token);
	free(stamps);
	free(values);
}

/* Piece i of an app: six pieces inside of each, until there are enough. */
static void piece_path(size_t i, const char *app, char *out, size_t size)
{
	char around[400];

	if (i == 0) {
		snprintf(out, size, "%s", app);
		return;
	}
	piece_path((i - 1) / 6, app, around, sizeof(around));
	snprintf(out, size, "%s/Contents/Helpers/I%zu.app", around, i);
}

static void make_app(struct bench *b, const char *app, size_t count)
{
	char at[450], path[512], id[64];

	for (size_t i = 0; i < count; i++) {
		piece_path(i, app, at, sizeof(at));
		snprintf(path, sizeof(path), "%s/Contents/MacOS/Main", at);
		bb_macho(&b->files, path, 2, false);
		snprintf(path, sizeof(path), "%s/Contents/Info.plist", at);
		snprintf(id, sizeof(id), "com.example.i%zu", i);
		bb_info(&b->files, path, id, "Main", "APPL");
	}
}

static double sign_app(struct bench *b, const char *path, bool timestamps)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_sign_options opts;
	double start = seconds();

	sgn_sign_options_init(&opts);
	opts.identity = b->identity;
	opts.force = true;
	opts.timestamp_none = !timestamps;
	opts.timestamp_url = timestamps ? b->url : NULL;
	if (sgn_sign_path(b->ctx, path, &opts, NULL, &err) != 0)
		die("signing", &err);
	return seconds() - start;
}

static void measure_app(struct bench *b, size_t count, double delay_ms)
{
	char name[32], path[600];
	double without, with;

	snprintf(name, sizeof(name), "B%zu.app", count);
	make_app(b, name, count);
	snprintf(path, sizeof(path), "%s/%s", b->files.dir, name);
	sign_app(b, path, false);
	without = sign_app(b, path, false);
	with = sign_app(b, path, true);
	printf("app, none\t%zu\t%g\t%.3f\t%.3f\n", count, 0.0, without, without);
	printf("app\t%zu\t%g\t%.3f\t%.3f\n", count, delay_ms, with,
	       without + (double)count * delay_ms / 1000);
}

int main(int argc, char *argv[])
{
	const char *program = argc > 1 ? argv[1] : TSA_SERVER;
	size_t count = argc > 2 ? strtoul(argv[2], NULL, 10) : 200;
	const char *delay = argc > 3 ? argv[3] : "100";
	struct bench b = {0};

	setenv("no_proxy", "*", 1);
	scratch_make(&b.files);
	snprintf(b.id, sizeof(b.id), "%s/id.p12", b.files.dir);
	snprintf(b.root, sizeof(b.root), "%s/root.pem", b.files.dir);
	snprintf(b.tsa_root, sizeof(b.tsa_root), "%s/tsa.pem", b.files.dir);
	start_server(&b, program, delay);
	make_identity(&b);
	measure(&b, count, strtod(delay, NULL));
	measure_app(&b, 5, strtod(delay, NULL));
	measure_app(&b, count, strtod(delay, NULL));
	kill(b.server, SIGTERM);
	waitpid(b.server, NULL, 0);
	sgn_identity_free(b.identity);
	sgn_context_free(b.ctx);
	scratch_remove(&b.files);
	return 0;
}
