// SPDX-License-Identifier: MIT
/*
 * squeeze.c - a heap that changes its kind of blocks beside a limit
 *
 *	squeeze		fills 128 MiB by blocks of 100 kB, frees every second
 *			half, then fills 64 MiB by blocks of 8 MiB
 *
 * Prints "done" if it lives to the end. What the first blocks left has to go
 * back while the second ones come: the two together are 192 MiB.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SMALL 100000
#define NR_SMALL ((128 << 20) / SMALL)
#define LARGE (8 << 20)
#define NR_LARGE 8

static void *fill(size_t size)
{
	void *p = malloc(size);

	if (!p)
		exit(1);
	return memset(p, 1, size);
}

int main(void)
{
	static void *small[NR_SMALL];

	for (int i = 0; i < NR_SMALL; i++)
		small[i] = fill(SMALL);
	for (int i = 0; i < NR_SMALL / 2; i++)
		free(small[i]);
	for (int i = 0; i < NR_LARGE; i++)
		fill(LARGE);
	puts("done");
	return 0;
}
