/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

SGN_STATIC_ASSERT(sizeof(void *) == sizeof(void (*)(void)), "dlsym() gives functions as pointers");

/* One at a time: it happens twice in a process at most. */
static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;

/* What dlerror() says, which has the file's name in it. */
static int cannot_open(const struct sgn_library *library, struct sgn_error *err)
{
	const char *why = dlerror();
	int rc = sgn_fail(err, SGN_E_IO, "a library cannot be opened: %s",
	                  why ? why : library->file);

	return sgn_error_cure(err, rc, "install the package %s", library->package);
}

static int fill(const struct sgn_library *library, struct sgn_error *err)
{
	void *handle = dlopen(library->file, RTLD_LAZY | RTLD_LOCAL);

	if (!handle)
		return cannot_open(library, err);
	for (size_t i = 0; i < library->function_count; i++) {
		const struct sgn_library_function *f = &library->functions[i];
		void *address = dlsym(handle, f->name);
		int rc;

		if (!address) {
			rc = sgn_fail(err, SGN_E_UNSUPPORTED, "%s has no function %s",
			              library->file, f->name);
			sgn_error_cure(err, rc, "install a newer version of the package %s",
			               library->package);
			dlclose(handle);
			return rc;
		}
		memcpy((char *)library->table + f->offset, &address, sizeof(address));
	}
	return 0;
}

int sgn_library_need(struct sgn_library *library, struct sgn_error *err)
{
	int rc = 0;

	if (atomic_load(&library->ready))
		return 0;
	pthread_mutex_lock(&loading);
	if (!atomic_load(&library->ready)) {
		rc = library->file ? fill(library, err) : 0;
		if (rc == 0 && library->begin)
			rc = library->begin(err);
		if (rc == 0)
			atomic_store(&library->ready, true);
	}
	pthread_mutex_unlock(&loading);
	return rc;
}
