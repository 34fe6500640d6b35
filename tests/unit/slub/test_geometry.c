// SPDX-License-Identifier: MIT
/*
 * test_geometry.c - size, order and limits, for machines of any size
 */
#include <errno.h>

#include "diag/param.h"
#include "fixture.h"
#include "kmem/order.h"
#include "kmem/slab_ops.h"

/* Objects a slab and orders of docs/kernel.md U6. Expect each of them. */
static void test_orders(void **state)
{
	static const struct {
		unsigned int cpus, size, objects, order;
	} golden[] = {
		{ 4, 256, 16, 0 },  { 4, 512, 16, 1 },	   { 4, 1024, 16, 2 },
		{ 4, 2048, 16, 3 }, { 4, 4096, 8, 3 },	   { 4, 8192, 4, 3 },
		{ 8, 256, 32, 1 },  { 8, 512, 32, 2 },	   { 8, 1024, 32, 3 },
		{ 8, 192, 21, 0 },  { 16, 192, 42, 1 },	   { 8, 320, 25, 1 },
		{ 8, 700, 23, 2 },  { 8, 1000, 32, 3 },	   { 8, 1500, 21, 3 },
		{ 8, 3000, 10, 3 }, { 8, 5000, 6, 3 },	   { 4, 8, 512, 0 },
		{ 8, 8, 512, 0 },   { 16, 8, 512, 0 },	   { 8, 16, 256, 0 },
		{ 8, 32, 128, 0 },  { 8, 64, 64, 0 },	   { 8, 96, 42, 0 },
		{ 8, 128, 32, 0 },  { 8, 32768, 1, 3 },	   { 8, 32769, 1, 4 },
		{ 8, 65536, 1, 4 }, { 8, 4 << 20, 1, 10 }, { 1, 470, 17, 1 },
		{ 1, 1000, 8, 1 },  { 8, 12000, 2, 3 }, /* a quarter is lost */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
		struct kmem_cache s = shape(golden[i].cpus, golden[i].size, 0,
					    0, NULL);

		if (s.oo_objects != golden[i].objects ||
		    s.oo_order != golden[i].order)
			fail_msg("size %u, %u CPUs: %u objects, order %u",
				 golden[i].size, golden[i].cpus, s.oo_objects,
				 s.oo_order);
		assert_int_equal(s.min_order, get_order(s.size));
	}
}

/* What the command line says of orders, by either name (U6, X4). Expect it to
 * be held to: 8 CPUs would make it order 3 and 32 objects. */
