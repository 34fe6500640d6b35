// SPDX-License-Identifier: MIT
/*
 * misuse/unmapped.c - an address where nothing is mapped
 *
 * Page 0, a gap, the half of the kernel. Expect "is in no mapping".
 */
#include "misuse.h"

#include <sys/mman.h>

static void *address(const char *kind)
{
	void *p;

	if (!strcmp(kind, "null-page"))
		return (void *)16;
	if (!strcmp(kind, "kernel"))
		return (void *)0xffff888000000000UL;
	if (!strcmp(kind, "noncanonical"))
		return (void *)0x1234567890abcde0UL;
	p = mmap(NULL, 65536, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(p, 65536);
	return (char *)p + 4096;
}

int main(int argc, char **argv)
{
	REQUIRE(argc == 3, "usage: how null-page|gap|kernel|noncanonical");
	return commit(argv[1], hide(address(argv[2])));
}
