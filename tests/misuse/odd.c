// SPDX-License-Identifier: MIT
/*
 * misuse/odd.c - blocks of another allocator that are not 16-byte aligned
 *
 * Expect them passed on: a pointer's owner is found first, and how it is
 * aligned is judged of our own alone.
 */
#include "misuse.h"

void *odd_take(void);
int odd_frees(void);

int main(void)
{
	char *p, *q;
	int i;

	kt_prove_library();
	for (i = 0; i < 10; i++) {
		p = odd_take();
		REQUIRE((uintptr_t)p % 16 == 8, "%p is not odd", (void *)p);
		CHECK(malloc_usable_size(hide(p)) == 24, "usable size");
		strcpy(p, "kept");
		q = realloc(hide(p), 24);
		CHECK(!strcmp(q, "kept"), "contents lost");
		free(hide(q));
	}
	CHECK(odd_frees() == 20, "%d of 20 were passed on", odd_frees());
	return check_status();
}
