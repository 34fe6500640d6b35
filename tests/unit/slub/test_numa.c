// SPDX-License-Identifier: MIT
/*
 * test_numa.c - caches on several nodes (docs/kernel.md U2, U3, V3, V4)
 *
 * Two nodes of 64 MiB; CPU c is on node c % 2, and the test stays on the last
 * CPU there is, so on node 1 if there are two.
 */
#include "diag/param.h"
#include "fixture.h"
#include "kmem/barn.h"
#include "kmem/held.h"
#include "kmem/slab_ops.h"
#include "kmem/stat.h"
#include "kmem/thread.h"
#include "support/child.h"

static int here, there; /* the node of this CPU, and the other */

static int node_of(const void *obj)
{
	return (int)page_to_nid(virt_to_slab_page(obj));
}

static void start(unsigned int size)
{
	pin_to_last_cpu();
	parse_args("arena=128M numa=fake=2");
	REQUIRE(!slub_start(NULL));
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
	slub_check(f.s);
	REQUIRE(!f.s->in_use);
	for_each_kmem_cache_node(f.s, nid, n)
		REQUIRE(!n->nr_slabs && !n->nr_pages && !n->nr_partial);
	kmem_cache_destroy(f.s);
}

/* Objects of either node, of none in particular, of one there is not. Expect
 * them where they were asked for, else near. */
static void asked_for(void *arg)
{
	void *obj[40];

	(void)arg;
	start(512);
	for (int i = 0; i < 40; i++) {
		int want = i % 2 ? here : there;

		obj[i] = kmem_cache_alloc_node(f.s, GFP_KERNEL, want);
		REQUIRE(obj[i] && node_of(obj[i]) == want);
	}
	for (int i = 0; i < 40; i++)
		kmem_cache_free(f.s, obj[i]);
	obj[0] = kmem_cache_alloc(f.s, GFP_KERNEL);
	obj[1] = kmem_cache_alloc_node(f.s, GFP_KERNEL, NUMA_NO_NODE);
	obj[2] = kmem_cache_alloc_node(f.s, GFP_KERNEL, 7);
	obj[3] = kmem_cache_alloc_node(f.s, GFP_KERNEL | __GFP_THISNODE, -9);
	for (int i = 0; i < 4; i++) {
		REQUIRE(node_of(obj[i]) == here);
		kmem_cache_free(f.s, obj[i]);
	}
	end();
}

/* Slabs of a node with one object of two in use: obj[1], obj[3] ... */
static void partial_slabs(int node, void **obj)
{
	for (int i = 0; i < 128; i++)
		obj[i] = kmem_cache_alloc_node(f.s, GFP_KERNEL, node);
	for (int i = 0; i < 128; i += 2)
		slab_flush(f.s, &obj[i], 1);
	kmem_cache_shrink(f.s);
	REQUIRE(get_node(f.s, node)->nr_partial > f.s->min_partial);
	f.s->remote_node_defrag_ratio = 1024;
}

/* Every page of a node is taken, and the other has objects to spare. Expect the
 * other node to serve requests for it, but not with __GFP_THISNODE. */
static void full_node(void *arg)
{
	struct page *list = NULL, *page;
	void *obj[300], *mine[128], *other;
	unsigned int nr = 0;

	(void)arg;
	start(4096);
	partial_slabs(here, mine);
	while ((page = alloc_pages_node(
			there, GFP_NOWAIT | __GFP_THISNODE | __GFP_NOMEMALLOC,
			0))) {
		*(struct page **)page_to_virt(page) = list;
		list = page;
	}
	while (nr < 300) {
		obj[nr] = kmem_cache_alloc_node(
			f.s, GFP_NOWAIT | __GFP_THISNODE, there);
		if (!obj[nr])
			break;
		REQUIRE(node_of(obj[nr++]) == there);
	}
	REQUIRE(nr < 300);
	other = kmem_cache_alloc_node(f.s, GFP_NOWAIT, there);
	REQUIRE(other && node_of(other) == here);
	kmem_cache_free(f.s, other);
	for (int i = 1; i < 128; i += 2)
		kmem_cache_free(f.s, mine[i]);
	while (nr)
		kmem_cache_free(f.s, obj[--nr]);
	for (; list; list = page) {
		page = *(struct page **)page_to_virt(list);
		__free_page(list);
	}
	end();
}

