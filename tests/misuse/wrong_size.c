// SPDX-License-Identifier: MIT
/*
 * misuse/wrong_size.c - a size that the block cannot have
 *
 * freezero(), free_sized() and free_aligned_sized() with more bytes than there
 * are, and recallocarray() with an old count that was never asked for. Expect
 * the line before anything is written.
 */
#include "misuse.h"

int main(int argc, char **argv)
{
	void (*freezero)(void *, size_t) = dlsym(RTLD_DEFAULT, "freezero");
	void *(*recallocarray)(void *, size_t, size_t,
			       size_t) = dlsym(RTLD_DEFAULT, "recallocarray");
	void (*free_sized)(void *, size_t) = dlsym(RTLD_DEFAULT, "free_sized");
	void (*free_aligned_sized)(void *, size_t, size_t) = dlsym(
		RTLD_DEFAULT, "free_aligned_sized");
	size_t n, size;
	char *p;

	REQUIRE(argc == 3, "usage: FUNCTION kind");
	REQUIRE(freezero && recallocarray, "not exported");
	p = block(argv[2]);
	n = size_of(argv[2]);
	size = malloc_usable_size(p);
	if (!strcmp(argv[1], "free_sized")) {
		free_sized(NULL, n);
		free_sized(malloc(n), n); /* what is right is fine */
		free_sized(p, size + 1);
	} else if (!strcmp(argv[1], "free_aligned_sized")) {
		free_aligned_sized(NULL, 64, n);
		free_aligned_sized(aligned_alloc(64, n), 64, n);
		free_aligned_sized(p, 64, size + 1);
	} else if (!strcmp(argv[1], "freezero")) {
		freezero(malloc(n), n); /* what is right is fine */
		freezero(p, size + 1);
	} else {
		free(recallocarray(malloc(n), n / 8, n / 4, 8));
		hide(recallocarray(p, size / 8 + 1, n / 4, 8));
	}
	return MISSED;
}
