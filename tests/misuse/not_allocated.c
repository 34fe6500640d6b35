// SPDX-License-Identifier: MIT
/*
 * misuse/not_allocated.c - an address of ours with nothing allocated there
 *
 * The middle of a freed block. Expect "is not allocated memory".
 */
#include "misuse.h"

int main(int argc, char **argv)
{
	char *p;
	size_t n;

	REQUIRE(argc == 3, "usage: how run|area");
	n = strcmp(argv[2], "run") ? 64 * MIB : 4 * MIB;
	p = hide(malloc(n));
	REQUIRE(p, "no block");
	free(p);
	return commit(argv[1], p + n / 2);
}
