// SPDX-License-Identifier: MIT
/*
 * test_aligned.c - memory at a stated alignment, and what is refused
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

#include "shim/exports.h"
#include "shim/shim.h"
#include "support/child.h"

#define MIB (1UL << 20)

/* The smallest class that holds size bytes and is a multiple of align: by
 * trial. */
static size_t smallest(size_t align, size_t size)
{
	for (unsigned int class = 1; class <= NR_SMALL_CLASSES; class ++) {
		size_t room = shim_cache(class)->object_size;

		if (room >= size && room % align == 0)
			return room;
	}
	return 0;
}

/* Alignments up to 32 KiB, sizes up to 40 KiB. Expect the alignment, and the
 * smallest class that can give it, above 16 KiB for 64 at most; else pages. */
static void test_small(void **state)
{
	(void)state;
	for (size_t align = 32; align <= MAX_SMALL; align *= 2) {
		for (size_t size = 0; size < 40000; size += 1 + size / 7) {
			void *p = aligned_alloc(align, size);
			size_t best = smallest(align, size);

			if (best > 16384 && align > 64)
				best = 0;
			assert_non_null(p);
			assert_int_equal((uintptr_t)p % align, 0);
			if (best)
				assert_int_equal(malloc_usable_size(p), best);
			else
				assert_int_equal(malloc_usable_size(p),
						 PAGE_ALIGN(max(size, 1UL)));
			free(p);
		}
	}
}

/* No bytes, and no alignment, after small blocks were freed. Expect what
 * malloc(0) and other alignments give: a block, and EINVAL. */
static void test_nothing(void **state)
{
	void *p[8];

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = malloc(1);
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		free(p[i]);
	for (size_t align = 16; align <= 32768; align *= 2) {
		p[0] = aligned_alloc(align, 0);
		assert_non_null(p[0]);
		assert_int_equal((uintptr_t)p[0] % align, 0);
		free(p[0]);
	}
	errno = 0;
	assert_null(aligned_alloc(0, 1));
	assert_int_equal(errno, EINVAL);
}

/* Alignments that every block has. Expect plain malloc's classes. */
static void test_weak(void **state)
{
	(void)state;
	for (size_t align = 1; align <= MALLOC_ALIGN; align *= 2) {
		void *p = aligned_alloc(align, 100);

		assert_int_equal(malloc_usable_size(p), 112);
		free(p);
	}
}

/* Alignments beyond the classes. Expect them, with whole pages. */
static void test_large(void **state)
{
	(void)state;
	for (size_t align = 65536; align <= 64 * MIB; align *= 4) {
		void *p = memalign(align, 100), *q = memalign(align, 5 * MIB);

		assert_int_equal((uintptr_t)p % align, 0);
		assert_int_equal((uintptr_t)q % align, 0);
		assert_int_equal(malloc_usable_size(p), PAGE_SIZE);
		assert_int_equal(malloc_usable_size(q), 5 * MIB);
		free(p);
		free(q);
	}
}

/* posix_memalign that is refused. Expect the number of the error as its result,
 * the pointer and errno as they were. */
static void test_posix_memalign(void **state)
{
	static const size_t wrong[] = { 0, 1, 2, 3, 4, 7, 12, 24, 48, 4095 };
	void *const was = (void *)0x1234;
	void *p = was;

	(void)state;
	errno = 77;
	for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(posix_memalign(&p, wrong[i], 16), EINVAL);
		assert_ptr_equal(p, was);
	}
	assert_int_equal(posix_memalign(&p, 64, PTRDIFF_MAX), ENOMEM);
	assert_int_equal(posix_memalign(&p, 1UL << 63, 64), ENOMEM);
	assert_int_equal(posix_memalign(&p, 8, SIZE_MAX), ENOMEM);
	assert_ptr_equal(p, was);
	assert_int_equal(posix_memalign(&p, 8, 24), 0);
	assert_int_equal(malloc_usable_size(p), 32);
	free(p);
	assert_int_equal(__posix_memalign(&p, 256, 24), 0);
	assert_int_equal((uintptr_t)p % 256, 0);
	free(p);
	assert_int_equal(errno, 77);
}

/* aligned_alloc at no power of two. Expect EINVAL; at one too large, ENOMEM. */
static void test_aligned_alloc(void **state)
{
	static const size_t wrong[] = { 0, 3, 24, 4097 };

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++) {
		errno = 0;
		assert_null(aligned_alloc(wrong[i], 16));
		assert_int_equal(errno, EINVAL);
	}
	errno = 0;
	assert_null(aligned_alloc(1UL << 63, 16));
	assert_int_equal(errno, ENOMEM);
	errno = 0;
	assert_null(aligned_alloc(64, SIZE_MAX));
	assert_int_equal(errno, ENOMEM);
}

/* memalign at no power of two. Expect the next one; beyond all, EINVAL. */
static void test_memalign(void **state)
{
	void *p[16];

	(void)state;
	for (size_t align = 17; align < 5000; align += align / 2) {
		size_t power = 32;

		while (power < align)
			power *= 2;
		for (unsigned int i = 0; i < ARRAY_SIZE(p); i++) {
			p[i] = memalign(align, 100);
			assert_int_equal((uintptr_t)p[i] % power, 0);
		}
		for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
			free(p[i]);
	}
	p[0] = __libc_memalign(0, 16);
	assert_int_equal(malloc_usable_size(p[0]), 16);
	free(p[0]);
	errno = 0;
	assert_null(memalign((1UL << 63) + 1, 16));
	assert_int_equal(errno, EINVAL);
	errno = 0;
	assert_null(memalign(1UL << 63, 16));
	assert_int_equal(errno, ENOMEM);
}

/* Pages. Expect valloc to align, pvalloc to round up too, or ENOMEM. */
static void test_pages(void **state)
{
	void *p = valloc(100), *q = pvalloc(PAGE_SIZE + 1), *r = pvalloc(0);

	(void)state;
	assert_int_equal((uintptr_t)p % PAGE_SIZE, 0);
	assert_int_equal((uintptr_t)q % PAGE_SIZE, 0);
	assert_int_equal((uintptr_t)r % PAGE_SIZE, 0);
	assert_true(malloc_usable_size(q) >= 2 * PAGE_SIZE);
	assert_true(malloc_usable_size(r) >= PAGE_SIZE);
	free(p);
	free(q);
	free(r);
	p = __libc_valloc(1);
	q = __libc_pvalloc(1);
	assert_int_equal(((uintptr_t)p | (uintptr_t)q) % PAGE_SIZE, 0);
	free(p);
	free(q);
	errno = 0;
	assert_null(pvalloc(SIZE_MAX - 100));
	assert_int_equal(errno, ENOMEM);
	errno = 0;
	assert_null(valloc(SIZE_MAX));
	assert_int_equal(errno, ENOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_weak),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_posix_memalign),
		cmocka_unit_test(test_aligned_alloc),
		cmocka_unit_test(test_memalign),
		cmocka_unit_test(test_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
