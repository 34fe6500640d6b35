// SPDX-License-Identifier: MIT
/*
 * misuse/wrong_size.c - a size that the block cannot have
 *
 * freezero() with more bytes than there are, and recallocarray() with an old
 * count that was never asked for. Expect the line before anything is written.
 */
#include "misuse.h"

int main(int argc, char **argv)
{
	void (*freezero)(void *, size_t) = dlsym(RTLD_DEFAULT, "freezero");
	void *(*recallocarray)(void *, size_t, size_t,
			       size_t) = dlsym(RTLD_DEFAULT, "recallocarray");
	size_t n, size;
	char *p;

	REQUIRE(argc == 3, "usage: freezero|recallocarray kind");
	REQUIRE(freezero && recallocarray, "not exported");
	p = block(argv[2]);
	n = size_of(argv[2]);
	size = malloc_usable_size(p);
	if (!strcmp(argv[1], "freezero")) {
		freezero(malloc(n), n); /* what is right is fine */
		freezero(p, size + 1);
	} else {
		free(recallocarray(malloc(n), n / 8, n / 4, 8));
		hide(recallocarray(p, size / 8 + 1, n / 4, 8));
	}
	return MISSED;
}
