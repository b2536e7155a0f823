/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What cannot be avoided: the bytes of a command read, hashed and (when it writes) written, by as many
 * threads as are told, and nothing else. No process start, no parsing, no signature, no renaming. The
 * kernels are those of the product, so the rest of a command's time is what the product adds.
 *
 *   bench_floor rate THREADS MS   bytes per second of SHA-256 on one thread and on THREADS, each on a
 *                                 buffer of its own in the cache: the best turn within MS
 *   bench_floor pass THREADS      the list on standard input; prints the nanoseconds taken
 *
 * Lines of the list, with tabs: `pages IN OUT` (OUT is - when nothing is written) hashes pages of IN,
 * `seal FILE` takes SHA-1 and SHA-256 of a whole file, `check FILE` SHA-256 alone. Pages go through the
 * cache in pieces: read, hashed, written. Small files are hashed several at a time.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signet/hash.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "signer/hash/files.h"

#define PAGE   ((size_t)16384)     /* of arm64; 4 KiB pages cost 1.5 % more blocks */
#define PIECE  ((size_t)96 * 1024) /* the best of 48 to 512 KiB in the product too */
#define BUFFER ((size_t)256 * 1024)
/* Where malloc() puts large blocks, 16 bytes behind the beginning of a page, read() is several times slower. */
#define ALIGN       ((size_t)4096)
#define BATCH       32 /* small files at a time: twice the lanes of any kernel */
#define MAX_THREADS 256
#define TURN        20000000u /* nanoseconds of one turn of the rate */
#define WORDS       3

struct source {
	char *in, *out;  /* out: NULL when nothing is written */
	unsigned wanted; /* 0: pages */
	uint64_t size;
	int from, to;
};

struct item {
	size_t source, count; /* count: of small files, one after another */
	uint64_t at;
	size_t size;
};

struct work {
	struct source *sources;
	struct item *items;
	size_t nsources, nitems;
	atomic_size_t next;
};

static void need(bool ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(2);
	}
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void run_threads(size_t threads, void *(*run)(void *arg), void *arg)
{
	pthread_t ids[MAX_THREADS];

	for (size_t i = 1; i < threads; i++)
		need(pthread_create(&ids[i], NULL, run, arg) == 0, "thread");
	run(arg);
	for (size_t i = 1; i < threads; i++)
		pthread_join(ids[i], NULL);
}

/* The list */

static void add_source(struct work *w, char *words[WORDS], unsigned wanted)
{
	struct source *s = &w->sources[w->nsources++];
	struct stat st;

	need(stat(words[1], &st) == 0, words[1]);
	*s = (struct source){
		.in = words[1],
		.out = words[2] && strcmp(words[2], "-") != 0 ? words[2] : NULL,
		.wanted = wanted,
		.size = (uint64_t)st.st_size,
		.from = -1,
		.to = -1,
	};
}

static void add_line(struct work *w, char *line)
{
	char *words[WORDS] = {0}, *rest = NULL;

	w->sources = realloc(w->sources, (w->nsources + 1) * sizeof(*w->sources));
	need(w->sources, "list");
	for (size_t i = 0; i < WORDS; i++)
		words[i] = strtok_r(i ? NULL : line, "\t\n", &rest);
	need(words[0] && words[1], "a line without a file");
	if (strcmp(words[0], "pages") == 0)
		add_source(w, words, 0);
	else
		add_source(w, words,
		           strcmp(words[0], "seal") == 0 ? SGN_WANT_SHA1 | SGN_WANT_SHA256
		                                         : SGN_WANT_SHA256);
}

static void read_list(struct work *w)
{
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, stdin) > 0) {
		add_line(w, line);
		line = NULL; /* the sources point into it */
		room = 0;
	}
	free(line);
}

static struct item *add_item(struct work *w)
{
	w->items = realloc(w->items, (w->nitems + 1) * sizeof(*w->items));
	need(w->items, "list");
	return &w->items[w->nitems++];
}

