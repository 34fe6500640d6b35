// SPDX-License-Identifier: MIT
/*
 * pair.c - N pairs of malloc(SIZE) and free, for counting instructions
 *
 *	pair N [SIZE]
 *
 * Nothing else happens in the loop, so the difference between a run of 2N and
 * one of N is N times the price of a pair with its loop and PLT calls.
 */
#include <stdlib.h>

int main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 1000;
	size_t size = argc > 2 ? (size_t)atol(argv[2]) : 64;

	while (n--) {
		void *p = malloc(size);

		if (!p)
			return 1;
		free(p);
	}
	return 0;
}
