// SPDX-License-Identifier: MIT
/*
 * test_account.c - a block of pages becomes a slab, and a plain block again
 */
#include "kmem/account.h"
#include "zone/vmstat.h"
#include "core/task.h"
#include "fake.h"
#include "kmem/stat.h"

#define ORDER 2
#define FRAMES (1UL << ORDER)
#define OBJECTS 40

static struct kmem_cache *s;
static struct page *page;

static int setup(void **state)
{
	(void)state;
	s = kmem_cache_create("accounted", 64, 0, SLAB_NO_MERGE, NULL);
	assert_non_null(s);
	page = alloc_pages(GFP_KERNEL, ORDER);
	assert_non_null(page);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	__free_pages(page, ORDER);
	s->flags = SLAB_NO_MERGE;
	kmem_cache_destroy(s);
	return 0;
}

/* The index of the frame before the block, and of the one behind it. */
static u8 before, behind;

static void read_beside(u8 *low, u8 *high)
{
	unsigned long pfn = page_to_pfn(page);

	*low = pfn ? arena_index[pfn - 1] : 0;
	*high = pfn + FRAMES < arena_bound() ? arena_index[pfn + FRAMES] : 0;
}

/* Every frame of the block has this index, and those beside it their own. */
static void assert_index(u8 index)
{
	unsigned long pfn = page_to_pfn(page);
	u8 low, high;

	for (unsigned long i = 0; i < FRAMES; i++)
		assert_int_equal(arena_index[pfn + i], index);
	read_beside(&low, &high);
	assert_int_equal(low, before);
	assert_int_equal(high, behind);
}

/* A slab of the preferred order in a cache with a class, one of another order,
 * and one in a cache without. Expect the class for the first alone: what free()
 * reads of the others is the order. */
static void test_index(void **state)
{
	u8 class = s->class;

	(void)state;
	read_beside(&before, &behind);
	s->class = 239;
	s->oo_order = ORDER;
	account_slab(s, page, OBJECTS);
	assert_index(239);
	unaccount_slab(s, page, OBJECTS);
	assert_index(0);
	s->oo_order = ORDER + 1;
	account_slab(s, page, OBJECTS);
	assert_index(INDEX_OTHER + ORDER);
	unaccount_slab(s, page, OBJECTS);
	s->class = class;
	s->oo_order = ORDER;
	account_slab(s, page, OBJECTS);
	assert_index(INDEX_OTHER + ORDER);
	unaccount_slab(s, page, OBJECTS);
	assert_index(0);
}

/* A slab, and none. Expect the head page to name its cache while it is one, and
 * to be a block in use, which has one reference, before and after. */
static void test_head(void **state)
{
	(void)state;
	assert_int_equal(page_type(page), PAGE_ALLOCATED);
	account_slab(s, page, OBJECTS);
	assert_int_equal(page_type(page), PAGE_SLAB);
	assert_ptr_equal(page->slab_cache, s);
	page->owner[1] = page->owner[2] = page->owner[3] = ~0UL;
	unaccount_slab(s, page, OBJECTS);
	assert_int_equal(page_type(page), PAGE_ALLOCATED);
	assert_int_equal(page->_refcount, 1);
	assert_int_equal(page->_mapcount, 0);
	assert_null(page->mapping);
	assert_int_equal(page->private, 0);
}

/* The block is charged to a memcg. Expect it to be the block's again when the
 * slab is gone. */
static void test_memcg(void **state)
{
	struct km_memcg *memcg = (struct km_memcg *)(void *)&page;

	(void)state;
	page->memcg = memcg;
	page_memcg_to_slab(page);
	account_slab(s, page, OBJECTS);
	assert_ptr_equal(page_slab_memcg(page), memcg);
	unaccount_slab(s, page, OBJECTS);
	assert_ptr_equal(page->memcg, memcg);
	page->memcg = NULL;
}

struct counts {
	unsigned long slabs, pages, objects, ever;
	unsigned long reclaimable, unreclaimable; /* of the node, pages */
	unsigned long made, freed; /* statistics */
	u32 reclaimed; /* by this thread */
};

static struct counts read_counts(void)
{
	const struct kmem_cache_node *n = s->node[page->node_id];
	struct pglist_data *pgdat = NODE_DATA(page->node_id);

	return (struct counts){
		.slabs = n->nr_slabs,
		.pages = n->nr_pages,
		.objects = n->total_objects,
		.ever = s->slabs_ever,
		.reclaimable = node_page_state(pgdat, NR_SLAB_RECLAIMABLE),
		.unreclaimable = node_page_state(pgdat, NR_SLAB_UNRECLAIMABLE),
		.made = kmem_stat_sum(s, ALLOC_SLAB),
		.freed = kmem_stat_sum(s, FREE_SLAB),
		.reclaimed = current->reclaimed,
	};
}

/* Two slabs come, of which one goes, in a cache that reclaim can shrink and in
 * one that it cannot. Expect each count to follow, and the pages of either kind
 * on the node's own item. */
static void test_counts(void **state)
{
	struct page *other = alloc_pages(GFP_KERNEL, 0);

	(void)state;
	for (int reclaim = 0; reclaim < 2; reclaim++) {
		struct counts a, b;

		s->flags = reclaim ? SLAB_RECLAIM_ACCOUNT : 0;
		a = read_counts();
		account_slab(s, page, OBJECTS);
		account_slab(s, other, 7);
		b = read_counts();
		assert_int_equal(b.slabs, a.slabs + 2);
		assert_int_equal(b.pages, a.pages + FRAMES + 1);
		assert_int_equal(b.objects, a.objects + OBJECTS + 7);
		assert_int_equal(b.ever, a.ever + 2);
		assert_int_equal(b.made, a.made + 2);
		assert_int_equal(b.reclaimable,
				 a.reclaimable + (reclaim ? FRAMES + 1 : 0));
		assert_int_equal(b.unreclaimable,
				 a.unreclaimable + (reclaim ? 0 : FRAMES + 1));
		unaccount_slab(s, page, OBJECTS);
		b = read_counts();
		assert_int_equal(b.slabs, a.slabs + 1);
		assert_int_equal(b.pages, a.pages + 1);
		assert_int_equal(b.objects, a.objects + 7);
		assert_int_equal(b.ever, a.ever + 2);
		assert_int_equal(b.freed, a.freed + 1);
		assert_int_equal((u32)(b.reclaimed - a.reclaimed), FRAMES);
		unaccount_slab(s, other, 7);
		b = read_counts();
		assert_int_equal(b.objects, a.objects);
		assert_int_equal(b.reclaimable, a.reclaimable);
		assert_int_equal(b.unreclaimable, a.unreclaimable);
	}
	__free_page(other);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_index),
		TEST(test_head),
		TEST(test_memcg),
		TEST(test_counts),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
