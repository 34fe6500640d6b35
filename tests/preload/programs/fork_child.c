// SPDX-License-Identifier: MIT
/*
 * fork_child.c - what a child of fork() copies as it frees blocks
 *
 * The parent has 400,000 blocks of 16 to 415 bytes. The child frees each
 * hundredth, allocates as many again, checks the bytes of all others, and frees
 * everything. Prints by how many KiB its private dirty memory has grown after
 * the first and the last of these.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCKS 400000UL
#define EACH 100UL

static unsigned char **p;
static uint16_t *size;
static uint64_t seed = 42;

static size_t below(size_t n)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (size_t)(seed >> 33) % n;
}

/* Without stdio, which would allocate. */
static long private_dirty(void)
{
	static char text[4096];
	int fd = open("/proc/self/smaps_rollup", O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	const char *at;

	if (n <= 0)
		_exit(2);
	close(fd);
	text[n] = '\0';
	at = strstr(text, "Private_Dirty:");
	return at ? strtol(at + strlen("Private_Dirty:"), NULL, 10) : 0;
}

static void *table_of(size_t bytes)
{
	void *table = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (table == MAP_FAILED)
		_exit(2);
	return table;
}

static void make(size_t i)
{
	size[i] = (uint16_t)(16 + below(400));
	p[i] = malloc(size[i]);
	if (!p[i])
		_exit(3);
	memset(p[i], (int)(i & 0xff), size[i]);
}

static void check(size_t i)
{
	for (size_t k = 0; k < size[i]; k++)
		if (p[i][k] != (i & 0xff))
			_exit(4);
}

static void child(void)
{
	long before = private_dirty(), some;

	for (size_t i = 0; i < BLOCKS; i += EACH)
		free(p[i]);
	some = private_dirty() - before;
	for (size_t i = 0; i < BLOCKS; i += EACH)
		make(i);
	for (size_t i = 0; i < BLOCKS; i++)
		check(i);
	for (size_t i = 0; i < BLOCKS; i++)
		free(p[i]);
	printf("%ld %ld\n", some, private_dirty() - before);
}

int main(void)
{
	int status;
	pid_t pid;

	p = table_of(BLOCKS * sizeof(*p));
	size = table_of(BLOCKS * sizeof(*size));
	for (size_t i = 0; i < BLOCKS; i++)
		make(i);
	pid = fork();
	if (pid < 0)
		return 2;
	if (!pid) {
		child();
		fflush(stdout);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		return 5;
	for (size_t i = 0; i < BLOCKS; i++)
		check(i);
	return 0;
}
