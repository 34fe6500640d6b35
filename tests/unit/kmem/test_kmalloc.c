// SPDX-License-Identifier: MIT
/*
 * test_kmalloc.c - kmalloc() and its family (docs/kernel.md L1-L4)
 */
#include "zone/vmstat.h"
#include "buddy/buddy.h"
#include "diag/param.h"
#include "fake.h"
#include "kmem/kmalloc.h"

static int setup(void **state)
{
	(void)state;
	fake_watch(NULL);
	return 0;
}

/* Every size up to 8 KiB. Expect the smallest class of L1 that holds it, from
 * ksize() and kmalloc_size_roundup() alike. */
static void test_classes(void **state)
{
	static const size_t classes[] = { 8,   16,  32,	  64,	96,   128, 192,
					  256, 512, 1024, 2048, 4096, 8192 };
	size_t class = 0;

	(void)state;
	for (size_t size = 1; size <= KMALLOC_MAX_CACHE_SIZE; size++) {
		void *p = kmalloc(size, GFP_KERNEL);

		if (size > classes[class])
			class ++;
		assert_non_null(p);
		assert_int_equal(ksize(p), classes[class]);
		assert_int_equal(kmalloc_size_roundup(size), classes[class]);
		memset(p, 0x11, size);
		kfree(p);
	}
	assert_int_equal(class, ARRAY_SIZE(classes) - 1);
}

/* Powers of two, and the rest. Expect natural alignment of the former, 32 and
 * 64 bytes for 96 and 192. */
static void test_alignment(void **state)
{
	(void)state;
	for (size_t size = 8; size <= KMALLOC_MAX_SIZE; size *= 2) {
		void *p[3];

		for (int i = 0; i < 3; i++) {
			p[i] = kmalloc(size, GFP_KERNEL);
			assert_non_null(p[i]);
			assert_true(IS_ALIGNED((uintptr_t)p[i], size));
		}
		for (int i = 0; i < 3; i++)
			kfree(p[i]);
	}
	for (int i = 0; i < 10; i++) {
		void *p = kmalloc(96, 0), *q = kmalloc(192, 0);

		assert_true(IS_ALIGNED((uintptr_t)p, 32));
		assert_true(IS_ALIGNED((uintptr_t)q, 64));
		kfree(p);
		kfree(q);
	}
}

/* 40,000 bytes. Expect 16 pages among the unreclaimable ones of slabs. */
static void test_large_counted(void **state)
{
	unsigned long before;
	void *p;

	(void)state;
	before = global_node_page_state(NR_SLAB_UNRECLAIMABLE);
	p = kmalloc(40000, GFP_KERNEL);
	assert_int_equal(global_node_page_state(NR_SLAB_UNRECLAIMABLE),
			 before + 16);
	kfree(p);
	assert_int_equal(global_node_page_state(NR_SLAB_UNRECLAIMABLE), before);
}

/* Beyond 8 KiB. Expect whole pages of the next order, up to 4 MiB; then NULL
 * and a size that is not rounded. */
static void test_large(void **state)
{
	struct zone *zone = &node_data[0].node_zones[ZONE_NORMAL];
	struct zone_stat before, after;
	void *p;

	(void)state;
	p = kmalloc(8193, GFP_KERNEL);
	assert_int_equal(ksize(p), 16384);
	zone_stat(zone, &before);
	kfree(kmalloc(8193, GFP_KERNEL));
	kfree(kmalloc(KMALLOC_MAX_SIZE - 1, GFP_KERNEL | __GFP_ZERO));
	zone_stat(zone, &after);
	assert_int_equal(before.free + before.pcp - before.managed,
			 after.free + after.pcp - after.managed);
	kfree(p);
	assert_int_equal(kmalloc_size_roundup(8193), 16384);
	assert_int_equal(kmalloc_size_roundup(KMALLOC_MAX_SIZE),
			 KMALLOC_MAX_SIZE);
	assert_null(kmalloc(KMALLOC_MAX_SIZE + 1, __GFP_NOWARN));
	assert_int_equal(kmalloc_size_roundup(KMALLOC_MAX_SIZE + 1),
			 KMALLOC_MAX_SIZE + 1);
}

