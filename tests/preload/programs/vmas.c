// SPDX-License-Identifier: MIT
/*
 * vmas.c - the number of mappings with a heap of 1 GiB and 20 live areas
 *
 * Prints "start N", "heap N" and "areas N": mappings at the start of main, with
 * 1 GiB in blocks of 48 bytes to 4 MiB of which some were freed in between,
 * and with 20 blocks of 5 to 9 MiB on top.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCKS = 1 << 18, AREAS = 20 };

static char *block[BLOCKS];
static char *area[AREAS];

static int count_mappings(void)
{
	static char buf[1 << 16];
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC), count = 0;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n; i++)
			count += buf[i] == '\n';
	close(fd);
	return count;
}

static void *must(size_t size)
{
	char *p = malloc(size);

	if (!p)
		exit(1);
	p[0] = 1;
	p[size - 1] = 1;
	return p;
}

/* Nine of ten are small, then up to 64 KiB, then up to 4 MiB. */
static size_t next_size(void)
{
	static unsigned long x = 88172645463325252UL;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	if (x % 10)
		return 48 + (x >> 8) % 1000;
	if (x % 100)
		return 48 + (x >> 8) % (64 << 10);
	return 48 + (x >> 8) % ((4 << 20) - 48);
}

static void fill_heap(void)
{
	size_t live = 0;

	for (int i = 0; i < BLOCKS && live < 1UL << 30; i++) {
		size_t size = next_size();

		block[i] = must(size);
		live += size;
		if (i % 8 == 7) { /* holes: free an older one, use it again */
			int old = i / 2;

			free(block[old]);
			block[old] = must(48 + (size_t)i % 500);
		}
	}
	if (live < 1UL << 30)
		exit(3);
}

int main(void)
{
	int start = count_mappings(), heap;

	fill_heap();
	heap = count_mappings();
	for (size_t i = 0; i < AREAS; i++)
		area[i] = must((5UL << 20) + i * 200000);
	printf("start %d\nheap %d\nareas %d\n", start, heap, count_mappings());
	return 0;
}
