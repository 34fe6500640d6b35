// SPDX-License-Identifier: MIT
/*
 * huge.c - how much of a heap lies in huge pages
 *
 *	huge MIB SIZE	    MIB of blocks of SIZE bytes, written
 *	huge MIB SIZE zero  the same by calloc(); one page of each is written
 *	huge probe	    a mapping of 8 MiB that asks for huge pages
 *
 * Prints what is resident, what of it is in huge pages, and what is marked for
 * them, in KiB.
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

/* Returns the KiB in mappings that MADV_HUGEPAGE marked ("hg" in smaps). */
static long marked(void)
{
	char line[512];
	long size = 0, sum = 0;
	FILE *f = fopen("/proc/self/smaps", "r");

	while (f && fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "Size:", 5))
			size = atol(line + 5);
		if (!strncmp(line, "VmFlags:", 8) && strstr(line, " hg"))
			sum += size;
	}
	if (f)
		fclose(f);
	return sum;
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
	printf("%ld %ld %ld\n", value_of("Rss:"), value_of("AnonHugePages:"),
	       marked());
	return 0;
}
