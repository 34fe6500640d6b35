// SPDX-License-Identifier: MIT
/*
 * misuse/mapping.c - an address in a mapping of the program
 *
 * The start of one with nothing in front of it, the inside of one, and memory
 * from sbrk(). Expect "is in a mapping of the program".
 */
#include "misuse.h"

#include <sys/mman.h>
#include <unistd.h>

static char *address(const char *kind)
{
	char *p;

	if (!strcmp(kind, "brk"))
		return (char *)(((uintptr_t)sbrk(65536) + 31) & ~15UL);
	p = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(p, 4096);
	return strcmp(kind, "start") ? p + 8192 : p + 4096;
}

int main(int argc, char **argv)
{
	REQUIRE(argc == 3, "usage: how start|inside|brk");
	return commit(argv[1], hide(address(argv[2])));
}