static void test_order_parameters(void **state)
{
	static const struct {
		const char *cmdline;
		unsigned int size, objects, order;
	} golden[] = {
		{ "slab_max_order=1", 1024, 8, 1 },
		{ "slub_max_order=0", 1024, 4, 0 },
		{ "slab_max_order=0", 9000, 1, 2 }, /* it has to hold one */
		{ "slab_min_order=2", 64, 256, 2 },
		{ "slub_min_order=5", 1024, 128, 5 },
		{ "slab_max_order=1 slab_min_order=4", 1024, 64, 4 },
		{ "slab_min_order=4 slab_max_order=1", 1024, 8, 1 },
		{ "slab_min_objects=4", 1024, 4, 0 },
		{ "slub_min_objects=8", 1024, 8, 1 },
		{ "slab_min_order=10 slab_max_order=10", 8, 16384, 5 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
		struct kmem_cache s;

		parse_args(golden[i].cmdline);
		s = shape(8, golden[i].size, 0, 0, NULL);
		slab_max_order = -1;
		slab_min_order = 0;
		slab_min_objects = 0;
		if (s.oo_objects != golden[i].objects ||
		    s.oo_order != golden[i].order)
			fail_msg("%s: %u objects, order %u", golden[i].cmdline,
				 s.oo_objects, s.oo_order);
	}
}

/* Slabs of 4 to 128 KiB, of which a node may keep 64 KiB empty. Expect so many
 * kept, but one at least, and no more than by the kernel's rule. */
static void test_empty_bytes(void **state)
{
	static const unsigned int golden[][3] = {
		{ 256, 0, 5 },	{ 256, 3, 2 },	{ 2048, 3, 2 }, { 2048, 4, 1 },
		{ 4096, 5, 1 }, { 1024, 2, 4 }, { 4096, 2, 4 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
		struct kmem_cache s = { .size = golden[i][0],
					.oo_order = (u8)golden[i][1],
					.oo_objects = 16,
					.empty_bytes = 64 << 10 };

		calculate_partials(&s);
		if (s.min_partial != golden[i][2])
			fail_msg("size %u, order %u: %u kept", golden[i][0],
				 golden[i][1], s.min_partial);
	}
}

/*
 * Lengths of the partial lists of docs/kernel.md U5, for 8 CPUs. Expect them;
 * in the form 7.0 none of CPUs.
 */
static void test_partials(void **state)
{
	static const unsigned int golden[][2] = {
		{ 8, 1 },    { 16, 1 },	  { 32, 2 },   { 64, 4 },  { 96, 6 },
		{ 128, 8 },  { 192, 12 }, { 256, 4 },  { 512, 4 }, { 1024, 2 },
		{ 2048, 3 }, { 4096, 2 }, { 8192, 3 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
		struct kmem_cache s = shape(8, golden[i][0], 0, 0, NULL);
		unsigned int slabs = s.cpu_slab ? golden[i][1] : 0;

		if (s.cpu_partial_slabs != slabs)
			fail_msg("size %u: %u cpu partial slabs", golden[i][0],
				 s.cpu_partial_slabs);
		assert_int_equal(s.min_partial, golden[i][0] >= 4096 ? 6 : 5);
	}
	assert_int_equal(shape(8, 4 << 20, 0, 0, NULL).min_partial, 10);
}

static void no_ctor(void *obj)
{
	(void)obj;
}

/* Where the free pointer lies (U8). Expect the middle of the object, or behind
 * it where a constructor built something. */
static void test_freepointer(void **state)
{
	static const unsigned int sizes[] = { 1, 8, 15, 16, 24, 100, 4096 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct kmem_cache s = shape(4, sizes[i], 0, 0, NULL);

		assert_int_equal(s.offset, sizes[i] / 2 / 8 * 8);
		assert_int_equal(s.size, (sizes[i] + 7) / 8 * 8);
		assert_true(s.offset + sizeof(void *) <= s.size);
		s = shape(4, sizes[i], 0, 0, no_ctor);
		assert_int_equal(s.offset, (sizes[i] + 7) / 8 * 8);
		assert_int_equal(s.size, s.offset + 8);
	}
}

/* Alignment (U9). Expect at least 8, what was asked for, and with
 * SLAB_HWCACHE_ALIGN the part of a cache line that fits the object. */
static void test_alignment(void **state)
{
	static const unsigned int golden[][2] = {
		{ 1, 8 },   { 8, 8 },	{ 9, 16 },  { 16, 16 },
		{ 17, 32 }, { 32, 32 }, { 33, 64 }, { 100, 64 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
		struct kmem_cache s = shape(4, golden[i][0], 0,
					    SLAB_HWCACHE_ALIGN, NULL);

		assert_int_equal(s.align, golden[i][1]);
		assert_int_equal(s.size % golden[i][1], 0);
	}
	assert_int_equal(shape(4, 20, 4096, 0, NULL).size, 4096);
	assert_int_equal(shape(4, 20, 4, 0, NULL).align, 8);
	assert_int_equal(shape(4, 20, 128, SLAB_HWCACHE_ALIGN, NULL).align,
			 128);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_order_parameters),
		cmocka_unit_test(test_partials),
		cmocka_unit_test(test_empty_bytes),
		cmocka_unit_test(test_freepointer),
		cmocka_unit_test(test_alignment),
	};

	return cmocka_run_group_tests(tests, slub_start, NULL);
}
