// SPDX-License-Identifier: MIT
/*
 * test_geometry.c - size, order, place of the freelist, colours, limits
 */
#include <errno.h>

#include "diag/param.h"
#include "fixture.h"
#include "kmem/order.h"
#include "support/classes.h"

static void no_ctor(void *obj)
{
	(void)obj;
}

/* Lay out a cache that never holds an object. */
static struct kmem_cache shape(unsigned int size, unsigned int align,
			       slab_flags_t flags, void (*ctor)(void *))
{
	struct kmem_cache s = { .object_size = size,
				.align = align,
				.flags = flags,
				.ctor = ctor };

	assert_int_equal(slab_setup(&s), 0);
	return s;
}

struct golden {
	unsigned int size;
	enum freelist_place place;
	unsigned int num, order, colour;
};

static void expect_shape(const struct golden *g, slab_flags_t flags,
			 void (*ctor)(void *))
{
	struct kmem_cache s = shape(g->size, 0, flags, ctor);

	if (s.freelist_place != g->place || s.num != g->num ||
	    s.gfporder != g->order || s.colour != g->colour)
		fail_msg("%u bytes: place %d, num %u, order %u, colour %u",
			 g->size, (int)s.freelist_place, s.num, s.gfporder,
			 s.colour);
	assert_int_equal(s.freelist_size, s.num);
	assert_int_equal(!s.freelist_cache, g->place != FREELIST_OFF);
}

/*
 * The caches of docs/kernel.md S10, of plain caches and of kmalloc, which
 * aligns to cache lines. Expect each of them. */