/* How many of the files from i on fit into one buffer. */
static size_t small_files(const struct work *w, size_t i, size_t *bytes)
{
	size_t n = 0;

	*bytes = 0;
	while (i + n < w->nsources && n < BATCH &&
	       w->sources[i + n].wanted == w->sources[i].wanted &&
	       *bytes + w->sources[i + n].size <= BUFFER)
		*bytes += (size_t)w->sources[i + n++].size;
	return n;
}

static void cut(struct work *w)
{
	for (size_t i = 0, n; i < w->nsources; i += n) {
		const struct source *s = &w->sources[i];
		size_t bytes = 0;

		n = s->wanted ? small_files(w, i, &bytes) : 1;
		if (s->wanted) {
			*add_item(w) = (struct item){i, n, 0, bytes};
			n = n ? n : 1; /* none: too large for the buffer, by itself */
			continue;
		}
		for (uint64_t at = 0; at < s->size; at += PIECE) {
			uint64_t left = s->size - at;

			*add_item(w) = (struct item){i, 1, at, left < PIECE ? (size_t)left : PIECE};
		}
	}
}

/* The work */

static void do_piece(const struct source *s, const struct item *item, uint8_t *buffer)
{
	uint8_t digests[(PIECE / PAGE + 1) * SGN_DIGEST_MAX_SIZE];

	need(pread(s->from, buffer, item->size, (off_t)item->at) == (ssize_t)item->size, s->in);
	need(sgn_hash_pages(SGN_DIGEST_SHA256, buffer, item->size, PAGE, digests, NULL) == 0,
	     s->in);
	if (s->out)
		need(pwrite(s->to, buffer, item->size, (off_t)item->at) == (ssize_t)item->size,
		     s->out);
}

static void do_small(const struct source *s, size_t count, uint8_t *buffer)
{
	struct sgn_view views[BATCH];
	struct sgn_file_hashes hashes[BATCH];
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		int fd = open(s[i].in, O_RDONLY | O_CLOEXEC);
		size_t n = (size_t)s[i].size;

		need(fd >= 0 && read(fd, buffer + used, n) == (ssize_t)n, s[i].in);
		close(fd);
		views[i] = sgn_view_of(buffer + used, n);
		used += n;
	}
	need(sgn_hash_many(views, count, s->wanted, hashes, NULL) == 0, s->in);
}

struct large {
	const struct source *s;
	uint8_t *buffer;
	uint64_t at;
	int fd;
};

static int next_piece(void *arg, unsigned lane, struct sgn_feed_piece *out, struct sgn_error *err)
{
	struct large *l = arg;
	uint64_t left = l->s->size - l->at;
	size_t n = left < PIECE ? (size_t)left : PIECE;

	(void)lane;
	(void)err;
	out->none = l->at && left == 0;
	if (out->none)
		return 0;
	need(read(l->fd, l->buffer, n) == (ssize_t)n, l->s->in);
	out->first = l->at == 0;
	out->last = n == left;
	out->bytes = sgn_view_of(l->buffer, n);
	l->at += n;
	return 0;
}

static void large_done(void *arg, unsigned lane, const struct sgn_file_hashes *hashes)
{
	(void)arg;
	(void)lane;
	(void)hashes;
}

static void do_large(const struct source *s, uint8_t *buffer)
{
	struct large l = {s, buffer, 0, open(s->in, O_RDONLY | O_CLOEXEC)};
	struct sgn_feed feed = {&l, next_piece, large_done};

	need(l.fd >= 0 && sgn_hash_feed(&feed, 1, s->wanted, NULL) == 0, s->in);
	close(l.fd);
}

