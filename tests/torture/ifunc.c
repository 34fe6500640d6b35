// SPDX-License-Identifier: MIT
/*
 * torture/ifunc.c - malloc in resolvers, before main() and before ld.so is done
 *
 * Expect the blocks to be there with what was written, and to be like others
 * afterwards: their sizes are known, they can be resized and freed.
 */
#include "ifunc.h"

#include "support/program.h"

static void check(struct ifunc_blocks *b)
{
	for (int i = 0; i < FREED; i++) {
		unsigned char *p = b->block[i];
		size_t filled = i == REALLOC ? 10 :
				i == CALLOC  ? 0 :
					       b->size[i];

		REQUIRE(p, "block %d is missing", i);
		CHECK((uintptr_t)p % 16 == 0, "block %d at %p", i, (void *)p);
		CHECK(malloc_usable_size(p) >= b->size[i], "block %d: %zu", i,
		      malloc_usable_size(p));
		for (size_t k = 0; k < filled; k++)
			REQUIRE(p[k] == (unsigned char)(i + (int)k),
				"block %d at %zu", i, k);
	}
	CHECK(first_nonzero(b->block[CALLOC], 3000) == 3000, "calloc");
	REQUIRE(b->block[FREED], "the block that was freed");
}

/* Each in another way; what is kept is written to the end. */
static void give_back(struct ifunc_blocks *b)
{
	unsigned char *p = realloc(b->block[MALLOC], 5000);

	REQUIRE(p, "realloc");
	for (int k = 0; k < 100; k++)
		CHECK(p[k] == (unsigned char)(MALLOC + k), "at %d", k);
	memset(p, 1, 5000);
	free(p);
	memset(b->block[CALLOC], 1, 3000);
	free(b->block[CALLOC]);
	CHECK(!realloc(b->block[REALLOC], 0), "realloc to 0");
	p = realloc(b->block[LARGE], 10);
	CHECK(p && p[9] == (unsigned char)(LARGE + 9), "shrunk");
	free(p);
}

int main(void)
{
	kt_prove_library();
	REQUIRE(call_first() == 1 && second() == 2, "not resolved");
	for (int i = 0; i < 2; i++) {
		struct ifunc_blocks *b = ifunc_blocks(i);

		CHECK(b->resolved == 1, "resolved %d times", b->resolved);
		check(b);
		give_back(b);
	}
	for (int i = 0; i < 10000; i++)
		free(malloc((size_t)i * 7));
	return check_status();
}
