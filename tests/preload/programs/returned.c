// SPDX-License-Identifier: MIT
/*
 * returned.c - what stays resident after everything was freed
 *
 *	returned SIZE ORDER	SIZE bytes a block, 0 for a mix up to 100 KiB;
 *				ORDER "fifo" or "random", or "realloc"
 *
 * Fills 256 MiB, frees it all, waits for longer than the delay of one second,
 * makes a hundred calls of mixed sizes, and prints the peak and what is
 * resident then, in KiB. With "realloc" it frees nothing: the blocks are made
 * smaller by realloc(), and from then on realloc() is the only call, to a
 * little more and back, until memory has come back or 6000 rounds are over.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOTAL (256UL << 20)
#define MAX_BLOCKS (8UL << 20)

static uint64_t seed = 42;

static size_t below(size_t n)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (size_t)(seed >> 33) % n;
}

static size_t mixed(void)
{
	switch (below(16)) {
	case 0:
		return 1 + below(100000);
	case 1:
	case 2:
	case 3:
		return 1 + below(4000);
	default:
		return 1 + below(300);
	}
}

static long resident(void)
{
	long size = 0, pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (!f || fscanf(f, "%ld %ld", &size, &pages) != 2)
		exit(2);
	fclose(f);
	return pages * 4;
}

static void shuffle(void **blocks, size_t n)
{
	for (size_t i = n - 1; i > 0; i--) {
		size_t j = below(i + 1);
		void *t = blocks[i];

		blocks[i] = blocks[j];
		blocks[j] = t;
	}
}

#define LIVE 200000 /* bytes of a block that realloc() made smaller */
#define SURPLUS 50000
#define ROUNDS 6000 /* of a millisecond or more: a dozen ticks at least */

static void resize(void **blocks, size_t n, size_t size)
{
	for (size_t i = 0; i < n; i++) {
		blocks[i] = realloc(blocks[i], size);
		if (!blocks[i])
			exit(1);
	}
}

/* Prints as main() does; what is in use counts as the table does. */
static int only_realloc(void **blocks, size_t n, long peak)
{
	long own = (long)(n * (8 + LIVE + SURPLUS) / 1024);

	resize(blocks, n, LIVE);
	for (int i = 0; i < ROUNDS && resident() > own + peak / 20 + 2048;
	     i++) {
		resize(blocks, n, LIVE + SURPLUS);
		resize(blocks, n, LIVE);
		usleep(1000);
	}
	printf("%ld %ld %ld\n", peak, resident(), own);
	return 0;
}

int main(int argc, char **argv)
{
	static void *blocks[MAX_BLOCKS];
	size_t size, n = 0, have = 0;
	long peak;

	if (argc != 3)
		return 2;
	size = strtoul(argv[1], NULL, 10);
	for (; have < TOTAL && n < MAX_BLOCKS; n++) {
		size_t bytes = size ? size : mixed();

		blocks[n] = malloc(bytes);
		if (!blocks[n])
			return 1;
		memset(blocks[n], 1, bytes);
		have += bytes;
	}
	peak = resident();
	if (!strcmp(argv[2], "realloc"))
		return only_realloc(blocks, n, peak);
	if (!strcmp(argv[2], "random"))
		shuffle(blocks, n);
	for (size_t i = 0; i < n; i++)
		free(blocks[i]);
	sleep(2);
	for (int i = 0; i < 100; i++)
		free(malloc(1 + below(100000)));
	printf("%ld %ld %ld\n", peak, resident(), (long)(n * 8 / 1024));
	return 0;
}
