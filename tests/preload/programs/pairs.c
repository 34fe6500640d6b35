// SPDX-License-Identifier: MIT
/*
 * pairs.c - malloc and free of 64 bytes, so many times: pairs COUNT
 *
 * For callgrind: what COUNT and 2 * COUNT differ by is the cost of COUNT pairs
 * with their loop and PLT calls, and nothing of the start. Built with
 * -fno-builtin, or the compiler would drop the pairs.
 */
#include <stdlib.h>

int main(int argc, char **argv)
{
	long count = argc > 1 ? strtol(argv[1], NULL, 10) : 1;

	while (count-- > 0)
		free(malloc(64));
	return 0;
}
