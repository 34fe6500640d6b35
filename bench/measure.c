// SPDX-License-Identifier: MIT
/*
 * measure.c - runs one program and writes down what it cost
 *
 *	measure -o FILE [-p PRELOAD] [--] PROGRAM ARGS...
 *
 * FILE gets one line: wall time in ns, user and system time in us, peak
 * resident set in KiB, minor faults, and the wait status.
 *
 * Why a program for it: the kernel counts the peak of a child from before its
 * exec, so a child of a python3 process never has less than python3 has. This
 * one is static and small, and it alone sits between the clock and the program.
 * PRELOAD is set for the program only.
 */
#include <errno.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000L + ts.tv_nsec;
}

static long usec(struct timeval tv)
{
	return tv.tv_sec * 1000000L + tv.tv_usec;
}

static int usage(void)
{
	fputs("usage: measure -o FILE [-p PRELOAD] [--] PROGRAM ARGS...\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	const char *file = NULL, *preload = NULL;
	struct rusage ru;
	int64_t start, wall;
	int opt, err, status;
	pid_t pid;
	FILE *out;

	while ((opt = getopt(argc, argv, "+o:p:")) != -1) {
		if (opt == 'o')
			file = optarg;
		else if (opt == 'p')
			preload = optarg;
		else
			return usage();
	}
	if (!file || optind == argc)
		return usage();
	if (preload && *preload)
		setenv("LD_PRELOAD", preload, 1);

	start = now_ns();
	err = posix_spawnp(&pid, argv[optind], NULL, NULL, argv + optind,
			   environ);
	if (err) {
		fprintf(stderr, "measure: %s: %s\n", argv[optind],
			strerror(err));
		return 127;
	}
	while (wait4(pid, &status, 0, &ru) < 0)
		if (errno != EINTR)
			return 126;
	wall = now_ns() - start;

	out = fopen(file, "we");
	if (!out) {
		perror(file);
		return 126;
	}
	fprintf(out, "%ld %ld %ld %ld %ld %d\n", (long)wall, usec(ru.ru_utime),
		usec(ru.ru_stime), ru.ru_maxrss, ru.ru_minflt, status);
	return fclose(out) ? 126 : 0;
}
