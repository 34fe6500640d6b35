// SPDX-License-Identifier: MIT
/*
 * misuse/misaligned.c - an address that is not 16-byte aligned
 *
 * A block's address plus ARGV[3]. Expect the line of that fault, then SIGABRT.
 */
#include "misuse.h"

int main(int argc, char **argv)
{
	REQUIRE(argc == 4, "usage: how kind offset");
	return commit(argv[1], block(argv[2]) + atoi(argv[3]));
}
