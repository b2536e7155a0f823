/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target without libFuzzer: every file of its corpus, then seeded mutations of them.
 *
 *   driver [-n MUTATIONS] [-s SEED] [-t SECONDS] [-o FOLDER] FILE-OR-FOLDER...
 *
 * Each input is laid so that it ends where an unreadable page begins: a read of one byte too many is a
 * fault on every machine, with or without sanitizers. The target runs in a child; when it dies, the
 * parent writes the input to FOLDER/crash-SEED-NUMBER and says how to repeat it.
 */
#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/fuzz/mutate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LARGEST       ((size_t)1 << 20) /* larger corpus files are cut here for the mutations */
#define SECONDS_EACH  20  /* one input may take this long before it counts as hanging */
#define MUTATION_ROOM 512 /* bytes by which an input may grow */

struct input {
	char *path;
	uint8_t *data;
	size_t size;
};

struct corpus {
	struct input *items;
	size_t count;
};

/* What the child works on, shared with the parent so that it survives a crash. */
struct shared {
	unsigned long long number; /* inputs begun */
	size_t size;
	bool mutated;
	uint8_t bytes[]; /* the input */
};

struct options {
	unsigned long mutations;
	unsigned long seed;
	unsigned long seconds;
	const char *out;
};

/* One buffer whose last byte is followed by an unreadable page. */
struct fence {
	uint8_t *map;
	size_t usable;
};

static _Noreturn void die(const char *what, const char *name)
{
	fprintf(stderr, "driver: %s %s\n", what, name);
	exit(2);
}

static void *map_or_die(size_t size, int flags)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("no memory for", "an input");
	return p;
}

static struct fence fence_new(size_t room)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct fence f;

	f.usable = (room + page - 1) / page * page;
	f.map = map_or_die(f.usable + page, MAP_PRIVATE);
	if (mprotect(f.map + f.usable, page, PROT_NONE) != 0)
		die("cannot protect", "the guard page");
	return f;
}

static void add_file(struct corpus *c, const char *path, size_t size)
{
	struct input *item;
	FILE *f = fopen(path, "rb");

	if (f == NULL)
		die("cannot open", path);
	c->items = realloc(c->items, (c->count + 1) * sizeof(*c->items));
	if (c->items == NULL)
		die("no memory for", path);
	item = &c->items[c->count++];
	item->path = strdup(path);
	item->data = malloc(size + 1);
	if (item->path == NULL || item->data == NULL)
		die("no memory for", path);
	item->size = fread(item->data, 1, size, f);
	fclose(f);
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct input *)a)->path, ((const struct input *)b)->path);
}

static void add_path(struct corpus *c, const char *path)
{
	struct dirent *entry;
	struct stat st;
	DIR *dir;

	if (stat(path, &st) != 0)
		return; /* a target without a corpus yet still gets its mutations of nothing */
	if (S_ISREG(st.st_mode)) {
		add_file(c, path, (size_t)st.st_size);
		return;
	}
	dir = opendir(path);
	if (dir == NULL)
		die("cannot read folder", path);
	while ((entry = readdir(dir)) != NULL) {
		char child[4096];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(child, sizeof(child), "%s/%s", path, entry->d_name);
		add_path(c, child);
	}
	closedir(dir);
}

static void run_one(const struct fence *fence, struct shared *now, bool mutated)
{
	uint8_t *at = fence->map + (fence->usable - now->size);

	now->number++;
	now->mutated = mutated;
	memcpy(at, now->bytes, now->size);
	alarm(SECONDS_EACH);
	LLVMFuzzerTestOneInput(at, now->size);
}

/* The child: all files, then mutations until the number or the time is used up. */
static void run_all(const struct corpus *c, const struct options *o, struct shared *now,
                    size_t room)
{
	struct fence fence = fence_new(room);
	time_t end = time(NULL) + (time_t)o->seconds;
	struct rng rng;
	unsigned long n;
	size_t i;

	for (i = 0; i < c->count; i++) {
		now->size = c->items[i].size;
		memcpy(now->bytes, c->items[i].data, now->size);
		run_one(&fence, now, false);
	}
	for (n = 0; n < o->mutations && (o->seconds == 0 || time(NULL) < end); n++) {
		const struct input *base, *other;

		rng_seed(&rng, o->seed + n);
		base = &c->items[rng_below(&rng, (uint32_t)c->count)];
		other = &c->items[rng_below(&rng, (uint32_t)c->count)];
		now->size = base->size < LARGEST ? base->size : LARGEST;
		memcpy(now->bytes, base->data, now->size);
		mutate(&rng, now->bytes, &now->size, now->size + MUTATION_ROOM, other->data,
		       other->size);
		run_one(&fence, now, true);
	}
	alarm(0);
}

static void save_crash(const struct options *o, const struct shared *now, int status)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/crash-%lu-%llu", o->out, o->seed, now->number);
	f = fopen(path, "wb");
	if (f != NULL) {
		fwrite(now->bytes, 1, now->size, f);
		fclose(f);
	}
	fprintf(stderr, "driver: input %llu (%zu bytes, %s) ended the target: %s %d; kept as %s\n",
	        now->number, now->size, now->mutated ? "a mutation" : "of the corpus",
	        WIFSIGNALED(status) ? (WTERMSIG(status) == SIGALRM ? "too slow, signal" : "signal")
	                            : "exit",
	        WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), path);
}

static void corpus_free(struct corpus *c)
{
	size_t i;

	for (i = 0; i < c->count; i++) {
		free(c->items[i].path);
		free(c->items[i].data);
	}
	free(c->items);
}

static unsigned long number(const char *text)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (*text == '\0' || *end != '\0')
		die("not a number:", text);
	return v;
}

static void parse(int argc, char **argv, struct options *o, struct corpus *c)
{
	int opt;

	while ((opt = getopt(argc, argv, "n:s:t:o:")) != -1) {
		switch (opt) {
		case 'n': o->mutations = number(optarg); break;
		case 's': o->seed = number(optarg); break;
		case 't': o->seconds = number(optarg); break;
		case 'o': o->out = optarg; break;
		default: exit(2);
		}
	}
	for (; optind < argc; optind++)
		add_path(c, argv[optind]);
	if (c->count > 0)
		qsort(c->items, c->count, sizeof(*c->items), by_path);
	else
		add_file(c, "/dev/null", 0);
}

int main(int argc, char **argv)
{
	struct options o = {.mutations = 2000, .seed = 1, .seconds = 0, .out = "."};
	struct corpus c = {0};
	struct shared *now;
	size_t room = 0, corpus_size, i;
	pid_t child;
	int status;

	parse(argc, argv, &o, &c);
	for (i = 0; i < c.count; i++)
		room = c.items[i].size > room ? c.items[i].size : room;
	room += MUTATION_ROOM;
	now = map_or_die(sizeof(*now) + room, MAP_SHARED);
	fflush(NULL);
	child = fork();
	if (child == 0) {
		run_all(&c, &o, now, room);
		corpus_free(&c);
		exit(0); /* not _exit: leak checking runs at exit */
	}
	corpus_size = c.count;
	corpus_free(&c);
	if (child < 0 || waitpid(child, &status, 0) != child)
		die("cannot run", "the target");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		save_crash(&o, now, status);
		return 1;
	}
	printf("%llu inputs (%zu of the corpus, seed %lu): no fault\n", now->number, corpus_size,
	       o.seed);
	return 0;
}
