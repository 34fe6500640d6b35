// SPDX-License-Identifier: MIT
/*
 * sparse.c - what stays resident when most blocks are freed, at random
 *
 *	sparse PERMILLE		how many of 1000 are freed
 *
 * Fills 128 MiB with blocks of 16 to 495 bytes, frees them at random, and calls
 * malloc_trim(0). Prints anonymous memory in KiB at the peak and after it, less
 * what was there before. Then it checks the bytes of what is left, makes as
 * many blocks again as were freed, and frees it all.
 */
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TOTAL (128UL << 20)
#define BLOCKS (TOTAL / 256)

static uint64_t seed = 42;

static size_t below(size_t n)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (size_t)(seed >> 33) % n;
}

static long anonymous(void)
{
	static char line[256];
	long kib = 0;
	FILE *f = fopen("/proc/self/smaps_rollup", "r");

	if (!f)
		exit(2);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "Anonymous: %ld kB", &kib) == 1)
			break;
	fclose(f);
	return kib;
}

static void *table_of(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED)
		exit(2);
	return p;
}

static unsigned char *block(size_t i, uint16_t *size)
{
	unsigned char *p;

	*size = (uint16_t)(16 + below(480));
	p = malloc(*size);
	if (!p)
		exit(1);
	memset(p, (int)(i & 0xff), *size);
	return p;
}

int main(int argc, char **argv)
{
	unsigned char **p = table_of(BLOCKS * sizeof(*p));
	uint16_t *size = table_of(BLOCKS * sizeof(*size));
	long before, peak, left;

	if (argc != 2)
		return 2;
	before = anonymous();
	for (size_t i = 0; i < BLOCKS; i++)
		p[i] = block(i, &size[i]);
	peak = anonymous() - before;
	for (size_t i = 0; i < BLOCKS; i++)
		if (below(1000) < strtoul(argv[1], NULL, 10)) {
			free(p[i]);
			p[i] = NULL;
		}
	left = malloc_trim(0);
	if (left != 1)
		return 3;
	left = anonymous() - before;
	for (size_t i = 0; i < BLOCKS; i++) {
		for (size_t k = 0; p[i] && k < size[i]; k++)
			if (p[i][k] != (i & 0xff))
				return 4;
		if (!p[i])
			p[i] = block(i, &size[i]);
	}
	for (size_t i = 0; i < BLOCKS; i++)
		free(p[i]);
	printf("%ld %ld\n", peak, left);
	return 0;
}
