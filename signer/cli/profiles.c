/* SPDX-License-Identifier: Apache-2.0 */
/* Provisioning profiles to choose from: --profile FILE, and every profile in --profile-dir DIR. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "signer/cli/cmd.h"

struct profile_list {
	struct sgn_profile_file *files;
	char **paths; /* owned; files[i].path */
	size_t count;
};

static int add(struct profile_list *l, const char *path, struct sgn_error *err)
{
	struct bytes bytes;
	int rc = bytes_load("profile", path, &bytes, err);

	if (rc != 0)
		return rc;
	l->files = realloc(l->files, (l->count + 1) * sizeof(*l->files));
	l->paths = realloc(l->paths, (l->count + 1) * sizeof(*l->paths));
	if (!l->files || !l->paths)
		exit(EXIT_FAILED);
	l->paths[l->count] = cli_format("%s", path);
	l->files[l->count] = (struct sgn_profile_file){l->paths[l->count], bytes.data, bytes.size};
	l->count++;
	return 0;
}

static bool is_profile(const char *name)
{
	static const char *const endings[] = {".provisionprofile", ".mobileprovision"};
	size_t n = strlen(name);

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t e = strlen(endings[i]);

		if (n > e && !strcmp(name + n - e, endings[i]))
			return true;
	}
	return false;
}

static int is_profile_entry(const struct dirent *e)
{
	return is_profile(e->d_name);
}

/* In the order of their names, so that a choice among equals does not depend on the file system. */
static int add_dir(struct profile_list *l, const char *dir, struct sgn_error *err)
{
	struct dirent **entries;
	int n = scandir(dir, &entries, is_profile_entry, alphasort);
	int rc = 0;

	if (n < 0)
		return cli_fail(err, errno == ENOENT ? SGN_E_NOTFOUND : SGN_E_IO,
		                "--profile-dir %s: %s", dir, strerror(errno));
	for (int i = 0; i < n; i++) {
		if (rc == 0) {
			char *path = cli_format("%s/%s", dir, entries[i]->d_name);

			rc = add(l, path, err);
			free(path);
		}
		free(entries[i]);
	}
	free(entries);
	if (rc == 0 && n == 0) {
		rc = cli_fail(err, SGN_E_NOTFOUND, "--profile-dir %s: no profile in it", dir);
		cli_cure(err, "profiles end in .provisionprofile or .mobileprovision");
	}
	return rc;
}

int profiles_take(const struct opts *o, struct profile_list **out, struct sgn_sign_options *opts,
                  struct sgn_error *err)
{
	struct profile_list *l = cli_alloc(sizeof(*l));
	const char *value;
	size_t pos = 0;
	int rc = 0;

	*out = l;
	while (rc == 0 && (value = opts_next(o, OPT_PROFILE, &pos)))
		rc = add(l, value, err);
	pos = 0;
	while (rc == 0 && (value = opts_next(o, OPT_PROFILE_DIR, &pos)))
		rc = add_dir(l, value, err);
	opts->profiles = l->files;
	opts->profile_count = l->count;
	return rc;
}

void profiles_free(struct profile_list *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->count; i++) {
		void *data;

		memcpy(&data, &l->files[i].data,
		       sizeof(data)); /* ours, though the library reads only */
		free(data);
		free(l->paths[i]);
	}
	free(l->files);
	free(l->paths);
	free(l);
}
