// SPDX-License-Identifier: MIT
/*
 * misuse/stack.c - an address on a stack
 *
 * The own stack. Expect "is on a stack".
 */
#include "misuse.h"

int main(int argc, char **argv)
{
	_Alignas(16) char local[256];

	REQUIRE(argc == 2, "usage: how");
	memset(local, 0, sizeof(local));
	return commit(argv[1], hide(local + 64));
}
