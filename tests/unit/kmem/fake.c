// SPDX-License-Identifier: MIT
/*
 * fake.c - see fake.h
 *
 * Freed objects are chained through their first word on the list that stands
 * where the backend has its kmem_cache_cpu. Memory comes from the buddy and
 * never goes back.
 */
#include <pthread.h>
#include <string.h>

#include "buddy/buddy.h"
#include "core/tick.h"
#include "fake.h"
#include "kmem/barn.h"
#include "kmem/boot.h"
#include "kmem/cache.h"
#include "kmem/held.h"
#include "kmem/kmalloc.h"
#include "kmem/room.h"
#include "kmem/slab_ops.h"
#include "kmem/thread.h"
#include "request/request.h"

struct kmem_cache_cpu {
	void *list;
	char *fresh;
	unsigned long nr_fresh;
};

struct fake fake = { .allowance = -1 };

static int fake_setup(struct kmem_cache *s)
{
	unsigned int align = s->align > 8 ? s->align : 8;

	if (fake.setup_result)
		return fake.setup_result;
	s->align = align;
	s->size = ALIGN(s->object_size, align);
	s->oo_order = (u8)get_order(s->size);
	s->oo_objects = fake.slab_objects;
	s->sheaf_capacity = sheaf_capacity(s);
	return 0;
}

static void *take(struct kmem_cache *s)
{
	struct kmem_cache_cpu *c = s->cpu_slab;
	void *obj = c->list;

	if (obj) {
		memcpy(&c->list, obj, sizeof(void *));
		return obj;
	}
	if (!c->nr_fresh) {
		struct page *page = alloc_pages(GFP_KERNEL, s->oo_order);
		u8 index = s->class ? s->class :
				      (u8)(INDEX_OTHER + s->oo_order);

		if (!page)
			return NULL;
		page->slab_cache = s;
		page->type = PAGE_SLAB;
		memset(arena_index + page_to_pfn(page), index,
		       1UL << s->oo_order);
		c->fresh = page_to_virt(page);
		c->nr_fresh = (PAGE_SIZE << s->oo_order) / s->size;
		s->node[0]->nr_slabs++;
	}
	obj = c->fresh;
	c->fresh += s->size;
	c->nr_fresh--;
	return obj;
}

static unsigned int fake_refill(struct kmem_cache *s, gfp_t gfp, int node,
				void **objs, unsigned int nr)
{
	bool limited = fake.allowance >= 0 &&
		       (!fake.limited || fake.limited == s);
	unsigned int got = 0;

	fake.gfp = gfp;
	fake.node = node;
	if (s == fake.watched)
		fake.refills++;
	for (; got < nr && (!limited || fake.allowance); got++) {
		objs[got] = take(s);
		if (limited)
			fake.allowance--;
	}
	if (s == fake.watched)
		fake.refilled += got;
	s->in_use += got;
	return got;
}

static void fake_flush(struct kmem_cache *s, void **objs, unsigned int nr)
{
	if (s == fake.watched) {
		fake.flushes++;
		fake.flushed += nr;
	}
	for (unsigned int i = 0; i < nr; i++) {
		memcpy(objs[i], &s->cpu_slab->list, sizeof(void *));
		s->cpu_slab->list = objs[i];
	}
	s->in_use -= nr;
}

static int fake_verify(struct kmem_cache *s, void **objs, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		assert_non_null(objs[i]);
	if (s == fake.watched)
		fake.verified += nr;
	return 0;
}

static int fake_mark_stored(struct kmem_cache *s, void **objs, unsigned int nr)
{
	fake_verify(s, objs, nr);
	if (fake.mark_result)
		return fake.mark_result;
	if (s == fake.watched)
		fake.stored += nr;
	return 0;
}

static void fake_clear_stored(struct kmem_cache *s, void **objs,
			      unsigned int nr)
{
	(void)objs;
	if (s == fake.watched)
		fake.stored -= nr;
}

static void fake_shrink(struct kmem_cache *s, unsigned int flags)
{
	(void)flags;
	if (!s->in_use)
		s->node[0]->nr_slabs = 0;
}

static unsigned long fake_shutdown(struct kmem_cache *s)
{
	return s->in_use;
}

static void *fake_object_of(struct kmem_cache *s, const void *addr)
{
	uintptr_t base = (uintptr_t)page_to_virt(virt_to_slab_page(addr));
	uintptr_t nr = ((uintptr_t)addr - base) / s->size;

	return (void *)(base + nr * s->size);
}

static void fake_list_slab_objects(struct kmem_cache *s, struct page *page)
{
	assert_ptr_equal(page->slab_cache, s);
	fake.listed++;
}

static void fake_fork(struct kmem_cache *s)
{
	(void)s;
}

/* Numbers that cannot be taken for one another. */
static void fake_get_slabinfo(struct kmem_cache *s, struct slabinfo *sinfo)
{
	*sinfo = (struct slabinfo){
		.active_objs = s->in_use,
		.num_objs = 1234567,
		.active_slabs = 11,
		.num_slabs = 222222,
		.shared_avail = 3333,
		.limit = 120,
		.batchcount = 60,
		.shared = 8,
		.objects_per_slab = 42,
		.cache_order = s->oo_order,
	};
}

const struct slab_ops fake_ops = {
	.main_empty = sheaf_main_empty,
	.main_full = sheaf_main_full,
	.main_idle = sheaf_main_idle,
	.cached = barn_count,
	.cpu_size = sizeof(struct kmem_cache_cpu),
	.refill = fake_refill,
	.flush = fake_flush,
	.verify = fake_verify,
	.mark_stored = fake_mark_stored,
	.clear_stored = fake_clear_stored,
	.setup = fake_setup,
	.shrink = fake_shrink,
	.shutdown = fake_shutdown,
	.object_of = fake_object_of,
	.list_slab_objects = fake_list_slab_objects,
	.fork_take = fake_fork,
	.fork_release = fake_fork,
	.get_slabinfo = fake_get_slabinfo,
};

int fake_start(void **state)
{
	int ret;

	kmem_room_all = 0; /* sheaves are whole */
	ret = arena_init() || page_alloc_init(0) ||
	      kmem_init(&fake_ops, NR_CURSORS) || kmalloc_init();

	(void)state;
	tick_interval_ms = ~0UL; /* nothing happens behind our back */
	return ret;
}

static pthread_t owners[MANY_OWNERS];
static unsigned int nr_owners;
static pthread_barrier_t owners_gate;

static void *own(void *arg)
{
	(void)arg;
	assert_non_null(kmem_owner_get());
	pthread_barrier_wait(&owners_gate);
	pthread_barrier_wait(&owners_gate);
	return NULL;
}

void owners_start(unsigned int nr)
{
	nr_owners = nr;
	pthread_barrier_init(&owners_gate, NULL, nr + 1);
	for (unsigned int i = 0; i < nr; i++)
		assert_int_equal(pthread_create(&owners[i], NULL, own, NULL),
				 0);
	pthread_barrier_wait(&owners_gate);
}

void owners_stop(void)
{
	pthread_barrier_wait(&owners_gate);
	for (unsigned int i = 0; i < nr_owners; i++)
		assert_int_equal(pthread_join(owners[i], NULL), 0);
	pthread_barrier_destroy(&owners_gate);
}

unsigned int nr_caches(void)
{
	struct kmem_cache *s;
	unsigned int nr = 0;

	list_for_each_entry(s, &slab_caches, list)
		nr++;
	return nr;
}

void fake_watch(const struct kmem_cache *s)
{
	fake = (struct fake){ .allowance = -1, .watched = s };
}