/* Nothing is asked for. Expect ZERO_SIZE_PTR, which may be freed, as NULL may,
 * and has no size. */
static void test_zero_size(void **state)
{
	(void)state;
	assert_ptr_equal(kmalloc(0, GFP_KERNEL), ZERO_SIZE_PTR);
	assert_ptr_equal(kcalloc(0, 8, GFP_KERNEL), ZERO_SIZE_PTR);
	assert_ptr_equal(kmemdup("", 0, GFP_KERNEL), ZERO_SIZE_PTR);
	assert_true(ZERO_OR_NULL_PTR(NULL));
	assert_true(ZERO_OR_NULL_PTR(ZERO_SIZE_PTR));
	kfree(NULL);
	kfree(ZERO_SIZE_PTR);
	kfree_sensitive(NULL);
	kfree_sensitive(ZERO_SIZE_PTR);
	assert_int_equal(ksize(NULL), 0);
	assert_int_equal(ksize(ZERO_SIZE_PTR), 0);
	assert_int_equal(kmalloc_size_roundup(0), 0);
}

/* Arrays whose size does not fit into a size_t. Expect NULL. */
static void test_overflow(void **state)
{
	volatile size_t half = SIZE_MAX / 2 + 1;
	void *p;

	(void)state;
	assert_null(kmalloc_array(half, 2, GFP_KERNEL));
	assert_null(kmalloc_array(2, half, GFP_KERNEL));
	assert_null(kcalloc(half, half, GFP_KERNEL));
	p = kmalloc_array(10, 10, GFP_KERNEL);
	assert_int_equal(ksize(p), 128);
	kfree(p);
}

static void assert_bytes(const unsigned char *p, unsigned char value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(p[i], value);
}

/* Zeroed memory of every kind, where there was something before. Expect zeros
 * over the size that was asked for. */
static void test_zeroed(void **state)
{
	(void)state;
	for (size_t size = 8; size <= 65536; size *= 2) {
		void *p = kmalloc(size, GFP_KERNEL);

		memset(p, 0xee, size);
		kfree(p);
		p = kzalloc(size, GFP_KERNEL);
		assert_bytes(p, 0, size);
		memset(p, 0xee, size);
		kfree(p);
		p = kcalloc(size / 8, 8, GFP_KERNEL);
		assert_bytes(p, 0, size);
		kfree(p);
	}
}

static struct kmem_cache *cache_of(const void *p)
{
	struct page *page;

	return virt_to_cache(p, &page);
}

/* Flags that choose a type, alone and together (L3). Expect caches of its name,
 * DMA before RECLAIMABLE before ACCOUNT, and sheaves but for DMA. */
static void test_types(void **state)
{
	static const struct {
		gfp_t gfp;
		const char *prefix;
		gfp_t pages;
	} golden[] = {
		{ 0, "kmalloc-", 0 },
		{ __GFP_RECLAIMABLE, "kmalloc-rcl-", __GFP_RECLAIMABLE },
		{ __GFP_ACCOUNT, "kmalloc-cg-", __GFP_ACCOUNT },
		{ __GFP_DMA, "dma-kmalloc-", __GFP_DMA },
		{ __GFP_ACCOUNT | __GFP_RECLAIMABLE, "kmalloc-rcl-",
		  __GFP_RECLAIMABLE },
		{ __GFP_DMA | __GFP_ACCOUNT | __GFP_RECLAIMABLE, "dma-kmalloc-",
		  __GFP_DMA },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
		for (unsigned int index = 1; index < NR_KMALLOC; index++) {
			unsigned int size = kmalloc_info[index].size;
			void *p = kmalloc(size, GFP_KERNEL | golden[i].gfp);
			struct kmem_cache *s = cache_of(p);
			char name[32];

			snprintf(name, sizeof(name), "%s%s", golden[i].prefix,
				 kmalloc_info[index].name);
			assert_string_equal(kmem_cache_name(s), name);
			assert_int_equal(kmem_cache_size(s), size);
			assert_int_equal(s->allocflags, golden[i].pages);
			assert_int_equal(!s->slot,
					 !!(golden[i].gfp & __GFP_DMA));
			assert_int_equal(s->usersize, size);
			kfree(p);
		}
	}
}

