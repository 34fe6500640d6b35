// SPDX-License-Identifier: MIT
/*
 * test_alien.c - caches on several nodes: docs/kernel.md S1, S3, S4
 *
 * Two nodes of 64 MiB; CPU c is on node c % 2, and the test stays on the last
 * CPU there is, so on node 1 if there are two.
 */
#include <pthread.h>

#include "diag/param.h"
#include "fixture.h"
#include "kmem/boot.h"
#include "kmem/held.h"
#include "kmem/miss.h"
#include "kmem/slab_ops.h"
#include "kmem/thread.h"
#include "request/request.h"
#include "support/child.h"

static int here, there; /* the node of this CPU, and the other */

static int node_of(const void *obj)
{
	return virt_to_desc(obj)->node_id;
}

static void start(unsigned int size)
{
	pin_to_last_cpu();
	parse_args("arena=128M numa=fake=2 percpu.room=0");
	REQUIRE(!arena_init() && !page_alloc_init(0) &&
		!kmem_init(&slab_ops, NR_CURSORS) && !kmalloc_init());
	tick_interval_ms = ~0UL; /* after the boot parameter for it */
	REQUIRE(nr_online_nodes == 2);
	here = (int)numa_node_id();
	there = 1 - here;
	fixture_open(size, 0, NULL);
	f.n = get_node(f.s, here);
}

static void end(void)
{
	struct kmem_cache_node *n;
	int nid;

	kmem_cache_shrink(f.s);
	slab_check(f.s);
	REQUIRE(!f.s->in_use);
	for_each_kmem_cache_node(f.s, nid, n)
		REQUIRE(!n->nr_slabs && !n->nr_pages && !n->free_objects);
	kmem_cache_destroy(f.s);
}

/* Objects of the other node: f.objs[0..nr). */
static void take_there(unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		f.objs[i] = kmem_cache_alloc_node(f.s, GFP_KERNEL, there);
		REQUIRE(f.objs[i] && node_of(f.objs[i]) == there);
	}
}

/* Objects of either node, of none in particular, of one there is not. Expect
 * them where they were asked for, else near. */
static void asked_for(void *arg)
{
	void *obj[200];

	(void)arg;
	start(512);
	for (int i = 0; i < 200; i++) {
		int want = i % 2 ? here : there;

		obj[i] = kmem_cache_alloc_node(f.s, GFP_KERNEL, want);
		REQUIRE(obj[i] && node_of(obj[i]) == want);
	}
	for (int i = 0; i < 200; i++)
		kmem_cache_free(f.s, obj[i]);
	obj[0] = kmem_cache_alloc(f.s, GFP_KERNEL);
	obj[1] = kmem_cache_alloc_node(f.s, GFP_KERNEL, NUMA_NO_NODE);
	obj[2] = kmem_cache_alloc_node(f.s, GFP_KERNEL, 7);
	for (int i = 0; i < 3; i++) {
		REQUIRE(node_of(obj[i]) == here);
		kmem_cache_free(f.s, obj[i]);
	}
	end();
}

/* Objects of the other node are freed here. Expect them in this node's alien
 * cache for that one, up to a dozen; then that dozen in its slabs. */
static void remote_frees(void *arg)
{
	struct alien_cache *alien;

	(void)arg;
	start(512);
	take_there(30);
	REQUIRE(!f.n->alien);
	for (unsigned int i = 0; i < ALIEN_LIMIT; i++) {
		kmem_cache_free(f.s, f.objs[i]);
		slab_check(f.s);
		REQUIRE(alien_avail(f.n) == i + 1);
	}
	alien = f.n->alien[there];
	REQUIRE(alien && !f.n->alien[here]);
	REQUIRE(alien->ac.limit == ALIEN_LIMIT);
	REQUIRE(f.s->in_use == 30 && kmem_cache_cached(f.s) == ALIEN_LIMIT);
	kmem_cache_free(f.s, f.objs[ALIEN_LIMIT]);
	REQUIRE(alien_avail(f.n) == 1);
	REQUIRE(alien->ac.entry[0] == f.objs[ALIEN_LIMIT]);
	REQUIRE(f.s->in_use == 30 - ALIEN_LIMIT);
	REQUIRE(array_avail() == 0);
	slab_check(f.s);
	kmem_cache_free_bulk(f.s, 30 - ALIEN_LIMIT - 1,
			     f.objs + ALIEN_LIMIT + 1);
	REQUIRE(alien_avail(f.n) == (30 - 1) % ALIEN_LIMIT + 1);
	end();
}

/*
 * Only ticks look at objects in an alien cache. Expect the owner's next reap of
 * its array to send them to their slab.
 */
static void drained_by_ticks(void *arg)
{
	(void)arg;
	start(512);
	take_there(5);
	kmem_cache_free_bulk(f.s, 5, f.objs);
	kmem_cache_free(f.s, kmem_cache_alloc(f.s, 0));
	REQUIRE(alien_avail(f.n) == 5);
	pass_ms(REAPTIMEOUT_AC);
	cache_reap_array(kmem_owner_get(), f.s);
	REQUIRE(alien_avail(f.n) == 0);
	slab_check(f.s);
	end();
}