static void test_goldens(void **state)
{
	static const struct golden lines[] = {
		{ 32, FREELIST_ON, 124, 0, 0 },
		{ 64, FREELIST_OBJ, 64, 0, 0 },
		{ 96, FREELIST_OBJ, 32, 0, 0 },
		{ 192, FREELIST_OBJ, 21, 0, 1 },
		{ 256, FREELIST_OBJ, 16, 0, 0 },
		{ 512, FREELIST_OBJ, 8, 0, 0 },
		{ 1024, FREELIST_OBJ, 4, 0, 0 },
		{ 2048, FREELIST_OBJ, 2, 0, 0 },
		{ 4096, FREELIST_OBJ, 1, 0, 0 },
		{ 8192, FREELIST_OBJ, 1, 1, 0 },
	};
	static const struct golden plain[] = {
		{ 16, FREELIST_ON, 240, 0, 0 },
		{ 24, FREELIST_ON, 163, 0, 0 },
		{ 40, FREELIST_ON, 99, 0, 0 },
		{ 48, FREELIST_ON, 83, 0, 0 },
		{ 104, FREELIST_OBJ, 39, 0, 0 },
		{ 320, FREELIST_OBJ, 12, 0, 4 },
		{ 704, FREELIST_OBJ, 11, 1, 7 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		expect_shape(&lines[i], SLAB_HWCACHE_ALIGN, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		expect_shape(&plain[i], 0, NULL);
	assert_int_equal(shape(96, 0, SLAB_HWCACHE_ALIGN, NULL).size, 128);
}

/* Objects with a constructor (S7). Expect nothing to be kept in a free one:
 * the freelist in a kmalloc object that is small beside them, or, where the
 * slab has room or there is no such cache, in the slab. */
static void test_constructed(void **state)
{
	static const struct golden golden[] = {
		{ 64, FREELIST_ON, 63, 0, 0 },
		{ 128, FREELIST_OFF, 32, 0, 0 },
		{ 256, FREELIST_OFF, 16, 0, 0 },
		{ 320, FREELIST_ON, 12, 0, 3 },
		{ 512, FREELIST_OFF, 8, 0, 0 },
		{ 4096, FREELIST_OFF, 1, 0, 0 },
		{ 8192, FREELIST_OFF, 1, 1, 0 },
		{ 8, FREELIST_ON, 240, 0, 0 },
		{ 4 << 20, FREELIST_OFF, 1, 10, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(golden); i++)
		expect_shape(&golden[i], 0, no_ctor);
	assert_int_equal(
		shape(512, 0, SLAB_TYPESAFE_BY_RCU, NULL).freelist_place,
		FREELIST_OFF);
	assert_int_equal(
		shape(512, 0, SLAB_NOLEAKTRACE, no_ctor).freelist_place,
		FREELIST_ON);
}

/* Expect no order up to 3 to leave half as much, or less, in a slab. */
static void expect_no_better(const struct kmem_cache *s, size_t left)
{
	size_t share = left * PAGE_SIZE / (PAGE_SIZE << s->gfporder);

	for (unsigned int order = 0; order <= 3; order++) {
		size_t bytes = PAGE_SIZE << order;
		size_t num = bytes / s->size;

		if (!num || num > SLAB_OBJ_MAX_NUM)
			continue;
		if ((bytes - num * s->size) * 2 * PAGE_SIZE <= share * bytes)
			fail_msg("%u bytes: order %u", s->object_size, order);
	}
}

/* Every size, with and without constructor and alignment (S7-S9). Expect the
 * objects, and the freelist where it is in the slab, to fit into it; at most
 * 255 of them; and a sixteenth of the slab lost at most, or no order up to 3
 * that loses half as much or less. An address alone says what it is where a
 * slab has no other colour than none. */
static void test_every_size(void **state)
{
	static const unsigned int aligns[] = { 0, 16, 64, 512, 4096 };

	(void)state;
	for (unsigned int size = 1; size <= 20000; size += 1 + size / 200)
		for (unsigned int i = 0; i < 2 * ARRAY_SIZE(aligns); i++) {
			struct kmem_cache s = shape(size, aligns[i / 2], 0,
						    i % 2 ? no_ctor : NULL);
			size_t bytes = PAGE_SIZE << s.gfporder, used;

			used = (size_t)s.num * s.size;
			if (s.freelist_place == FREELIST_ON)
				used += s.num;
			assert_in_range(s.num, 1, SLAB_OBJ_MAX_NUM);
			assert_in_range(used, 1, bytes);
			if ((bytes - used) * 16 > bytes)
				expect_no_better(&s, bytes - used);
			assert_int_equal(s.colour,
					 (bytes - used) / s.colour_off);
			assert_int_equal(s.size % s.align, 0);
			assert_int_equal(s.colour_off % s.align, 0);
			assert_true(s.size >= SLAB_OBJ_MIN_SIZE);
			assert_int_equal(s.oo_bytes,
					 s.colour > 1 ? 0 : s.num * s.size);
		}
}

/* What may lie about for long: reclaimable caches, and caches whose owner
 * wants larger slabs. Expect the first the smallest order that holds an
 * object, the others to lose a sixteenth at most. */
static void test_orders(void **state)
{
	struct kmem_cache s = shape(704, 0, SLAB_RECLAIM_ACCOUNT, NULL);

	(void)state;
	assert_int_equal(s.gfporder, 0);
	assert_int_equal(s.num, 5);
	assert_int_equal(shape(4200, 0, SLAB_RECLAIM_ACCOUNT, NULL).num, 1);
	s = (struct kmem_cache){ .object_size = 10240, .max_order = 5 };
	assert_int_equal(slab_setup(&s), 0);
	assert_int_equal(s.gfporder, 3);
	assert_int_equal(s.num, 3);
	s = (struct kmem_cache){ .object_size = 14336, .max_order = 5 };
	assert_int_equal(slab_setup(&s), 0);
	assert_int_equal(s.gfporder, 5);
	assert_int_equal(shape(14336, 0, 0, NULL).gfporder, 2);
}

/* slab_max_order=, as 1 in the kernel. Expect no slab of a higher order than
 * that, unless one object needs it, and the kernel's waste; and a cache that
 * asks for more to get no more. */
static void test_max_order(void **state)
{
	struct kmem_cache s = { .object_size = 14336, .max_order = 5 };

	(void)state;
	assert_int_equal(shape(3072, 0, 0, NULL).gfporder, 2);
	assert_int_equal(shape(5120, 0, 0, NULL).gfporder, 2);
	parse_args("slab_max_order=1");
	assert_int_equal(slab_setup(&s), 0);
	assert_int_equal(s.gfporder, 2);
	assert_int_equal(shape(3072, 0, 0, NULL).num, 1);
	assert_int_equal(shape(5120, 0, 0, NULL).num, 1);
	parse_args("slab_max_order=0");
	assert_int_equal(shape(704, 0, 0, NULL).gfporder, 0);
	slab_max_order = -1;
	assert_int_equal(shape(704, 0, 0, NULL).gfporder, 1);
}

/* A cache that asks for a number of objects. Expect them, while each has a
 * number and the order may be so high, and not if it is reclaimable; and
 * freelists of more than 64 in a cache for them. */
static void test_min_objects(void **state)
{
	static const unsigned int golden[][4] = {
		/* bytes, asked for, order, got */
		{ 16, 512, 0, 253 },  { 32, 256, 1, 253 },
		{ 48, 341, 1, 170 },  { 64, 256, 2, 253 },
		{ 112, 146, 2, 146 }, { 128, 128, 2, 128 },
		{ 160, 204, 3, 204 }, { 256, 128, 3, 128 },
		{ 512, 64, 3, 64 },   { 640, 51, 3, 51 },
		{ 1024, 32, 3, 32 },  { 2048, 8, 2, 8 },
		{ 2048, 9, 3, 16 },   { 8192, 64, 3, 4 },
	};
	struct kmem_cache s;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
		s = (struct kmem_cache){ .object_size = golden[i][0],
					 .align = 16,
					 .min_objects = golden[i][1] };
		assert_int_equal(slab_setup(&s), 0);
		assert_int_equal(s.gfporder, golden[i][2]);
		assert_int_equal(s.num, golden[i][3]);
		assert_int_equal(s.freelist_place == FREELIST_OFF,
				 s.num > FREE_MAP_BITS);
	}
	s = (struct kmem_cache){ .object_size = 256,
				 .min_objects = 128,
				 .flags = SLAB_RECLAIM_ACCOUNT };
	assert_int_equal(slab_setup(&s), 0);
	assert_int_equal(s.gfporder, 0);
}

/* The classes of malloc (shim/classes.c): four to a doubling. Expect at most an
 * eighth of a slab lost, 3% in the mean, and a freelist of more than 64 numbers
 * elsewhere. */
static void test_classes(void **state)
{
	size_t lost = 0, classes = 0;

	(void)state;
	for (unsigned int size = 16; size <= 32768;) {
		unsigned int wanted = size > 128 && size <= 1024 ? 8 : 4;
		struct kmem_cache s = { .object_size = size,
					.align = size & -size,
					.max_order = size > 8192 ? 5 : 0,
					.min_objects = wanted * 4096 / size };
		size_t bytes, left;

		assert_int_equal(slab_setup(&s), 0);
		assert_int_equal(s.size, size);
		bytes = PAGE_SIZE << s.gfporder;
		left = bytes - s.num * (size_t)s.size;
		assert_true(left * 8 <= bytes);
		assert_int_equal(s.num > FREE_MAP_BITS,
				 s.freelist_place == FREELIST_OFF);
		assert_true(s.gfporder <= (size > 8192 ? 5 : 3));
		lost += left * 10000 / bytes;
		classes++;
		size += size < 128 ? 16 : 1U << (fls(size) - 3);
	}
	assert_int_equal(classes, 40);
	assert_in_range(lost / classes, 1, 300);
}

/* No order can hold it: 4 MiB and a freelist that must be on the slab. Expect
 * -EINVAL. */
static void test_too_large(void **state)
{
	struct kmem_cache s = { .object_size = 4 << 20,
				.flags = SLAB_NOLEAKTRACE,
				.ctor = no_ctor };

	(void)state;
	assert_int_equal(slab_setup(&s), -EINVAL);
}

/* Limits by size (S2). Expect those of the kernel, half of them as batch, and
 * a shared array up to a page if there is more than one CPU. */
static void test_limits(void **state)
{
	static const unsigned int golden[][3] = {
		{ 16, 120, 60 },  { 256, 120, 60 }, { 257, 54, 27 },
		{ 1024, 54, 27 }, { 1025, 24, 12 }, { 4096, 24, 12 },
		{ 4097, 8, 4 },	  { 131072, 8, 4 }, { 131073, 1, 1 },
	};
	unsigned int saved = nr_cpu_ids;

	(void)state;
	for (unsigned int cpus = 1; cpus <= 2; cpus++)
		for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
			struct kmem_cache s;

			nr_cpu_ids = cpus;
			s = shape(golden[i][0], 0, 0, NULL);
			nr_cpu_ids = saved;
			assert_int_equal(s.limit, golden[i][1]);
			assert_int_equal(s.batchcount, golden[i][2]);
			assert_int_equal(s.shared,
					 cpus > 1 && s.size <= 4096 ? 8 : 0);
			assert_true(s.limit <= SHEAF_MAX_CAPACITY);
		}
}

/* The number of an object by multiplication (S13). Expect the same as of
 * division, for each offset in a slab and each size. */
static void test_obj_to_index(void **state)
{
	static char base[1];

	(void)state;
	for (unsigned int size = 1; size < 9000; size += 1 + size / 16) {
		struct kmem_cache s = shape(size, 0, 0, NULL);
		struct slab_desc slab = { .s_mem = base };
		unsigned int bytes = (unsigned int)PAGE_SIZE << s.gfporder;

		for (unsigned int at = 0; at < bytes; at++)
			if (obj_to_index(&s, &slab, base + at) != at / s.size)
				fail_msg("size %u offset %u", s.size, at);
	}
}

/* Caches of malloc's sizes. Expect free() to see of each byte of a slab whether
 * an object starts there. */
static void test_index_check(void **state)
{
	(void)state;
	check_every_byte();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goldens),
		cmocka_unit_test(test_constructed),
		cmocka_unit_test(test_every_size),
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_max_order),
		cmocka_unit_test(test_min_objects),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_obj_to_index),
		cmocka_unit_test(test_index_check),
	};

	return cmocka_run_group_tests(tests, slab_start, NULL);
}