/* Sixteen sets of caches, chosen by caller (L3). Expect one caller to be served
 * by one set always, many by all of them, and flags to go first. */
static void random_caches(void *arg)
{
	unsigned long seen = 0;

	(void)arg;
	parse_args("random_kmalloc_caches");
	REQUIRE(!kmalloc_init());
	for (uintptr_t at = 0; at < 400; at++) {
		const void *caller = (void *)(0x400000 + at * 16);
		void *p = __kmalloc_node_track_caller(64, GFP_KERNEL,
						      NUMA_NO_NODE, caller);
		unsigned int type = kmalloc_type(GFP_KERNEL, caller);

		REQUIRE(cache_of(p) == &kmalloc_caches[type][4]);
		seen |= BIT(type);
		kfree(p);
	}
	REQUIRE(seen == BIT(RANDOM_KMALLOC_CACHES_NR + 1) - 1);
	REQUIRE(!strcmp(kmalloc_caches[1][1].name, "kmalloc-rnd-01-8"));
	REQUIRE(!strcmp(kmalloc_caches[15][13].name, "kmalloc-rnd-15-8k"));
	REQUIRE(kmalloc_type(__GFP_DMA, &seen) == KMALLOC_DMA);
}

static void test_random(void **state)
{
	struct child_end end;

	(void)state;
	assert_int_equal(kmalloc_type(GFP_KERNEL, state), KMALLOC_NORMAL);
	child_run(random_caches, NULL, &end);
	if (end.status)
		fail_msg("said: %s", end.err);
}

/* Node variants, for no node in particular and for nodes there are none of.
 * Expect memory as from the others. */
static void test_nodes(void **state)
{
	static const int nodes[] = { NUMA_NO_NODE, 0, 4096, -7 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		unsigned char *p[4] = {
			kmalloc_node(100, GFP_KERNEL, nodes[i]),
			kzalloc_node(100, GFP_KERNEL, nodes[i]),
			kmalloc_array_node(10, 10, GFP_KERNEL, nodes[i]),
			kcalloc_node(10, 10, GFP_KERNEL, nodes[i]),
		};

		assert_bytes(p[1], 0, 100);
		assert_bytes(p[3], 0, 100);
		for (int j = 0; j < 4; j++) {
			assert_int_equal(ksize(p[j]), 128);
			memset(p[j], 0x61, 128);
			kfree(p[j]);
		}
	}
	assert_null(kcalloc_node(SIZE_MAX, 2, GFP_KERNEL, 0));
}

static void do_kfree(void *p)
{
	kfree(p);
}

/* What kmalloc() never returned. Expect an abort with the reason. */
static void test_bad_kfree(void **state)
{
	char *large = kmalloc(40000, GFP_KERNEL);
	int on_stack;

	(void)state;
	expect_abort(do_kfree, &on_stack, "is not ours");
	expect_abort(do_kfree, large + 4096, "is not allocated memory");
	expect_abort(do_kfree, large + 16, "is not allocated memory");
	kfree(large);
	expect_abort(do_kfree, large, "is not allocated memory");
}

/*
 * kfree() of an object of a cache of the program's. Expect it to find the
 * cache.
 */
static void test_kfree_cache(void **state)
{
	struct kmem_cache *s = kmem_cache_create("mine", 300, 0, 0, NULL);
	void *obj = kmem_cache_alloc(s, GFP_KERNEL);

	(void)state;
	assert_int_equal(ksize(obj), s->size);
	kfree(obj);
	assert_ptr_equal(kmem_cache_alloc(s, GFP_KERNEL), obj);
	kfree(obj);
	kmem_cache_destroy(s);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup(fn, setup)
	const struct CMUnitTest tests[] = {
		TEST(test_classes),   TEST(test_alignment),
		TEST(test_large),     TEST(test_large_counted),
		TEST(test_zero_size), TEST(test_overflow),
		TEST(test_zeroed),    TEST(test_types),
		TEST(test_random),    TEST(test_nodes),
		TEST(test_bad_kfree), TEST(test_kfree_cache),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
