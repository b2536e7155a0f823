/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/enclosing.h"

#include <string.h>

#include "signer/base/arena.h"
#include "signer/base/file.h"
#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "signer/base/text.h"
#include "signer/base/undo_tree.h"
#include "signer/codec/plist.h"

/* Where the parts of a bundle lie, seen from the folder of its main executable. */
struct shape {
	const char *dir_suffix; /* the executable's folder must end so; NULL: any */
	const char *info_plist;
	unsigned up; /* folders from the executable's folder up to the bundle's root */
};

static const struct shape shapes[] = {
	{"/Contents/MacOS", "../Info.plist", 2},
	{NULL, "Resources/Info.plist", 0},
	{NULL, "Info.plist", 0},
};

static bool ends_with(const char *text, size_t len, const char *suffix)
{
	size_t n = strlen(suffix);

	return len >= n && memcmp(text + len - n, suffix, n) == 0;
}

/* "<dir of real_path>/<relative>", in out. */
static const char *beside(const char *real_path, const char *relative, struct sgn_buf *out)
{
	size_t dir = (size_t)(sgn_path_base(real_path) - real_path);

	sgn_buf_reset(out);
	sgn_wr_bytes(out, real_path, dir);
	sgn_wr_str(out, relative);
	return sgn_buf_str(out);
}

/* Does that Info.plist name the file as its executable? */
static bool names_executable(const char *plist_path, const char *name)
{
	struct sgn_arena arena = {0};
	struct sgn_value dict;
	struct sgn_buf bytes;
	bool same = false;

	sgn_buf_init(&bytes, SGN_LIMIT_INFO_PLIST);
	if (sgn_file_load(plist_path, &bytes, NULL) == 0 &&
	    sgn_plist_read(sgn_buf_view(&bytes), &arena, &dict, NULL, NULL) == 0)
		same = sgn_view_equal(sgn_value_string(sgn_value_get(&dict, "CFBundleExecutable")),
		                      sgn_view_str(name));
	sgn_arena_dispose(&arena);
	sgn_buf_dispose(&bytes);
	return same;
}

static const struct shape *find_shape(const char *real_path)
{
	const char *name = sgn_path_base(real_path);
	size_t dir = (size_t)(name - real_path);
	const struct shape *found = NULL;
	struct sgn_buf path;

	if (dir > 0)
		dir--; /* without the slash */
	sgn_buf_init(&path, SGN_LIMIT_PATH);
	for (size_t i = 0; i < SGN_ARRAY_LEN(shapes) && !found; i++) {
		if (shapes[i].dir_suffix && !ends_with(real_path, dir, shapes[i].dir_suffix))
			continue;
		if (names_executable(beside(real_path, shapes[i].info_plist, &path), name))
			found = &shapes[i];
	}
	sgn_buf_dispose(&path);
	return found;
}

int sgn_enclosing_bundle(const char *real_path, char **root, struct sgn_error *err)
{
	const struct shape *shape = find_shape(real_path);
	size_t len = (size_t)(sgn_path_base(real_path) - real_path);
	unsigned up;

	*root = NULL;
	if (!shape)
		return 0;
	up = shape->up;
	while (len > 1 && real_path[len - 1] == '/')
		len--;
	while (up-- > 0) {
		while (len > 1 && real_path[len - 1] != '/')
			len--;
		if (len > 1)
			len--;
	}
	*root = sgn_strndup(real_path, len);
	return *root ? 0 : sgn_fail_nomem(err);
}

int sgn_bundle_of(const char *path, char **bundle, struct sgn_error *err)
{
	char *real = NULL;
	int rc = sgn_undo_tree_refuse_pending(path, err);

	*bundle = NULL;
	if (rc)
		return rc;
	if (sgn_path_is_dir(path)) {
		*bundle = sgn_strdup(path);
		return *bundle ? 0 : sgn_fail_nomem(err);
	}
	rc = sgn_path_real(path, &real, err);
	if (rc == 0)
		rc = sgn_enclosing_bundle(real, bundle, err);
	sgn_free(real);
	return sgn_error_at_path(err, rc, path);
}