/* A caller that pushes objects without a look at their node, as malloc's
 * library does, has those of other nodes in its array. Expect a flush to sort
 * them out. */
static void sorted_at_flush(void *arg)
{
	struct kmem_owner *owner = kmem_owner_get();
	unsigned int limit;

	(void)arg;
	start(512);
	owner = kmem_owner_get();
	limit = f.s->limit;
	take_there(40);
	alloc(40, limit);
	kmem_owner_flush(owner);
	for (unsigned int i = 0; i < limit; i++)
		REQUIRE(i ? !kmem_push(owner, f.s->slot, f.objs[20 + i]) :
			    (kmem_cache_free_slow(f.s, f.objs[20], 0), 1));
	REQUIRE(array_avail() == limit);
	REQUIRE(!cache_flusharray(owner, f.s));
	REQUIRE(array_avail() == limit - 20);
	REQUIRE(alien_avail(f.n) == 20 - ALIEN_LIMIT);
	slab_check(f.s);
	kmem_cache_free_bulk(f.s, 20, f.objs);
	kmem_cache_free_bulk(f.s, 20, f.objs + 20 + limit);
	end();
}

/* Every page of a node is taken, the other has some. Expect the other to serve
 * requests for it, from its slabs and then from a new one, but not with
 * __GFP_THISNODE. */
static void full_node(void *arg)
{
	struct page *list = NULL, *page;
	unsigned long slabs;
	unsigned int nr = 0;
	void *obj;

	(void)arg;
	start(4096);
	alloc(1000, 3);
	release(1000, 3);
	kmem_owner_flush(kmem_owner_get());
	slabs = f.n->nr_slabs;
	REQUIRE(slabs == f.n->free_slabs && slabs >= 3);
	while ((page = alloc_pages_node(
			there, GFP_NOWAIT | __GFP_THISNODE | __GFP_MEMALLOC,
			0))) {
		*(struct page **)page_to_virt(page) = list;
		list = page;
	}
	REQUIRE(!kmem_cache_alloc_node(f.s, GFP_NOWAIT | __GFP_THISNODE,
				       there));
	for (; nr < 10; nr++) {
		f.objs[nr] = kmem_cache_alloc_node(f.s, GFP_KERNEL, there);
		REQUIRE(f.objs[nr] && node_of(f.objs[nr]) == here);
		REQUIRE(f.n->nr_slabs == max(slabs, nr + 1UL));
	}
	slab_check(f.s);
	while ((page = list)) {
		list = *(struct page **)page_to_virt(page);
		__free_pages(page, 0);
	}
	obj = kmem_cache_alloc_node(f.s, GFP_KERNEL, there);
	REQUIRE(node_of(obj) == there);
	kmem_cache_free(f.s, obj);
	kmem_cache_free_bulk(f.s, nr, f.objs);
	end();
}

/* A cache ends while objects wait. Expect them in their slabs, and these gone
 * with the tables. */
static void destroyed(void *arg)
{
	struct kmem_cache_node *n;

	(void)arg;
	start(512);
	take_there(8);
	kmem_cache_free_bulk(f.s, 8, f.objs);
	n = get_node(f.s, there);
	REQUIRE(alien_avail(f.n) == 8 && n->nr_slabs);
	kmem_cache_destroy(f.s);
}

#define BOXES 256

static void *boxes[BOXES];

static void *exchange(void *arg)
{
	uint64_t seed = (uintptr_t)arg;

	unpin();
	for (int i = 0; i < 20000; i++) {
		size_t at = test_rand(&seed) % BOXES;
		void *obj = kmem_cache_alloc_node(f.s, GFP_KERNEL,
						  (int)(test_rand(&seed) % 2));

		obj = __atomic_exchange_n(&boxes[at], obj, __ATOMIC_ACQ_REL);
		kmem_cache_free(f.s, obj);
	}
	return NULL;
}

/* Threads on all CPUs free what others allocated, of both nodes. Expect sound
 * structures, and nothing left. */
static void many_threads(void *arg)
{
	pthread_t threads[3];

	(void)arg;
	start(200);
	for (uintptr_t i = 0; i < 3; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, exchange,
					(void *)(i + 1)));
	for (size_t i = 0; i < 3; i++)
		REQUIRE(!pthread_join(threads[i], NULL));
	slab_check(f.s);
	for (size_t i = 0; i < BOXES; i++)
		kmem_cache_free(f.s, boxes[i]);
	end();
}

/* A batch of objects of both nodes in turn, to the slabs. Expect each in the
 * lists of its node. */
static void flushed_mixed(void *arg)
{
	void *batch[40];

	(void)arg;
	start(512);
	for (int i = 0; i < 40; i++)
		REQUIRE(slab_refill(f.s, GFP_KERNEL, i / 3 % 2 ? here : there,
				    batch + i, 1) == 1);
	slab_flush(f.s, batch, 40);
	slab_check(f.s);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(asked_for),	      child_test(remote_frees),
		child_test(drained_by_ticks), child_test(sorted_at_flush),
		child_test(full_node),	      child_test(destroyed),
		child_test(many_threads),     child_test(flushed_mixed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
