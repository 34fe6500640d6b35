// SPDX-License-Identifier: MIT
/*
 * misuse/double_free.c - a block freed, then used in ARGV[1] again
 *
 * Nothing lies between the two. Expect the second to be refused with a line.
 */
#include "misuse.h"

int main(int argc, char **argv)
{
	char *p;

	REQUIRE(argc == 3, "usage: how kind");
	p = block(argv[2]);
	free(p);
	return commit(argv[1], p);
}
