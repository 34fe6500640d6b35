// SPDX-License-Identifier: MIT
/*
 * test_reclaim.c - slabs when memory is short
 */
#include "core/task.h"
#include "slub/internal.h"
#include "support/start.h"

#define SHORT (GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY)

static struct page *pages[16UL << 20 >> PAGE_SHIFT];
static unsigned long nr_pages;

static void exhaust(void)
{
	struct page *page;

	while ((page = alloc_pages(SHORT, 0)))
		pages[nr_pages++] = page;
	REQUIRE(nr_pages > 1000);
}

static struct kmem_cache *start_slub(void)
{
	static const struct kmem_cache_boot boot = { .align = 64 };
	static struct kmem_cache s;

	pin_to_one_cpu();
	start_zone("mem=16M");
	REQUIRE(!kmem_init(&slub_ops, NR_CURSORS));
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
	exhaust();
	REQUIRE(!slub_refill(s, SHORT, NUMA_NO_NODE, &obj, 1));
	REQUIRE(!slub_refill(s, GFP_NOWAIT, NUMA_NO_NODE, &obj, 1));
	REQUIRE(!lock_held);
	slub_check(s);
}

/* The same when one slab can be had by it alone. Expect objects of one slab,
 * which is the CPU's, the next time too. */
static void child_one_slab(void *arg)
{
	struct kmem_cache *s = start_slub();
	struct kmem_cache_cpu *c = &s->cpu_slab[smp_cpu()];
	void *objs[5];
	unsigned int flags;

	(void)arg;
	exhaust();
	flags = memalloc_noreclaim_save();
	REQUIRE(slub_refill(s, SHORT & ~__GFP_NOMEMALLOC, NUMA_NO_NODE, objs,
			    2) == 2);
	memalloc_noreclaim_restore(flags);
	REQUIRE(s->node[0]->nr_slabs == 1 && c->slab);
	REQUIRE(slub_refill(s, SHORT, NUMA_NO_NODE, objs + 2, 2) == 2);
	REQUIRE(s->node[0]->nr_slabs == 1);
	REQUIRE(s->in_use == 4);
	slub_flush(s, objs, 4);
	slub_check(s);
	slub_shrink(s, SHRINK_ALL);
	REQUIRE(!s->node[0]->nr_slabs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_no_lock),
		child_test(child_one_slab),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
