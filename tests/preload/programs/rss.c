// SPDX-License-Identifier: MIT
/*
 * rss.c - the mean peak resident memory of a program: rss RUNS PROGRAM ARGS...
 *
 * Prints KiB. RSS_PRELOAD in the environment is the program's LD_PRELOAD.
 * Linked statically: a child inherits the peak of its parent, so the
 * parent must be smaller than anything that it measures.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void become(char **argv)
{
	char *preload = getenv("RSS_PRELOAD");

	if (preload && setenv("LD_PRELOAD", preload, 1))
		_exit(126);
	execvp(argv[0], argv);
	_exit(127);
}

int main(int argc, char **argv)
{
	long runs = argc > 2 ? strtol(argv[1], NULL, 10) : 0, sum = 0;

	if (runs <= 0)
		return 2;
	for (long i = 0; i < runs; i++) {
		struct rusage usage;
		int status;
		pid_t pid = fork();

		if (!pid)
			become(argv + 2);
		if (wait4(pid, &status, 0, &usage) != pid || status)
			return 1;
		sum += usage.ru_maxrss;
	}
	printf("%ld\n", sum / runs);
	return 0;
}
