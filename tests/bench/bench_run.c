/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a command and says what it took. A small program of its own, because the peak of a process
 * counts what its parent had in memory when it was started, and a script has much.
 *
 *   bench_run [-m] LOG COMMAND...   the output of COMMAND goes to LOG; prints, with spaces: wall
 *                                   nanoseconds, CPU microseconds, peak of all memory in KiB, peak of
 *                                   anonymous memory in KiB (with -m; else 0), exit status
 *
 * Anonymous memory (RssAnon: heap, stacks, what was written to private mappings; no files) has no peak
 * in the kernel, so -m looks again and again without pause, which slows the command: the times of
 * such a run are not used. A peak shorter than a look (some ten microseconds) can be missed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static long long microseconds(struct timeval t)
{
	return t.tv_sec * 1000000ll + t.tv_usec;
}

static pid_t start(const char *log, char **argv)
{
	pid_t pid = vfork();

	if (pid == 0) {
		int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
			_exit(126);
		execvp(argv[0], argv);
		_exit(127);
	}
	return pid;
}

/* KiB; 0 when the process has gone. */
static long anonymous(int status)
{
	char text[4096];
	ssize_t n = pread(status, text, sizeof(text) - 1, 0);
	const char *line;

	if (n <= 0)
		return 0;
	text[n] = '\0';
	line = strstr(text, "RssAnon:");
	return line ? strtol(line + strlen("RssAnon:"), NULL, 10) : 0;
}

static long watch(pid_t pid, int *status, struct rusage *usage)
{
	char path[64];
	long peak = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (wait4(pid, status, WNOHANG, usage) == 0) {
		long n = fd < 0 ? 0 : anonymous(fd);

		peak = n > peak ? n : peak;
	}
	if (fd >= 0)
		close(fd);
	return peak;
}

int main(int argc, char **argv)
{
	int sampled = argc > 1 && strcmp(argv[1], "-m") == 0, status = 0;
	struct rusage usage;
	long long begin;
	long anon = 0;
	pid_t pid;

	argv += 1 + sampled;
	if (argc - sampled < 3)
		return fputs("usage: bench_run [-m] LOG COMMAND...\n", stderr), 2;
	begin = now();
	pid = start(argv[0], argv + 1);
	if (pid < 0)
		return perror(argv[1]), 2;
	if (sampled)
		anon = watch(pid, &status, &usage);
	else if (wait4(pid, &status, 0, &usage) < 0)
		return perror("wait"), 2;
	printf("%lld %lld %ld %ld %d\n", now() - begin,
	       microseconds(usage.ru_utime) + microseconds(usage.ru_stime), usage.ru_maxrss, anon,
	       WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}
