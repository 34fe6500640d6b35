// SPDX-License-Identifier: MIT
/*
 * tests/support/child.c - see child.h
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "support/child.h"

#define CHILD_SECONDS 300

static void in_child(void (*fn)(void *arg), void *arg, int fd)
{
	struct rlimit no_core = { 0, 0 };
	struct rlimit cpu = { CHILD_SECONDS, CHILD_SECONDS };

	signal(SIGABRT, SIG_DFL);
	setrlimit(RLIMIT_CORE, &no_core);
	dup2(fd, 2);
	close(fd);
	setrlimit(RLIMIT_CPU, &cpu);
	fn(arg);
	_exit(0);
}

/* All of it, even what does not fit, so that the child is not held up. */
static void read_all(int fd, char *text, size_t size)
{
	char spill[512];
	size_t len = 0;
	ssize_t n;

	do {
		size_t room = size - 1 - len;

		n = read(fd, room ? text + len : spill,
			 room ? room : sizeof(spill));
		if (n > 0 && room)
			len += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	text[len] = '\0';
}

void child_run(void (*fn)(void *arg), void *arg, struct child_end *end)
{
	int fds[2];
	pid_t pid;

	if (pipe(fds) || (pid = fork()) < 0) {
		perror("child_run");
		_exit(1);
	}
	if (!pid) {
		close(fds[0]);
		in_child(fn, arg, fds[1]);
	}
	close(fds[1]);
	read_all(fds[0], end->err, sizeof(end->err));
	close(fds[0]);
	while (waitpid(pid, &end->status, 0) < 0 && errno == EINTR)
		;
}

void expect_success(const struct child_end *end)
{
	if (!end->status)
		return;
	dprintf(2, "%s\n", end->err);
	fail_msg("status %#x", end->status);
}

int child_aborts(void (*fn)(void *arg), void *arg, const char *phrase)
{
	struct child_end end;

	child_run(fn, arg, &end);
	if (WIFSIGNALED(end.status) && WTERMSIG(end.status) == SIGABRT &&
	    strstr(end.err, phrase))
		return 1;
	dprintf(2, "status %#x, said: %s\n", end.status, end.err);
	return 0;
}

void expect_abort(void (*fn)(void *arg), void *arg, const char *phrase)
{
	struct child_end end;

	child_run(fn, arg, &end);
	if (!WIFSIGNALED(end.status) || WTERMSIG(end.status) != SIGABRT)
		fail_msg("no abort, status %#x, said: %s", end.status, end.err);
	if (strncmp(end.err, "kmalloc: ", 9) || !strstr(end.err, phrase))
		fail_msg("said \"%s\", not \"%s\"", end.err, phrase);
	assert_ptr_equal(strchr(end.err, '\n'), end.err + strlen(end.err) - 1);
}

struct again {
	const char *mode, *parameters;
};

static void execute_again(void *arg)
{
	const char *given = getenv("KMALLOC_CMDLINE");
	const struct again *again = arg;
	char cmdline[1024];

	snprintf(cmdline, sizeof(cmdline), "%s%s%s", given ? given : "",
		 given ? " " : "", again->parameters);
	setenv("KMALLOC_CMDLINE", cmdline, 1);
	execl("/proc/self/exe", "test", again->mode, NULL);
	_exit(127);
}

void child_again(const char *mode, const char *parameters,
		 struct child_end *end)
{
	struct again again = { mode, parameters };

	child_run(execute_again, &again, end);
}

void expect_quiet(const struct child_end *end)
{
	if (end->status || *end->err)
		fail_msg("status %#x, said: %s", end->status, end->err);
}

int count_phrase(const char *text, const char *phrase)
{
	int nr = 0;

	for (; (text = strstr(text, phrase)); text += strlen(phrase))
		nr++;
	return nr;
}

void child_test_run(void **state)
{
	void (*fn)(void *arg) = (void (*)(void *)) * state;
	struct child_end end;

	child_run(fn, NULL, &end);
	expect_success(&end);
}

void capture_stderr(void (*fn)(void *arg), void *arg, char *text, size_t size)
{
	int fds[2], saved = dup(2);

	if (saved < 0 || pipe(fds))
		_exit(1);
	dup2(fds[1], 2);
	close(fds[1]);
	fn(arg);
	dup2(saved, 2); /* the last end that is open for writing goes */
	close(saved);
	read_all(fds[0], text, size);
	close(fds[0]);
}
