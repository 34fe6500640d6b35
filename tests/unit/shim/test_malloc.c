// SPDX-License-Identifier: MIT
/*
 * test_malloc.c - malloc, free, calloc and realloc, small and large
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

#include "shim/exports.h"
#include "shim/shim.h"
#include "support/child.h"

#define KIB (1UL << 10)
#define MIB (1UL << 20)

/* Behind a page run, an area, and what is small. */
static const size_t sizes[] = { 0,	1,    16,      17,	    100,
				1000,	4096, 5000,    32768,	    32769,
				100000, MIB,  4 * MIB, 4 * MIB + 1, 9 * MIB };

static void fill(void *p, size_t size, unsigned int seed)
{
	for (size_t i = 0; i < size; i += i < 64 ? 1 : 61)
		((unsigned char *)p)[i] = (unsigned char)(seed + i);
	if (size)
		((unsigned char *)p)[size - 1] = (unsigned char)(seed + size);
}

/* Are the first `size` bytes as fill() left them for `filled` bytes? */
static int holds(const void *p, size_t size, size_t filled, unsigned int seed)
{
	const unsigned char *at = p;

	for (size_t i = 0; i < size; i += i < 64 ? 1 : 61)
		if (i != filled - 1 && at[i] != (unsigned char)(seed + i))
			return 0;
	return size < filled || !filled ||
	       at[filled - 1] == (unsigned char)(seed + filled);
}

static int is_zero(const unsigned char *p, size_t size)
{
	while (size && !p[size - 1])
		size--;
	return !size;
}

/* A block of every kind. Expect it aligned to 16, of that size or more, with
 * memory of its own, and errno untouched on both ways. */
static void test_kinds(void **state)
{
	void *p[ARRAY_SIZE(sizes)];

	(void)state;
	errno = 77;
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		p[i] = malloc(sizes[i]);
		assert_non_null(p[i]);
		assert_int_equal((uintptr_t)p[i] % MALLOC_ALIGN, 0);
		assert_true(malloc_usable_size(p[i]) >= sizes[i]);
		fill(p[i], malloc_usable_size(p[i]), i);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t usable = malloc_usable_size(p[i]);

		assert_true(holds(p[i], usable, usable, i));
		free(p[i]);
	}
	free(NULL);
	assert_int_equal(errno, 77);
	assert_int_equal(malloc_usable_size(NULL), 0);
}

/* Two blocks of no bytes. Expect two addresses. */
static void test_zero_size(void **state)
{
	void *p = malloc(0), *q = malloc(0);

	(void)state;
	assert_non_null(p);
	assert_non_null(q);
	assert_ptr_not_equal(p, q);
	free(p);
	free(q);
}

/* Sizes that no address space has. Expect NULL and ENOMEM from each call. */
static void test_absurd(void **state)
{
	static const size_t absurd[] = { SIZE_MAX, SIZE_MAX - 4096,
					 (size_t)PTRDIFF_MAX + 1, PTRDIFF_MAX };
	void *p = malloc(10);

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(absurd); i++) {
		errno = 0;
		assert_null(malloc(absurd[i]));
		assert_int_equal(errno, ENOMEM);
		errno = 0;
		assert_null(calloc(1, absurd[i]));
		assert_int_equal(errno, ENOMEM);
		errno = 0;
		assert_null(realloc(p, absurd[i]));
		assert_int_equal(errno, ENOMEM);
	}
	errno = 0;
	assert_null(calloc(1UL << 33, 1UL << 33));
	assert_int_equal(errno, ENOMEM);
	errno = 0;
	assert_null(reallocarray(p, 1UL << 33, 1UL << 33));
	assert_int_equal(errno, ENOMEM);
	free(p);
}

