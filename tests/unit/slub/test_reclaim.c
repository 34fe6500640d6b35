// SPDX-License-Identifier: MIT
/*
 * test_reclaim.c - slabs when memory is short
 */
#include "core/task.h"
#include "kmem/boot.h"
#include "kmem/slab_ops.h"
#include "reclaim/internal.h"
#include "fixture.h"
#include "support/short.h"

static struct kmem_cache *start_slub(void)
{
	static const struct kmem_cache_boot boot = { .align = 64 };
	static struct kmem_cache s;

	pin_to_one_cpu();
	start_zone("mem=16M");
	REQUIRE(!kmem_init(form_ops(), NR_CURSORS));
	REQUIRE(!kmem_cache_init(&s, "fixture", 1024, &boot));
	return &s;
}

/* A refill that may reclaim, with no memory left. Expect nothing, and that no
 * lock was held on the way: debug builds assert it. */
static void child_no_lock(void *arg)
{
	struct kmem_cache *s = start_slub();
	void *obj;

	(void)arg;
	exhaust(SHORT);
	REQUIRE(!slab_refill(s, SHORT, NUMA_NO_NODE, &obj, 1));
	REQUIRE(!slab_refill(s, GFP_NOWAIT, NUMA_NO_NODE, &obj, 1));
	REQUIRE(!lock_held);
	slub_check(s);
}

/* The same when one slab can be had by it alone. Expect objects of one slab,
 * which is the CPU's, the next time too. */
static void child_one_slab(void *arg)
{
	struct kmem_cache *s = start_slub();
	struct kmem_cache_cpu *c = cpu_of(s);
	void *objs[5];
	unsigned int flags;

	(void)arg;
	exhaust(SHORT);
	flags = memalloc_noreclaim_save();
	REQUIRE(slab_refill(s, SHORT & ~__GFP_NOMEMALLOC, NUMA_NO_NODE, objs,
			    2) == 2);
	memalloc_noreclaim_restore(flags);
	REQUIRE(s->node[0]->nr_slabs == 1 && (!c || c->slab));
	REQUIRE(slab_refill(s, SHORT, NUMA_NO_NODE, objs + 2, 2) == 2);
	REQUIRE(s->node[0]->nr_slabs == 1);
	REQUIRE(s->in_use == 4);
	slab_flush(s, objs, 4);
	slub_check(s);
	slub_shrink(s, SHRINK_ALL);
	REQUIRE(!s->node[0]->nr_slabs);
}

/* A batch of which a partial slab has a part, with no memory left. Expect that
 * part, and no reclaim for the rest: single objects are worth it, not these. */
static void child_no_reclaim_for_rest(void *arg)
{
	struct kmem_cache *s = start_slub();
	static struct hoard hoard;
	void *batch[64];
	unsigned int first, rest;

	(void)arg;
	first = s->oo_objects - 2;
	REQUIRE(first < ARRAY_SIZE(batch));
	REQUIRE(slab_refill(s, GFP_KERNEL, NUMA_NO_NODE, batch, first) ==
		first);
	exhaust(SHORT);
	hoard_start(&hoard, 100, 0);
	rest = slab_refill(s, SHORT, NUMA_NO_NODE, batch + first,
			   ARRAY_SIZE(batch) - first);
	REQUIRE(rest == 2);
	REQUIRE(!hoard.counts);
	slab_flush(s, batch, first + rest);
	slub_check(s);
}

static void *objs[4000];

/* Empty slabs, and objects in this thread's sheaves. Expect them counted as
 * pages that could come back, and a page request that gets them. */
static void child_shrinker(void *arg)
{
	struct kmem_cache *s = start_slub(), *api;
	unsigned long pages;

	(void)arg;
	api = kmem_cache_create("api", 512, 0, SLAB_NO_MERGE, NULL);
	REQUIRE(api);
	for (unsigned int i = 0; i < 4000; i++)
		REQUIRE((objs[i] = kmem_cache_alloc(api, GFP_KERNEL)));
	exhaust(SHORT);
	for (unsigned int i = 0; i < 4000; i++)
		kmem_cache_free(api, objs[i]);
	pages = reclaimable_pages(GFP_KERNEL, 0);
	REQUIRE(pages >= kmem_cache_nr_pages(api));
	while (kmem_cache_nr_slabs(api)) {
		struct page *page = alloc_pages(SHORT, 0);

		REQUIRE(page);
		short_pages[nr_short++] = page;
	}
	exhaust(SHORT);
	REQUIRE(!kmem_cache_nr_slabs(api) && !s->in_use);
	slub_check(api);
}

static void exhaust_loud(void *arg)
{
	struct kmem_cache *s = start_slub();
	void *obj;

	(void)arg;
	REQUIRE(slab_refill(s, GFP_KERNEL, NUMA_NO_NODE, &obj, 1) == 1);
	parse_args("oom=abort");
	exhaust(GFP_KERNEL);
}

/* oom=abort. Expect in the report what the slabs hold, by cache. */
static void test_dump(void **state)
{
	(void)state;
	assert_true(child_aborts(
		exhaust_loud, NULL,
		"Unreclaimable slab info:\n"
		"Name                      Used          Total\n"));
	assert_true(child_aborts(exhaust_loud, NULL,
				 "\nfixture                    1KB "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_no_lock),
		child_test(child_one_slab),
		child_test(child_no_reclaim_for_rest),
		child_test(child_shrinker),
		cmocka_unit_test(test_dump),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