static void *do_items(void *arg)
{
	struct work *w = arg;
	uint8_t *buffer = aligned_alloc(ALIGN, BUFFER);
	size_t i;

	need(buffer, "buffer");
	while ((i = atomic_fetch_add(&w->next, 1)) < w->nitems) {
		const struct item *item = &w->items[i];
		const struct source *s = &w->sources[item->source];

		if (!s->wanted)
			do_piece(s, item, buffer);
		else if (item->count)
			do_small(s, item->count, buffer);
		else
			do_large(s, buffer);
	}
	free(buffer);
	return NULL;
}

static void open_pages(struct work *w)
{
	for (size_t i = 0; i < w->nsources; i++) {
		struct source *s = &w->sources[i];

		if (s->wanted)
			continue;
		s->from = open(s->in, O_RDONLY | O_CLOEXEC);
		need(s->from >= 0, s->in);
		if (s->out) {
			s->to = open(s->out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
			need(s->to >= 0, s->out);
		}
	}
}

static void close_pages(const struct work *w)
{
	for (size_t i = 0; i < w->nsources; i++) {
		if (w->sources[i].from >= 0)
			close(w->sources[i].from);
		if (w->sources[i].to >= 0)
			need(close(w->sources[i].to) == 0, w->sources[i].out);
	}
}

static void pass(size_t threads)
{
	struct work w = {0};
	uint64_t start;

	read_list(&w);
	cut(&w);
	sgn_hash_backend(); /* chosen and tested before the clock runs */
	start = now();
	open_pages(&w);
	run_threads(threads, do_items, &w);
	close_pages(&w);
	printf("%llu\n", (unsigned long long)(now() - start));
	/* the list is left to the end of the process */
}

/* The rate */

struct turn {
	pthread_barrier_t together;
	double rates[MAX_THREADS];
	atomic_size_t next;
};

static void *do_turn(void *arg)
{
	struct turn *t = arg;
	uint8_t *buffer = aligned_alloc(ALIGN, BUFFER);
	uint8_t digests[BUFFER / 4096 * 32];
	uint64_t start, taken, bytes = 0;

	need(buffer, "buffer");
	memset(buffer, 0x5A, BUFFER);
	pthread_barrier_wait(&t->together);
	start = now();
	do {
		need(sgn_hash_pages(SGN_DIGEST_SHA256, buffer, BUFFER, 4096, digests, NULL) == 0,
		     "hash");
		bytes += BUFFER;
		taken = now() - start;
	} while (taken < TURN);
	t->rates[atomic_fetch_add(&t->next, 1)] = (double)bytes * 1e9 / (double)taken;
	free(buffer);
	return NULL;
}

static double rate_of(size_t threads)
{
	struct turn t = {0};
	double sum = 0;

	need(pthread_barrier_init(&t.together, NULL, (unsigned)threads) == 0, "barrier");
	run_threads(threads, do_turn, &t);
	pthread_barrier_destroy(&t.together);
	for (size_t i = 0; i < threads; i++)
		sum += t.rates[i];
	return sum;
}

/* In turn, so that a disturbance meets both; short turns, so that some are not disturbed. */
static void rate(size_t threads, uint64_t milliseconds)
{
	uint64_t begin = now();
	double one = 0, all = 0;

	sgn_hash_backend();
	do {
		double a = rate_of(1), b = rate_of(threads);

		one = a > one ? a : one;
		all = b > all ? b : all;
	} while (now() - begin < milliseconds * 1000000u);
	printf("%.0f %.0f %s\n", one, all, sgn_hash_backend());
}

int main(int argc, char **argv)
{
	size_t threads = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;

	if (threads >= 1 && threads <= MAX_THREADS && argc == 4 && strcmp(argv[1], "rate") == 0)
		rate(threads, strtoul(argv[3], NULL, 10));
	else if (threads >= 1 && threads <= MAX_THREADS && argc == 3 &&
	         strcmp(argv[1], "pass") == 0)
		pass(threads);
	else
		return fputs("usage: bench_floor rate THREADS MS | pass THREADS < LIST\n", stderr),
		       2;
	return 0;
}