/* calloc of memory that was full of other bytes before. Expect zeroes. */
static void test_calloc_zero(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (int round = 0; round < 3; round++) {
			unsigned char *p = malloc(sizes[i]);

			memset(p, 0xa5, malloc_usable_size(p));
			free(p);
			p = calloc(1, sizes[i]);
			assert_non_null(p);
			assert_true(is_zero(p, sizes[i]));
			memset(p, 0x5a, sizes[i]);
			free(p);
		}
	}
	free(calloc(0, 8));
	free(calloc(8, 0));
}

/* calloc of every size up to 2,000 bytes, where other bytes were and are
 * behind it. Expect zeroes, and the next object as it was. */
static void test_calloc_sizes(void **state)
{
	(void)state;
	for (size_t size = 0; size <= 2000; size++) {
		unsigned char *p[3];
		size_t usable;

		for (unsigned int i = 0; i < 3; i++) {
			p[i] = malloc(size);
			usable = malloc_usable_size(p[i]);
			memset(p[i], 0xa5, usable);
		}
		free(p[1]);
		p[1] = calloc(1, size);
		assert_true(is_zero(p[1], size));
		for (size_t at = 0; at < usable; at++)
			assert_true(p[0][at] == 0xa5 && p[2][at] == 0xa5);
		for (unsigned int i = 0; i < 3; i++)
			free(p[i]);
	}
}

/* realloc of objects of each class to each size near it. Expect the block to
 * stay while it is more than half full, as the slow function has it. */
static void test_realloc_stays(void **state)
{
	(void)state;
	for (size_t room = 16; room <= 1024; room += 16) {
		char *p = malloc(room);
		size_t usable = malloc_usable_size(p);

		for (size_t size = usable / 2 + 1; size <= usable; size++)
			assert_ptr_equal(realloc(p, size), p);
		assert_int_equal(malloc_usable_size(p), usable);
		strcpy(p, "kept");
		p = realloc(p, usable / 2);
		assert_int_equal(malloc_usable_size(p),
				 shim_cache_for(usable / 2)->object_size);
		assert_string_equal(p, "kept");
		free(p);
	}
}

/* realloc from every kind to every kind. Expect what both sizes have in common
 * kept, and errno too. */
static void test_realloc_kinds(void **state)
{
	(void)state;
	errno = 77;
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (unsigned int j = 0; j < ARRAY_SIZE(sizes); j++) {
			size_t common = min(sizes[i], sizes[j]);
			void *p = malloc(sizes[i]), *q;

			fill(p, sizes[i], i + j);
			q = realloc(p, sizes[j]);
			if (!sizes[j]) {
				assert_null(q);
				continue;
			}
			assert_non_null(q);
			assert_true(malloc_usable_size(q) >= sizes[j]);
			assert_true(holds(q, common, sizes[i], i + j));
			free(q);
		}
	}
	assert_int_equal(errno, 77);
}

/* A small object that is resized. Expect it where it is while it fills more
 * than half of its class, and moved to a smaller class below that. */
static void test_in_place(void **state)
{
	void *p = malloc(1000), *q;

	(void)state;
	assert_int_equal(malloc_usable_size(p), 1024);
	assert_ptr_equal(realloc(p, 1024), p);
	assert_ptr_equal(realloc(p, 513), p);
	q = realloc(p, 512);
	assert_ptr_not_equal(q, p);
	assert_int_equal(malloc_usable_size(q), 512);
	free(q);
}

/* A buffer that grows in small steps. Expect room for a quarter more when it
 * moves; one that doubles gets what it asks for. */
static void test_room(void **state)
{
	void *p = malloc(1024);

	(void)state;
	p = realloc(p, 1025);
	assert_int_equal(malloc_usable_size(p), 1280);
	p = realloc(p, 2560);
	assert_int_equal(malloc_usable_size(p), 2560);
	p = realloc(p, 2561);
	assert_int_equal(malloc_usable_size(p), 3328);
	free(p);
}

