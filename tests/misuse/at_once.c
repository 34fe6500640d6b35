// SPDX-License-Identifier: MIT
/*
 * misuse/at_once.c - what free() itself sees of small blocks
 *
 * ARGV[1] is "again" and ARGV[2] the number of other blocks freed between two
 * free() of one block; or "inner", and ARGV[2] the bytes behind its start.
 * ARGV[3] is the size. Expect the end in that free(): nothing follows it.
 */
#include "misuse.h"

#include <unistd.h>

int main(int argc, char **argv)
{
	size_t number, size;
	char *p, *others[4];

	REQUIRE(argc == 4, "usage: again|inner number size");
	kt_prove_library();
	number = strtoul(argv[2], NULL, 0);
	size = strtoul(argv[3], NULL, 0);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		others[i] = malloc(size);
	p = malloc(size);
	if (!strcmp(argv[1], "again")) {
		free(p);
		for (size_t i = 0; i < number; i++)
			free(others[i]);
	} else {
		p += number;
	}
	free(p);
	_exit(MISSED);
}
