// SPDX-License-Identifier: MIT
/*
 * few.c - a program that allocates little: few MODE
 *
 *	blocks		twenty blocks such as a shell's first, half are freed
 *	environment	its first call comes after it gave itself an environment
 *			that has parameters of the library, for its children
 *	handler		its first call is in a signal handler
 *	fork		its first call is in a child, and the parent's follows
 *
 * Nothing of libc that allocates comes before. Exits with 0 if each block could
 * be written and read again.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define BLOCKS 20

/* Returns 0 if all blocks held what was written into them. */
static int use_blocks(void)
{
	static const size_t sizes[BLOCKS] = { 24,  552, 120, 4096, 16,	32, 40,
					      64,  96,	15,  1024, 200, 33, 24,
					      776, 48,	128, 512,  80,	24 };
	unsigned char *p[BLOCKS];
	int bad = 0;

	for (int i = 0; i < BLOCKS; i++) {
		p[i] = malloc(sizes[i]);
		if (!p[i])
			return 1;
		memset(p[i], i + 1, sizes[i]);
	}
	for (int i = 0; i < BLOCKS; i++)
		for (size_t at = 0; at < sizes[i]; at++)
			bad |= p[i][at] != i + 1;
	for (int i = 0; i < BLOCKS; i += 2)
		free(p[i]);
	return bad;
}

static int change_environment(void)
{
	static char line[] = "KMALLOC_CMDLINE=no_such_parameter=1";
	static char fill[] = "MALLOC_PERTURB_=85";
	static char *own[] = { line, fill, NULL };
	unsigned char *p;

	environ = own;
	p = malloc(100);
	return !p || p[50] == (unsigned char)~85 || use_blocks();
}

static volatile sig_atomic_t handled = -1;

static void handler(int sig)
{
	(void)sig;
	handled = use_blocks();
}

static int call_in_handler(void)
{
	signal(SIGUSR1, handler);
	raise(SIGUSR1);
	return handled || use_blocks();
}

static int call_in_child(void)
{
	int status = 1;
	pid_t pid = fork();

	if (!pid)
		_exit(use_blocks());
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 1;
	return status || use_blocks();
}

int main(int argc, char **argv)
{
	const char *mode = argc == 2 ? argv[1] : "";

	if (!strcmp(mode, "blocks"))
		return use_blocks();
	if (!strcmp(mode, "environment"))
		return change_environment();
	if (!strcmp(mode, "handler"))
		return call_in_handler();
	if (!strcmp(mode, "fork"))
		return call_in_child();
	return 2;
}
