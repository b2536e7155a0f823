/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For unit tests of a cross build under qemu-user: Criterion starts each test as a new process of the
 * same program, and the host cannot execute that. Preloaded into the emulated program, this sends
 * execve() through the emulator again. Not linked into anything.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_ARGS 128
#define MAX_ENV  1024

/* The vectors as untyped pointers: ours hold constant strings. */
typedef int (*execve_fn)(const char *, const void *, const void *);

/* The host's emulator is no arm64 program: it must not see the preload. */
static void without_preload(char *const envp[], char *out[])
{
	size_t n = 0, i;

	for (i = 0; envp[i] != NULL && n + 1 < MAX_ENV; i++)
		if (strncmp(envp[i], "LD_PRELOAD=", strlen("LD_PRELOAD=")) != 0)
			out[n++] = envp[i];
	out[n] = NULL;
}

int execve(const char *path, char *const argv[], char *const envp[])
{
	execve_fn next = (execve_fn)dlsym(RTLD_NEXT, "execve");
	const char *preload_path = getenv("LD_PRELOAD"), *root = getenv("SGN_QEMU_ROOT");
	const char *emulator = getenv("SGN_QEMU");
	const char *args[MAX_ARGS];
	char *env[MAX_ENV];
	char preload[4096];
	size_t n = 0, i;

	if (emulator == NULL || root == NULL || preload_path == NULL)
		return next(path, argv, envp);
	snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", preload_path);
	args[n++] = emulator;
	args[n++] = "-L";
	args[n++] = root;
	args[n++] = "-E";
	args[n++] = preload;
	args[n++] = "-0";
	args[n++] = argv[0];
	args[n++] = path;
	for (i = 1; argv[i] != NULL && n + 1 < MAX_ARGS; i++)
		args[n++] = argv[i];
	args[n] = NULL;
	without_preload(envp, env);
	return next(emulator, args, env);
}
