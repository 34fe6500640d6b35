// SPDX-License-Identifier: MIT
/*
 * fault/driver.c - fail the n-th call of the system, for every n, and look on
 *
 *	driver [-s] LIBRARY PROGRAM ARGS...
 *	driver -p LIBRARY PROGRAM ARGS...
 *
 * Runs the program under LIBRARY with KMALLOC_CMDLINE=fail_os=N for N = 1, 2,
 * ... and compares what it prints with a run without. It stops past N = 60
 * after three runs in a row that went like the one without a failure, at
 * N = 400 in any case. A run may end with any status that it prints a word
 * about on stderr, but never by a signal; with -s (strict) the
 * status must be 0 from the first N on for which the program gets to main(),
 * which it shows by a line on stdout.
 *
 * With -p all calls from the 10th on fail, and the program must have seen NULL:
 * the sign that fail_os does anything at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_N 400
#define MIN_N 60
#define SECONDS 20 /* of CPU time, for each process of a run */

struct outcome {
	int status;
	size_t len[2];
	char text[2][65536]; /* stdout, stderr */
};

static const char *library;
static char **program;

static void child(int n, int count, int out, int err)
{
	struct rlimit none = { 0, 0 }, cpu = { SECONDS, SECONDS };
	char line[64];

	snprintf(line, sizeof(line), "fail_os=%d,%d", n, count);
	if (count == 1)
		snprintf(line, sizeof(line), "fail_os=%d", n);
	setrlimit(RLIMIT_CORE, &none);
	setrlimit(RLIMIT_CPU, &cpu);
	dup2(out, 1);
	dup2(err, 2);
	if (n)
		setenv("KMALLOC_CMDLINE", line, 1);
	else
		unsetenv("KMALLOC_CMDLINE");
	setenv("LD_PRELOAD", library, 1);
	execvp(program[0], program);
	_exit(126);
}

/*
 * Reads both pipes to their ends. A run that hangs is ended by ctest, for the
 * clock tells nothing on a busy machine: which run it was is said once.
 */
static void collect(struct outcome *o, int out, int err, int n_call)
{
	struct pollfd fds[2] = { { out, POLLIN, 0 }, { err, POLLIN, 0 } };
	int open = 2, quiet = 0, i;

	while (open) {
		if (poll(fds, 2, 500) <= 0) {
			if (++quiet == 40) {
				printf("fail_os=%d takes long\n", n_call);
				fflush(stdout);
			}
			continue;
		}
		for (i = 0; i < 2; i++) {
			size_t room = sizeof(o->text[i]) - 1 - o->len[i];
			ssize_t n;

			if (fds[i].fd < 0 || !fds[i].revents)
				continue;
			n = read(fds[i].fd, o->text[i] + o->len[i], room);
			if (n <= 0) {
				fds[i].fd = -1;
				open--;
			} else {
				o->len[i] += (size_t)n;
			}
		}
	}
}

static struct outcome *run(int n, int count)
{
	struct outcome *o = calloc(1, sizeof(*o));
	int out[2], err[2];
	pid_t pid;

	if (!o || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		exit(2);
	pid = fork();
	if (pid == 0)
		child(n, count, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	collect(o, out[0], err[0], n);
	close(out[0]);
	close(err[0]);
	waitpid(pid, &o->status, 0);
	return o;
}

static int same(const struct outcome *a, const struct outcome *b)
{
	return a->status == b->status && a->len[0] == b->len[0] &&
	       a->len[1] == b->len[1] &&
	       !memcmp(a->text[0], b->text[0], a->len[0]) &&
	       !memcmp(a->text[1], b->text[1], a->len[1]);
}

/* Why this outcome must not be, or NULL. */
static const char *fault(const struct outcome *o, const struct outcome *ref,
			 int strict)
{
	if (!WIFEXITED(o->status))
		return "it was killed by a signal";
	if (WEXITSTATUS(o->status) == 0) {
		if (!strict && (o->len[0] != ref->len[0] ||
				memcmp(o->text[0], ref->text[0], o->len[0])))
			return "status 0 with another output";
		return NULL;
	}
	if (strict && o->len[0])
		return "it got to main() and failed";
	return o->len[1] ? NULL : "it fails without a word";
}

static void show(int n, const struct outcome *o, const char *why)
{
	printf("fail_os=%d: %s: wait status %x\nstdout: %.2000s\n"
	       "stderr: %.2000s\n",
	       n, why, (unsigned int)o->status, o->text[0], o->text[1]);
}

static int every_n(int strict)
{
	struct outcome *ref = run(0, 1), *o;
	int n, quiet = 0, bad = 0, differ = 0;
	const char *why;

	if (ref->status) {
		show(0, ref, "it fails without any failure");
		return 1;
	}
	for (n = 1; n <= MAX_N && (n <= MIN_N || quiet < 3) && bad < 10; n++) {
		o = run(n, 1);
		why = fault(o, ref, strict);
		if (why) {
			show(n, o, why);
			bad++;
		}
		quiet = same(o, ref) ? quiet + 1 : 0;
		differ += !same(o, ref);
		free(o);
	}
	printf("%d runs, %d of them not as without a failure, %d wrong\n",
	       n - 1, differ, bad);
	return bad ? 1 : 0;
}

/* All calls from the 10th on fail: a NULL must have been seen, and survived. */
static int persistent(void)
{
	struct outcome *o = run(10, 1000000);
	char *line = strstr(o->text[0], "nulls=");

	if (o->status || !line || atoi(line + 6) == 0) {
		show(10, o, "no NULL seen, or not survived");
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int strict = argc > 1 && !strcmp(argv[1], "-s");
	int all = argc > 1 && !strcmp(argv[1], "-p");
	int first = 1 + (strict || all);

	if (argc < first + 2) {
		fprintf(stderr, "usage: driver [-s|-p] LIBRARY PROGRAM...\n");
		return 2;
	}
	library = argv[first];
	program = argv + first + 1;
	return all ? persistent() : every_n(strict);
}
