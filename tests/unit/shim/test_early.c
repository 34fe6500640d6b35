// SPDX-License-Identifier: MIT
/*
 * test_early.c - blocks for calls that come before this library is relocated
 *
 * Such a call itself is torture.ifunc. Nothing here is early: the heap is used
 * as it would be then, in children, since no block of it comes back.
 */
#include <stdlib.h>
#include <string.h>

#include "shim/early.h"
#include "shim/shim.h"
#include "support/child.h"

/* Blocks of several sizes. Expect zeroed bytes that are aligned, belong to the
 * heap and to no other block, and the size that was asked for. */
static void child_blocks(void *arg)
{
	static const size_t sizes[] = { 1, 0, 15, 16, 17, 100, 4096, 0 };
	char *p[ARRAY_SIZE(sizes)];

	(void)arg;
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		p[i] = early_alloc(sizes[i]);
		REQUIRE(p[i] && (uintptr_t)p[i] % MALLOC_ALIGN == 0);
		REQUIRE(early_owns(p[i]));
		REQUIRE(early_usable_size(p[i]) == sizes[i]);
		for (size_t at = 0; at < sizes[i]; at++)
			REQUIRE(!p[i][at]);
		memset(p[i], (int)i + 1, sizes[i]);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		REQUIRE(early_usable_size(p[i]) == sizes[i]);
		for (size_t at = 0; at < sizes[i]; at++)
			REQUIRE(p[i][at] == (char)(i + 1));
	}
}

/* More than there is, also more than a sum can hold, and all that is left.
 * Expect NULL of the former, with nothing used up, and the last block to end
 * with the heap. */
static void child_exhausted(void *arg)
{
	size_t left = EARLY_SIZE;
	char *p;

	(void)arg;
	REQUIRE(!early_alloc(EARLY_SIZE));
	REQUIRE(!early_alloc(EARLY_SIZE + 1));
	REQUIRE(!early_alloc(SIZE_MAX));
	REQUIRE(!early_alloc(SIZE_MAX - MALLOC_ALIGN));
	do
		left -= MALLOC_ALIGN;
	while (!(p = early_alloc(left)));
	REQUIRE(p + left == early_heap + EARLY_SIZE);
	p[left - 1] = 1;
	REQUIRE(!early_alloc(1));
}

/* Blocks of no bytes until there are no more. Expect each to be known as one of
 * the heap, the last one too: free() and realloc() ask by the address. */
static void child_no_bytes(void *arg)
{
	unsigned int nr = 0;
	char *p;

	(void)arg;
	REQUIRE(early_alloc(EARLY_SIZE / 2));
	REQUIRE(early_alloc(1));
	while ((p = early_alloc(0))) {
		REQUIRE(early_owns(p));
		nr++;
	}
	REQUIRE(nr > 100);
	p = early_heap + EARLY_SIZE;
	REQUIRE(!early_owns(p));
}

/* A block is copied to fewer, as many and more bytes. Expect its own bytes, and
 * those behind them untouched. */
static void child_copy(void *arg)
{
	char *p = early_alloc(20), to[32];

	(void)arg;
	memset(p, 7, 20);
	for (size_t size = 19; size <= 21; size++) {
		size_t copied = min(size, 20UL);

		memset(to, 1, sizeof(to));
		early_copy(to, p, size);
		REQUIRE(to[copied - 1] == 7);
		REQUIRE(to[copied] == 1);
	}
}

/* Early blocks in the calls that come later. Expect free() to leave them, and
 * realloc() to copy them into a block of the engine. */
static void child_later(void *arg)
{
	char *p = early_alloc(40), *q;

	(void)arg;
	REQUIRE(!is_early());
	memset(p, 9, 40);
	free(p);
	REQUIRE(p[39] == 9);
	q = realloc(p, 100);
	REQUIRE(q && !early_owns(q) && q[0] == 9 && q[39] == 9);
	free(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_blocks),   child_test(child_exhausted),
		child_test(child_no_bytes), child_test(child_copy),
		child_test(child_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
