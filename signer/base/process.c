/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/process.h"

#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "signer/base/compiler.h"

static bool no_core_file(void)
{
	static const struct rlimit none = {0, 0};

	return setrlimit(RLIMIT_CORE, &none) == 0;
}

/*
 * A core_pattern that begins with a pipe (systemd-coredump and the like) gets its dump whatever the limit
 * is; this flag keeps it away, too, and debuggers that are not root. The leak checker of
 * AddressSanitizer is such a debugger.
 */
static bool no_dump_at_all(void)
{
#if defined(__linux__) && !SGN_SANITIZED
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
#else
	return true;
#endif
}

bool sgn_process_seal(void)
{
	bool file = no_core_file(), dump = no_dump_at_all();

	return file && dump;
}
