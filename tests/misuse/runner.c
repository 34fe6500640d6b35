// SPDX-License-Identifier: MIT
/*
 * misuse/runner.c - run a program that commits a fault, judge how it ends
 *
 *	runner [-e NAME=VALUE]... [-p LIBRARY] SIGNAL REGEX PROGRAM ARGS...
 *
 * SIGNAL is ABRT, or 0 for an orderly exit with status 0. REGEX must match the
 * single line that the program writes on stderr; an empty one asks for none.
 * LIBRARY is preloaded into the program and not into this one.
 */
#include <errno.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static char text[65536];

static int usage(void)
{
	fprintf(stderr, "usage: runner [-e NAME=VALUE]... [-p LIBRARY] "
			"SIGNAL REGEX PROGRAM ARGS...\n");
	return 2;
}

/* In the child: no core file, at most 30 seconds of CPU time, stderr into the
 * pipe. */
static void start(char **argv, const char *library, int fd)
{
	struct rlimit none = { 0, 0 }, cpu = { 30, 30 };

	setrlimit(RLIMIT_CORE, &none);
	dup2(fd, 2);
	close(fd);
	if (library)
		setenv("LD_PRELOAD", library, 1);
	setrlimit(RLIMIT_CPU, &cpu);
	execv(argv[0], argv);
	fprintf(stderr, "runner: %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* Everything that the child wrote, up to the size of the buffer. */
static void collect(int fd)
{
	size_t have = 0;
	ssize_t n;

	while (have < sizeof(text) - 1) {
		n = read(fd, text + have, sizeof(text) - 1 - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		have += (size_t)n;
	}
	text[have] = 0;
}

/* 0 when @text is nothing, or one line that matches, as @regex asks. */
static int judge_text(const char *regex)
{
	char *end = strchr(text, '\n');
	regex_t re;

	if (!*regex)
		return *text ? 1 : 0;
	if (!end || end[1])
		return 1;
	if (regcomp(&re, regex, REG_EXTENDED | REG_NOSUB))
		return 1;
	*end = 0;
	if (regexec(&re, text, 0, NULL, 0))
		return 1;
	*end = '\n';
	return 0;
}

static int judge(int status, int sig, const char *regex)
{
	int bad = 0;

	if (sig ? !WIFSIGNALED(status) || WTERMSIG(status) != sig : status) {
		printf("ended by %s %d, not %s\n",
		       WIFSIGNALED(status) ? "signal" : "exit",
		       WIFSIGNALED(status) ? WTERMSIG(status) :
					     WEXITSTATUS(status),
		       sig ? "SIGABRT" : "exit 0");
		bad = 1;
	}
	if (judge_text(regex)) {
		printf("stderr is not %s%s\n",
		       *regex ? "one line that matches " : "empty", regex);
		bad = 1;
	}
	if (bad)
		printf("stderr was:\n%s\n", text);
	return bad;
}

int main(int argc, char **argv)
{
	const char *library = NULL;
	int opt, sig, fd[2], status;
	pid_t pid;

	while ((opt = getopt(argc, argv, "+e:p:")) != -1) {
		if (opt == 'e')
			putenv(optarg);
		else if (opt == 'p')
			library = optarg;
		else
			return usage();
	}
	argv += optind;
	if (argc - optind < 3)
		return usage();
	sig = strcmp(argv[0], "ABRT") ? 0 : SIGABRT;
	if (pipe(fd))
		return 2;
	pid = fork();
	if (pid == 0) {
		close(fd[0]);
		start(argv + 2, library, fd[1]);
	}
	close(fd[1]);
	collect(fd[0]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 2;
	return judge(status, sig, argv[1]);
}