struct short_request {
	gfp_t gfp;
	void *obj;
};

static void ask_there(void *arg)
{
	struct short_request *r = arg;

	r->obj = kmem_cache_alloc_node(f.s, r->gfp | __GFP_THISNODE, there);
}

/* No slab is to be had (U12). Expect the kernel's lines, with what each node
 * has, and not a word with __GFP_NOWARN. */
static void say_short(void *arg)
{
	struct short_request r = { .gfp = GFP_ATOMIC & ~__GFP_HIGH };
	char text[4096], wanted[256];
	struct page *page;

	(void)arg;
	start(4096);
	while ((page = alloc_pages_node(
			there, GFP_NOWAIT | __GFP_THISNODE | __GFP_NOMEMALLOC,
			0)))
		;
	do
		kmem_cache_alloc_node(f.s, GFP_NOWAIT | __GFP_THISNODE, there);
	while (kmem_cache_alloc_node(f.s, GFP_NOWAIT | __GFP_THISNODE, there));
	capture_stderr(ask_there, &r, text, sizeof(text));
	REQUIRE(!r.obj);
	REQUIRE(strstr(text, "SLUB: Unable to allocate memory on CPU "));
	snprintf(wanted, sizeof(wanted), "on node %d, gfp=0x200800(", there);
	REQUIRE(strstr(text, wanted));
	snprintf(wanted, sizeof(wanted),
		 "  cache: fixture, object size: 4096, buffer size: 4096, "
		 "default order: %u, min order: 0\n",
		 f.s->oo_order);
	REQUIRE(strstr(text, wanted));
	snprintf(wanted, sizeof(wanted),
		 "  node %d: slabs: 0, objs: 0, "
		 "free: 0\n",
		 here);
	REQUIRE(strstr(text, wanted));
	REQUIRE(count_phrase(text, "  node ") == 2);
	r.gfp |= __GFP_NOWARN;
	capture_stderr(ask_there, &r, text, sizeof(text));
	REQUIRE(!strstr(text, "SLUB:"));
}

/* An object of the other node is freed. Expect it in its slab at once, and in
 * no sheaf; so in a bulk. */
static void remote_free(void *arg)
{
	void *obj[100], *local;
	unsigned int nr = 0;

	(void)arg;
	start(512);
	obj[0] = kmem_cache_alloc_node(f.s, GFP_KERNEL, there);
	REQUIRE(f.s->in_use == 1);
	kmem_cache_free(f.s, obj[0]);
	REQUIRE(!f.s->in_use);
	for (int i = 0; i < 100; i++)
		obj[i] = kmem_cache_alloc_node(f.s, GFP_KERNEL,
					       i % 3 ? there : here);
	kmem_owner_flush(kmem_owner_get()); /* what refills brought */
	kmem_cache_free(f.s, obj[0]);
	kmem_cache_free_bulk(f.s, 99, obj + 1);
	REQUIRE(f.s->in_use == kmem_owners_count(f.s) + barn_count(f.s));
	for (; (local = kmem_pop(kmem_owner_get(), f.s->slot)); nr++) {
		REQUIRE(node_of(local) == here);
		slab_flush(f.s, &local, 1);
	}
	REQUIRE(nr);
	end();
}

/* The other node has more partial slabs than it would keep, this one has none.
 * Expect a request for no node in particular to be served from there, unless
 * the ratio says never, or it has as many as it keeps; and a slab to be made
 * here for requests for this node. */
