/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/tree_state.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/scratch.h"

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_no_dots(const struct dirent *e)
{
	return strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
}

static void put_content(const char *path, const struct stat *st, FILE *to)
{
	char link[1024] = "";
	uint8_t *data;
	size_t size;

	if (S_ISLNK(st->st_mode)) {
		if (readlink(path, link, sizeof(link) - 1) < 0)
			abort();
		fprintf(to, "-> %s\n", link);
	} else if (S_ISREG(st->st_mode)) {
		data = scratch_read(path, &size);
		fprintf(to, "%zu\n", size);
		fwrite(data, 1, size, to);
		free(data);
	}
}

static void describe(const char *path, size_t root, FILE *to)
{
	struct dirent **names;
	int count = scandir(path, &names, is_no_dots, by_name);

	for (int i = 0; i < count; i++) {
		char whole[1024];
		struct stat st;

		snprintf(whole, sizeof(whole), "%s/%s", path, names[i]->d_name);
		if (lstat(whole, &st) != 0)
			abort();
		fprintf(to, "%s %o\n", whole + root, (unsigned)st.st_mode);
		put_content(whole, &st, to);
		if (S_ISDIR(st.st_mode))
			describe(whole, root, to);
		free(names[i]);
	}
	free(names);
}

char *tree_state(const char *root)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		abort();
	describe(root, strlen(root), to);
	fclose(to);
	/* So that it is one text. */
	for (size_t i = 0; i < size; i++)
		text[i] = text[i] ? text[i] : 1;
	return text;
}
