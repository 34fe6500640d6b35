// SPDX-License-Identifier: MIT
/*
 * asked.c - a program that takes a slow path when it is told to
 *
 * Prints a line with its number and 0, then waits. It obeys each letter on its
 * standard input, and prints a line when it has done so:
 *
 *	a	takes a slow path, in a large area
 *	h	calls malloc() and free() that hit, a thousand times
 *	f	a child does the same as `a`, prints its number, and waits for
 *		the end of the standard input
 *	v	a child of vfork() does the same as `a`, and ends
 *	e	executes itself
 *
 * Ends when its standard input does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define AREA (8UL << 20)
#define HITS 1000

static void use_block(size_t size)
{
	char *p = malloc(size);

	if (!p)
		abort();
	*(volatile char *)p = 1;
	free(p);
}

static void say_number(long number)
{
	printf("%ld 0\n", number);
	fflush(stdout);
}

static void make_child(void)
{
	int fds[2];
	char c;

	if (pipe(fds))
		abort();
	if (!fork()) {
		use_block(AREA);
		say_number(getpid());
		close(fds[1]);
		_exit(read(fds[0], &c, 1) != 0); /* until the parent ends */
	}
	close(fds[0]);
}

static void make_vfork(void)
{
	pid_t child = vfork();

	if (!child) {
		use_block(AREA);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	say_number(child);
}

int main(int argc, char **argv)
{
	char c;

	(void)argc;
	for (int i = 0; i < HITS; i++)
		use_block(64);
	say_number(getpid());
	while (read(0, &c, 1) == 1) {
		if (c == 'f') {
			make_child();
			continue;
		}
		if (c == 'v') {
			make_vfork();
			continue;
		}
		if (c == 'e')
			execv("/proc/self/exe", argv);
		if (c == 'a')
			use_block(AREA);
		for (int i = 0; c == 'h' && i < HITS; i++)
			use_block(64);
		say_number(getpid());
	}
	return 0;
}