/* realloc without a block, and reallocarray. Expect malloc's, and a product. */
static void test_reallocarray(void **state)
{
	char *p = reallocarray(NULL, 10, 10);

	(void)state;
	assert_non_null(p);
	strcpy(p, "kept");
	assert_int_equal(malloc_usable_size(p), 112);
	p = reallocarray(p, 1000, 100);
	assert_true(malloc_usable_size(p) >= 100000);
	assert_string_equal(p, "kept");
	assert_null(reallocarray(p, 0, 8));
	p = realloc(NULL, 40);
	assert_int_equal(malloc_usable_size(p), 48);
	free(p);
}

/* The other ways to free, and libc's names. Expect the memory back each
 * time. */
static void test_other_names(void **state)
{
	size_t before = mallinfo2().uordblks;

	(void)state;
	free_sized(malloc(200), 200);
	free_aligned_sized(memalign(64, 200), 64, 200);
	cfree(malloc(200));
	__libc_free(__libc_malloc(200));
	__libc_cfree(__libc_realloc(__libc_calloc(2, 100), 50 * KIB));
	assert_int_equal(mallinfo2().uordblks, before);
}

/* ---- freed blocks ---------------------------------------------------------*/

#define NR_FREED 17

struct freed {
	size_t size; /* realloc() to this; 0: malloc_usable_size() */
	unsigned int between; /* frees of the same class that follow */
};

static void child_freed(void *arg)
{
	const struct freed *freed = arg;
	void *p[NR_FREED + 1];

	for (unsigned int i = 0; i <= NR_FREED; i++)
		p[i] = malloc(100);
	for (unsigned int i = 0; i <= freed->between; i++)
		free(p[i]);
	if (freed->size)
		p[1] = realloc(p[0], freed->size);
	else
		p[1] = (void *)malloc_usable_size(p[0]);
	REQUIRE(p[1]);
}

/* Small blocks that this thread freed last, asked about and resized, in place
 * and to another one. Expect a line as far back as is looked, and none
 * further. */
static void test_freed(void **state)
{
	static const struct {
		const char *function;
		size_t size;
		unsigned int seen;
	} cases[] = {
		{ "malloc_usable_size", 0, 2 },
		{ "realloc", 110, 2 },
		{ "realloc", 200, 16 },
		{ "realloc", 40, 16 },
	};
	char text[64];

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct freed freed = { cases[i].size, 0 };

		snprintf(text, sizeof(text), "kmalloc: %s(): 0x",
			 cases[i].function);
		for (; freed.between < NR_FREED; freed.between++) {
			struct child_end end;

			child_run(child_freed, &freed, &end);
			if (freed.between >= cases[i].seen) {
				assert_null(strstr(end.err, "already"));
				continue;
			}
			assert_non_null(strstr(
				end.err, " was freed already (malloc-112)\n"));
			assert_ptr_equal(strstr(end.err, text), end.err);
		}
	}
}

/* Twice, so that the sheaf has been used before. */
static void free_inner(void *arg)
{
	size_t size = *(const size_t *)arg;

	for (int i = 0; i < 2; i++)
		free(malloc(size));
	free((char *)malloc(size) + MALLOC_ALIGN);
}

/* A pointer into a block is freed. Expect the line that says so. */
static void test_not_a_start(void **state)
{
	static size_t inner[] = { 32, 100, 1000, 5000, 32768 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(inner); i++)
		expect_abort(free_inner, &inner[i], "kmalloc: free()");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_zero_size),
		cmocka_unit_test(test_absurd),
		cmocka_unit_test(test_calloc_zero),
		cmocka_unit_test(test_calloc_sizes),
		cmocka_unit_test(test_realloc_stays),
		cmocka_unit_test(test_realloc_kinds),
		cmocka_unit_test(test_in_place),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_reallocarray),
		cmocka_unit_test(test_other_names),
		cmocka_unit_test(test_freed),
		cmocka_unit_test(test_not_a_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
