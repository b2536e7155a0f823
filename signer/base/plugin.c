/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/plugin.h"

#include <dlfcn.h>
#include <string.h>

#include "signer/base/mem.h"

struct sgn_plugin {
	void *os;
};

int sgn_plugin_open(const char *name, struct sgn_plugin **out, struct sgn_error *err)
{
	struct sgn_plugin *plugin = sgn_malloc(sizeof(*plugin));
	const char *reason;

	*out = NULL;
	if (!plugin)
		return sgn_fail_nomem(err);
	plugin->os = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (!plugin->os) {
		reason = dlerror();
		sgn_free(plugin);
		return sgn_fail(err, SGN_E_NOTFOUND, "cannot be loaded: %s",
		                reason ? reason : "no reason given");
	}
	*out = plugin;
	return 0;
}

void sgn_plugin_close(struct sgn_plugin *plugin)
{
	if (!plugin)
		return;
	dlclose(plugin->os);
	sgn_free(plugin);
}

bool sgn_plugin_function(const struct sgn_plugin *plugin, const char *name, void *function)
{
	void *address = dlsym(plugin->os, name);

	/* C has no cast from an object's address to a function's; POSIX gives both one size. */
	if (address)
		memcpy(function, &address, sizeof(address));
	return address != NULL;
}
