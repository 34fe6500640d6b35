// SPDX-License-Identifier: MIT
/*
 * huge.c - how much of a heap lies in huge pages
 *
 *	huge MIB SIZE	    MIB of blocks of SIZE bytes, written
 *	huge MIB SIZE zero  the same by calloc(); one page of each is written
 *	huge probe	    a mapping of 8 MiB that asks for huge pages
 *
 * Prints what is resident and what of it is in huge pages, in KiB.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static long value_of(const char *name)
{
	char line[256];
	long value = -1;
	FILE *f = fopen("/proc/self/smaps_rollup", "r");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)))
			value = atol(line + strlen(name));
	if (f)
		fclose(f);
	return value;
}

static void probe_mapping(void)
{
	size_t size = 8UL << 20;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || madvise(p, size, MADV_HUGEPAGE))
		return;
	memset(p, 1, size);
}

static void fill_heap(size_t total, size_t size, int zero)
{
	for (size_t at = 0; at < total; at += size) {
		char *p = zero ? calloc(1, size) : malloc(size);

		if (!p)
			exit(1);
		memset(p, 1, zero ? 1 : size);
	}
}

int main(int argc, char **argv)
{
	if (argc < 3)
		probe_mapping();
	else
		fill_heap((size_t)atol(argv[1]) << 20, (size_t)atol(argv[2]),
			  argc > 3);
	printf("%ld %ld\n", value_of("Rss:"), value_of("AnonHugePages:"));
	return 0;
}