static void defragment(void *arg)
{
	void *obj[128], *near;
	u32 min_partial;

	(void)arg;
	start(4096);
	partial_slabs(there, obj);
	REQUIRE(!f.n->nr_slabs);
	f.s->remote_node_defrag_ratio = 0;
	REQUIRE(slab_refill(f.s, GFP_KERNEL, NUMA_NO_NODE, &near, 1) == 1);
	REQUIRE(node_of(near) == here);
	slab_flush(f.s, &near, 1);
	slub_shrink(f.s, SHRINK_ALL);
	f.s->remote_node_defrag_ratio = 1024;
	min_partial = f.s->min_partial;
	f.s->min_partial = (u32)get_node(f.s, there)->nr_partial;
	REQUIRE(slab_refill(f.s, GFP_KERNEL, NUMA_NO_NODE, &near, 1) == 1);
	REQUIRE(node_of(near) == here);
	slab_flush(f.s, &near, 1);
	slub_shrink(f.s, SHRINK_ALL);
	f.s->min_partial = min_partial;
	REQUIRE(slab_refill(f.s, GFP_KERNEL, NUMA_NO_NODE, &near, 1) == 1);
	REQUIRE(node_of(near) == there);
	slab_flush(f.s, &near, 1);
	REQUIRE(slab_refill(f.s, GFP_KERNEL, here, &near, 1) == 1);
	REQUIRE(node_of(near) == here);
	slab_flush(f.s, &near, 1);
	for (int i = 1; i < 128; i += 2)
		kmem_cache_free(f.s, obj[i]);
	end();
}

/* The cpu slab and those parked beside it are of one node, and an object of the
 * other is asked for. Expect them on their node's list. */
static void mismatch(void *arg)
{
	void *obj, *other;

	(void)arg;
	start(512);
	REQUIRE(slab_refill(f.s, GFP_KERNEL, here, &obj, 1) == 1);
	REQUIRE(!f.c || (f.c->slab && f.c->slab->node_id == here));
	REQUIRE(slab_refill(f.s, GFP_KERNEL, there, &other, 1) == 1);
	REQUIRE(node_of(other) == there);
	REQUIRE(!f.c || f.c->slab->node_id == there);
	REQUIRE(f.n->nr_partial == 1);
	REQUIRE(kmem_stat_sum(f.s, ALLOC_NODE_MISMATCH) == 1);
	slub_check(f.s);
	slab_flush(f.s, &obj, 1);
	slab_flush(f.s, &other, 1);
	end();
}

/* A batch of objects of full slabs, the nodes in turn. Expect each slab on the
 * list of its own node. */
static void flush_both(void *arg)
{
	enum { SLABS = 4 };
	void *batch[2 * SLABS], *all[2][SLABS * 64];
	unsigned int nr;

	(void)arg;
	start(512);
	nr = SLABS * f.per_slab;
	REQUIRE(nr <= ARRAY_SIZE(all[0]));
	for (int i = 0; i < 2; i++)
		REQUIRE(slab_refill(f.s, GFP_KERNEL, i ? here : there, all[i],
				    nr) == nr);
	slub_shrink(f.s, SHRINK_ALL);
	for (unsigned int i = 0; i < SLABS; i++) {
		batch[2 * i] = all[0][i * f.per_slab];
		batch[2 * i + 1] = all[1][i * f.per_slab];
	}
	slab_flush(f.s, batch, 2 * SLABS);
	slub_shrink(f.s, SHRINK_ALL);
	REQUIRE(get_node(f.s, here)->nr_partial == SLABS);
	REQUIRE(get_node(f.s, there)->nr_partial == SLABS);
	slub_check(f.s);
	for (unsigned int i = 0; i < nr; i++)
		if (i % f.per_slab)
			for (int j = 0; j < 2; j++)
				slab_flush(f.s, &all[j][i], 1);
	end();
}

/* Threads on CPUs of two nodes free into one cache. Expect each node's barn to
 * have what was freed there. */
static void barns(void *arg)
{
	void *obj[100];
	int nr = 100;

	(void)arg;
	start(512);
	for (int i = 0; i < nr; i++)
		obj[i] = kmem_cache_alloc_node(f.s, GFP_KERNEL, here);
	while (nr)
		kmem_cache_free(f.s, obj[--nr]);
	REQUIRE(barn_count(f.s));
	REQUIRE(get_node(f.s, here)->barn[BARN_HERE].nr_full);
	for (int i = 0; i < NR_BARNS; i++)
		REQUIRE(!get_node(f.s, there)->barn[i].nr_full);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(asked_for),	 child_test(full_node),
		child_test(remote_free), child_test(defragment),
		child_test(mismatch),	 child_test(say_short),
		child_test(barns),	 child_test(flush_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
