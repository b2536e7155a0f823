/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/bundle/tree.h"

static const uint8_t macho_head[64] = {0xcf, 0xfa, 0xed, 0xfe, 0x0c, 0, 0, 1,
                                       0,    0,    0,    0,    2,    0, 0, 0};

static void make_parents(const char *path)
{
	char part[1024];
	size_t len = strlen(path);

	cr_assert_lt(len, sizeof(part));
	for (size_t i = 1; i < len; i++) {
		if (path[i] != '/')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		mkdir(part, 0755);
	}
}

static void write_info(struct scratch *s, const char *path, char *pairs)
{
	char xml[2048];
	size_t len = 0;
	char *save = NULL;

	len += (size_t)snprintf(xml + len, sizeof(xml) - len, "<plist><dict>");
	for (char *pair = strtok_r(pairs, ";", &save); pair; pair = strtok_r(NULL, ";", &save)) {
		char *value = strchr(pair, '=');

		cr_assert_not_null(value);
		*value++ = '\0';
		len += (size_t)snprintf(xml + len, sizeof(xml) - len,
		                        "<key>%s</key><string>%s</string>", pair, value);
	}
	len += (size_t)snprintf(xml + len, sizeof(xml) - len, "</dict></plist>");
	scratch_write(s, path, xml, len, 0644);
}

static void write_line(struct scratch *s, char *line)
{
	char *name = line + 2, *text = strchr(name, '|');
	const char *path;

	if (text)
		*text++ = '\0';
	else
		text = name + strlen(name);
	path = scratch_path(s, name);
	make_parents(path);
	switch (line[0]) {
	case 'd': cr_assert(mkdir(path, 0755) == 0 || access(path, F_OK) == 0); break;
	case 'f': scratch_write(s, name, text, strlen(text), 0644); break;
	case 'x': scratch_write(s, name, text, strlen(text), 0755); break;
	case 'm': scratch_write(s, name, macho_head, sizeof(macho_head), 0755); break;
	case 'a': scratch_write(s, name, "!<arch>\n", 8, 0644); break;
	case 'p': cr_assert_eq(mkfifo(path, 0644), 0); break;
	case 'l': cr_assert_eq(symlink(text, path), 0, "%s", path); break;
	case 'i': write_info(s, name, text); break;
	default: cr_assert_fail("unknown kind '%c'", line[0]);
	}
}

void tree_write(struct scratch *s, const char *lines)
{
	char *copy = strdup(lines), *save = NULL;

	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		write_line(s, line);
	free(copy);
}

/* Puts the folder's name in front of every path. */
static void write_below(struct scratch *s, const char *lines, const char *name)
{
	char *copy = strdup(lines), *save = NULL, line_out[2048];

	if (name[0])
		mkdir(scratch_path(s, name), 0755);
	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		snprintf(line_out, sizeof(line_out), "%c %s%s%s", line[0], name, name[0] ? "/" : "",
		         line + 2);
		write_line(s, line_out);
	}
	free(copy);
}

int tree_open(struct opened *o, const char *lines, const char *name, const char *at,
              const char *version)
{
	memset(o, 0, sizeof(*o));
	o->err = (struct sgn_error)SGN_ERROR_INIT;
	scratch_make(&o->s);
	write_below(&o->s, lines, name);
	cr_assert_eq(
		sgn_walk_tree(name[0] ? scratch_path(&o->s, name) : o->s.dir, &o->walk, &o->err), 0,
		"%s", o->err.text);
	return sgn_bundle_open(&o->walk, at, version, &o->b, &o->err);
}

void tree_open_ok(struct opened *o, const char *lines, const char *name)
{
	cr_assert_eq(tree_open(o, lines, name, "", NULL), 0, "%s: %s", name, o->err.text);
}

void tree_close(struct opened *o)
{
	sgn_bundle_dispose(&o->b);
	sgn_walk_dispose(&o->walk);
	sgn_error_dispose(&o->err);
	scratch_remove(&o->s);
}

const char *tree_problems(struct opened *o)
{
	size_t len = 0;

	o->problems[0] = '\0';
	for (size_t i = 0; i < o->b.problem_count; i++) {
		const struct sgn_bundle_problem *p = &o->b.problems[i];

		len += (size_t)snprintf(o->problems + len, sizeof(o->problems) - len, "%s%d%s%s%s",
		                        i ? ", " : "", p->osstatus, p->fatal ? "!" : "",
		                        p->path[0] ? " " : "", p->path);
		cr_assert_lt(len, sizeof(o->problems));
		cr_assert_gt(strlen(p->text), 5);
	}
	return o->problems;
}

const struct sgn_bundle_problem *tree_problem(const struct opened *o, int32_t osstatus)
{
	for (size_t i = 0; i < o->b.problem_count; i++)
		if (o->b.problems[i].osstatus == osstatus)
			return &o->b.problems[i];
	return NULL;
}
