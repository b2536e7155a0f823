/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void need(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		abort();
	}
}

void scratch_make(struct scratch *s)
{
	const char *base = getenv("TMPDIR");
	char raw[sizeof(s->dir)], *real;

	memset(s, 0, sizeof(*s));
	snprintf(raw, sizeof(raw), "%s/signet-test-XXXXXX", base ? base : "/tmp");
	need(mkdtemp(raw) != NULL, "mkdtemp");
	real = realpath(raw, NULL);
	need(real != NULL && strlen(real) < sizeof(s->dir), "realpath");
	memcpy(s->dir, real, strlen(real) + 1);
	free(real);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

void scratch_remove(struct scratch *s)
{
	need(chmod(s->dir, 0700) == 0, "chmod");
	need(nftw(s->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0, "nftw");
}

const char *scratch_path(struct scratch *s, const char *name)
{
	char *out = s->names[s->next++ % 16];
	size_t dir = strlen(s->dir), len = strlen(name);

	need(dir + len + 2 <= sizeof(s->names[0]), "path");
	memcpy(out, s->dir, dir);
	out[dir] = '/';
	memcpy(out + dir + 1, name, len + 1);
	return out;
}

const char *scratch_write(struct scratch *s, const char *name, const void *data, size_t size,
                          unsigned mode)
{
	const char *path = scratch_path(s, name);
	FILE *f = fopen(path, "wb");

	need(f != NULL && fwrite(data, 1, size, f) == size && fclose(f) == 0, path);
	need(chmod(path, (mode_t)mode) == 0, "chmod");
	return path;
}

uint8_t *scratch_read(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	uint8_t *data;

	need(f != NULL && fstat(fileno(f), &st) == 0, path);
	data = malloc((size_t)st.st_size + 1);
	need(data != NULL && fread(data, 1, (size_t)st.st_size, f) == (size_t)st.st_size, path);
	fclose(f);
	*size = (size_t)st.st_size;
	return data;
}

size_t scratch_count(struct scratch *s)
{
	DIR *d = opendir(s->dir);
	struct dirent *e;
	size_t n = 0;

	need(d != NULL, s->dir);
	while ((e = readdir(d)) != NULL)
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(d);
	return n;
}
