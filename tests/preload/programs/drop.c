// SPDX-License-Identifier: MIT
/*
 * drop.c - what stays resident at the moment that everything was freed
 *
 *	drop LEAST MOST TURNS	blocks of LEAST to MOST bytes
 *
 * Fills 128 MiB, frees all of it in the order of allocation, and that TURNS
 * times. Makes no call after the last free. Prints the peak, what is resident
 * after the first turn and what after the last, without the program's own
 * table of pointers, in KiB.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOTAL (128UL << 20)
#define MAX_BLOCKS (2UL << 20)

static uint64_t seed = 7;

static size_t between(size_t least, size_t most)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return least + (size_t)(seed >> 33) % (most - least + 1);
}

/* Without a stream, which would allocate. */
static long resident(void)
{
	char text[128], *pages;
	int fd = open("/proc/self/statm", O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	if (n <= 0)
		exit(2);
	text[n] = 0;
	pages = strchr(text, ' ');
	return strtol(pages, NULL, 10) * 4;
}

int main(int argc, char **argv)
{
	static void *blocks[MAX_BLOCKS];
	size_t least, most;
	long peak = 0, first = 0, last = 0, table = 0;

	if (argc != 4)
		return 2;
	least = strtoul(argv[1], NULL, 10);
	most = strtoul(argv[2], NULL, 10);
	for (long turn = strtol(argv[3], NULL, 10); turn > 0; turn--) {
		size_t have = 0, n = 0;

		while (have < TOTAL && n < MAX_BLOCKS) {
			size_t size = between(least, most);

			blocks[n] = malloc(size);
			if (!blocks[n])
				return 1;
			memset(blocks[n++], 1, size);
			have += size;
		}
		table = (long)(n * sizeof(void *) / 1024);
		if (!peak)
			peak = resident();
		for (size_t i = 0; i < n; i++)
			free(blocks[i]);
		last = resident();
		if (!first)
			first = last;
	}
	printf("%ld %ld %ld\n", peak - table, first - table, last - table);
	return 0;
}
