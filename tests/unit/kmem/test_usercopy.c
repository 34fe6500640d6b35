// SPDX-License-Identifier: MIT
/*
 * test_usercopy.c - the window of an object, byte by byte (docs/kernel.md D15)
 *
 * Whole requests, and memory that is in no slab, are unit.api.usercopy.
 */
#include "fake.h"
#include "kmem/slab_ops.h"
#include "kmem/usercopy.h"

#define SIZE 64 /* of an object */
#define PAD 16 /* red zone in front of each */
#define NR 4

static char slab_bytes[NR * SIZE];

/* The object that holds addr, behind its red zone; none behind the last. */
static void *object_of(struct kmem_cache *s, const void *addr)
{
	size_t at = (size_t)((const char *)addr - slab_bytes);

	(void)s;
	return at < sizeof(slab_bytes) ? slab_bytes + at / SIZE * SIZE + PAD :
					 NULL;
}

static struct slab_ops ops = { .object_of = object_of };
static struct kmem_cache cache = { .name = "windowed",
				   .ops = &ops,
				   .size = SIZE };
static const struct page slab = { .slab_cache = &cache };

struct copy {
	unsigned long at; /* the first byte in slab_bytes */
	unsigned long n;
	enum usercopy_dir dir;
};

static void check(void *arg)
{
	const struct copy *c = arg;

	__check_heap_object(slab_bytes + c->at, c->n, &slab, c->dir);
}

static bool refused(unsigned long at, unsigned long n, const char *phrase)
{
	struct copy c = { at, n, USERCOPY_EXPOSURE };

	return child_aborts(check, &c, phrase);
}

static void window(unsigned int offset, unsigned int size)
{
	cache.useroffset = offset;
	cache.usersize = size;
}

/* Copies of each start and length in an object with a window of 8 bytes. Expect
 * exactly those inside it to pass; the call returns only then. */
static void test_window(void **state)
{
	(void)state;
	window(10, 8);
	for (unsigned long at = 10; at <= 18; at++)
		for (unsigned long n = 0; n <= 18 - at; n++)
			check(&(struct copy){ PAD + at, n, 0 });
	assert_true(refused(PAD + 9, 1, "'windowed' (offset 9, size 1)!"));
	assert_true(refused(PAD + 9, 0, "(offset 9, size 0)!"));
	assert_true(refused(PAD + 10, 9, "(offset 10, size 9)!"));
	assert_true(refused(PAD + 18, 1, "(offset 18, size 1)!"));
	assert_true(refused(PAD + 19, 0, "(offset 19, size 0)!"));
	assert_true(refused(PAD + 17, -1UL, "(offset 17, size 1844"));
}

/* The third object. Expect offsets to be counted from its own start. */
static void test_other_object(void **state)
{
	unsigned long start = 2 * SIZE + PAD;

	(void)state;
	window(0, 8);
	check(&(struct copy){ start, 8, 0 });
	assert_true(refused(start + 1, 8, "(offset 1, size 8)!"));
}

/* No window. Expect no byte to be allowed. */
static void test_closed(void **state)
{
	(void)state;
	window(0, 0);
	assert_true(refused(PAD, 1, "(offset 0, size 1)!"));
}

/* A red zone, and bytes behind the last object. Expect both to be named. */
static void test_outside(void **state)
{
	(void)state;
	window(0, SIZE - PAD);
	assert_true(refused(SIZE + 1, 1,
			    "SLUB object in left red zone "
			    "'windowed' (offset 49, size 1)!"));
	assert_true(refused(NR * SIZE, 1,
			    "SLUB object not in SLUB page?! (offset 0, "));
}

/* Both directions, both backends. Expect the kernel's words. */
static void test_words(void **state)
{
	struct copy c = { PAD, 49, USERCOPY_OVERWRITE };

	(void)state;
	window(0, SIZE - PAD);
	ops.flag = KM_SLAB_ON_SLAB;
	assert_true(child_aborts(check, &c,
				 "usercopy: Kernel memory overwrite attempt "
				 "detected to SLAB object 'windowed' (offset "
				 "0, size 49)!\n"));
	ops.flag = KM_SLAB_ON_SLUB;
	c.dir = USERCOPY_EXPOSURE;
	assert_true(child_aborts(check, &c,
				 "usercopy: Kernel memory exposure attempt "
				 "detected from SLUB object 'windowed' "
				 "(offset 0, size 49)!\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_other_object),
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_outside),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
