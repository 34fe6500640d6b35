// SPDX-License-Identifier: MIT
/*
 * misuse/interior.c - an address inside a page run or area
 *
 * Offsets from ARGV[3], or the last 16 bytes. Expect "is inside a block".
 */
#include "misuse.h"

int main(int argc, char **argv)
{
	size_t offset;

	REQUIRE(argc == 4, "usage: how kind offset|last");
	offset = strcmp(argv[3], "last") ? (size_t)atol(argv[3]) :
					   size_of(argv[2]) - 16;
	return commit(argv[1], block(argv[2]) + offset);
}
