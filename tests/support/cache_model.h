// SPDX-License-Identifier: MIT
/*
 * tests/support/cache_model.h - random operations on random caches, beside an
 * oracle, on whichever backend
 *
 * The oracle is a list of live objects for each cache, and the bytes that each
 * must hold. Some caches are made so that they are merged with another. The
 * oracle knows nothing of slabs: what it asks for is that live objects are
 * aligned, do not overlap and keep their bytes, that constructed objects come
 * constructed, that whatever leaves the slabs is live or in an array in front
 * of them, and that nothing is left when all is freed.
 */
#ifndef TEST_CACHE_MODEL_H
#define TEST_CACHE_MODEL_H

#include "core/tick.h"
#include "diag/param.h"
#include "kmem/barn.h"
#include "kmem/boot.h"
#include "kmem/cache.h"
#include "kmem/debug.h"
#include "kmem/held.h"
#include "kmem/kmalloc.h"
#include "kmem/kmem.h"
#include "kmem/shrink.h"
#include "kmem/slab_ops.h"
#include "kmem/thread.h"
#include "request/request.h"
#include "support/kmtest.h"

#define NR_CACHES 12
#define MAX_LIVE 600
#define BULK 40
/* One thread, so nothing for ThreadSanitizer: a few steps will do there. */
#define FEW (IS_ENABLED(KM_CHECK) || IS_ENABLED(KM_SANITIZE_THREAD))
#define STEPS (FEW ? 10000 : 340000)
#define PROOF_EVERY (IS_ENABLED(KM_CHECK) ? 1 : 256)
#define PHASE 4096
#define CONSTRUCTED 0xc0

struct object {
	unsigned char *p;
	uint64_t mark; /* decides its bytes */
};

struct model {
	struct kmem_cache *s;
	unsigned int size, align;
	bool ctor;
	unsigned int live;
	struct object objects[MAX_LIVE];
};

static const struct slab_ops *model_backend;
static bool model_debug; /* the caches have debug flags */
static struct model models[NR_CACHES];
static uint64_t seed;

static unsigned int below(uint64_t n)
{
	return (unsigned int)(test_rand(&seed) >> 11) % (unsigned int)n;
}

static void construct(void *obj)
{
	*(unsigned char *)obj = CONSTRUCTED;
}

/* ---- the bytes of an object ---------------------------------------------- */

/* Every byte of small objects; of large ones both ends and some between. */
static size_t next_byte(const struct model *m, size_t at)
{
	bool inside = at >= 64 && at + 64 < m->size;

	return at + (m->size > 2048 && inside ? 61 : 1);
}

static void mark(const struct model *m, const struct object *o)
{
	for (size_t at = m->ctor; at < m->size; at = next_byte(m, at))
		o->p[at] = (unsigned char)(o->mark + at * 7);
}

static void assert_marked(const struct model *m, const struct object *o)
{
	if (m->ctor)
		assert_int_equal(*o->p, CONSTRUCTED);
	for (size_t at = m->ctor; at < m->size; at = next_byte(m, at))
		if (o->p[at] != (unsigned char)(o->mark + at * 7))
			fail_msg("%s: byte %zu of %p was overwritten",
				 m->s->name, at, (void *)o->p);
}

/* ---- operations ---------------------------------------------------------- */

static void adopt(struct model *m, void *p, bool zeroed)
{
	struct object *o = &m->objects[m->live++];

	assert_non_null(p);
	assert_int_equal((uintptr_t)p % m->align, 0);
	o->p = p;
	o->mark = test_rand(&seed);
	if (m->ctor)
		assert_int_equal(*o->p, CONSTRUCTED);
	for (size_t at = 0; zeroed && at < m->size; at = next_byte(m, at))
		assert_int_equal(o->p[at], 0);
	mark(m, o);
}

static void *disown(struct model *m, unsigned int i)
{
	struct object o = m->objects[i];

	assert_marked(m, &o);
	m->objects[i] = m->objects[--m->live];
	return o.p;
}

static void step_alloc(struct model *m)
{
	bool zero = !m->ctor && !below(8);

	if (m->live < MAX_LIVE)
		adopt(m,
		      zero ? kmem_cache_zalloc(m->s, GFP_KERNEL) :
			     kmem_cache_alloc(m->s, GFP_KERNEL),
		      zero);
}

static void step_free(struct model *m)
{
	if (m->live)
		kmem_cache_free(m->s, disown(m, below(m->live)));
}

static void step_alloc_bulk(struct model *m)
{
	unsigned int nr = below(BULK + 1);
	void *p[BULK];

	if (m->live + nr > MAX_LIVE)
		return;
	assert_int_equal(kmem_cache_alloc_bulk(m->s, GFP_KERNEL, nr, p), nr);
	for (unsigned int i = 0; i < nr; i++)
		adopt(m, p[i], false);
}

static void step_free_bulk(struct model *m)
{
	unsigned int nr = below(BULK + 1);
	void *p[BULK];

	nr = min(nr, m->live);
	for (unsigned int i = 0; i < nr; i++)
		p[i] = disown(m, below(m->live));
	kmem_cache_free_bulk(m->s, nr, p);
}

/* Other array sizes, where the backend has some. */
static void step_tune(struct model *m)
{
	int limit = 1 + (int)below(SHEAF_MAX_CAPACITY);
	int batch = 1 + (int)below((unsigned int)limit);

	if (!model_backend->tune)
		return;
	spin_lock(&slab_mutex);
	assert_int_equal(
		model_backend->tune(m->s, limit, batch, (int)below(10)), 0);
	spin_unlock(&slab_mutex);
}

static void step_upkeep(struct model *m)
{
	tick_last_ms += below(5000);
	switch (below(7)) {
	case 0:
		kmem_cache_shrink(m->s);
		break;
	case 1:
		kmem_owner_flush(kmem_owner_get());
		break;
	case 2:
		kmem_reclaim(SHRINK_IDLE);
		break;
	case 3:
		kmem_reclaim(SHRINK_ALL);
		break;
	case 4:
		barn_shrink(m->s, SHRINK_ALL);
		break;
	case 5:
		step_tune(m);
		break;
	default:
		kmem_owners_flush_cache(m->s);
	}
}

/* ---- checks -------------------------------------------------------------- */

static int by_address(const void *a, const void *b)
{
	const struct object *p = a, *q = b;

	return p->p < q->p ? -1 : p->p > q->p;
}

static void prove_no_overlap(void)
{
	static struct object all[NR_CACHES * MAX_LIVE];
	size_t nr = 0;

	for (size_t i = 0; i < NR_CACHES; i++)
		for (size_t j = 0; j < models[i].live; j++) {
			all[nr] = models[i].objects[j];
			all[nr++].mark = models[i].size;
		}
	qsort(all, nr, sizeof(all[0]), by_address);
	for (size_t i = 1; i < nr; i++)
		assert_true(all[i].p >= all[i - 1].p + all[i - 1].mark);
}

/* Live objects of a cache, under all its names. */
static unsigned int live_of(const struct kmem_cache *s)
{
	unsigned int nr = 0;

	for (size_t i = 0; i < NR_CACHES; i++)
		if (models[i].s == s)
			nr += models[i].live;
	return nr;
}

static void prove(void)
{
	kmem_owner_check(kmem_owner_get());
	for (size_t i = 0; i < NR_CACHES; i++) {
		struct model *m = &models[i];

		m->s->ops->check(m->s);
		barn_check(m->s);
		assert_int_equal(m->s->in_use,
				 live_of(m->s) + kmem_cache_cached(m->s));
	}
	prove_no_overlap();
}

/* ---- a run --------------------------------------------------------------- */

static void open_caches(void)
{
	static const unsigned int aligns[] = { 0, 8, 16, 64, 256, 4096 };
	static const char *names[NR_CACHES] = { "c0", "c1", "c2",  "c3",
						"c4", "c5", "c6",  "c7",
						"c8", "c9", "c10", "c11" };

	for (size_t i = 0; i < NR_CACHES; i++) {
		struct model *m = &models[i];
		unsigned int align = aligns[below(ARRAY_SIZE(aligns))];
		unsigned int top = 1U << (3 + i); /* 8 .. 16384 */

		m->size = top + below(top + 1);
		m->align = align > 8 ? align : 8;
		m->ctor = !below(3);
		m->live = 0;
		if (i && !models[i - 1].ctor && !below(3)) /* a twin */
			m->size = ALIGN(models[i - 1].size, 8U) - below(8);
		m->s = kmem_cache_create(names[i], m->size, align,
					 below(2) ? SLAB_HWCACHE_ALIGN : 0,
					 m->ctor ? construct : NULL);
		assert_non_null(m->s);
		assert_int_equal(model_debug, (m->s->flags & SLAB_POISON) != 0);
	}
}

static void close_caches(void)
{
	for (size_t i = 0; i < NR_CACHES; i++) {
		struct model *m = &models[i];

		while (m->live)
			kmem_cache_free(m->s, disown(m, m->live - 1));
	}
	prove();
	for (size_t i = 0; i < NR_CACHES; i++) {
		struct kmem_cache *s = models[i].s;

		assert_int_equal(kmem_cache_shrink(s), 0);
		assert_int_equal(s->in_use, 0);
		assert_int_equal(s->node[0]->nr_slabs, 0);
		assert_int_equal(s->node[0]->nr_pages, 0);
		kmem_cache_destroy(s);
	}
}

/* Pages that are in use. */
static unsigned long pages_out(void)
{
	struct zone *zone = &node_data[0].node_zones[ZONE_NORMAL];
	struct zone_stat stat;

	kmem_reclaim(SHRINK_ALL);
	zone_check(zone);
	zone_stat(zone, &stat);
	return stat.managed - stat.free - stat.pcp;
}

static void run(uint64_t first_seed, unsigned int steps)
{
	unsigned long before = pages_out();
	unsigned int p_alloc = 60;

	seed = first_seed;
	open_caches();
	for (unsigned int step = 0; step < steps; step++) {
		struct model *m = &models[below(NR_CACHES)];
		unsigned int what = below(1000);

		if (step % PHASE == 0)
			p_alloc = 30 + below(41);
		if (what < 2)
			step_upkeep(m);
		else if (what < 22)
			below(100) < p_alloc ? step_alloc_bulk(m) :
					       step_free_bulk(m);
		else
			below(100) < p_alloc ? step_alloc(m) : step_free(m);
		if (step % PROOF_EVERY == 0)
			prove();
	}
	close_caches();
	assert_int_equal(pages_out(), before);
}

static int start(void **state)
{
	(void)state;
	if (arena_init() || page_alloc_init(0) ||
	    kmem_init(model_backend, NR_CURSORS) || kmalloc_init() ||
	    !kmem_owner_get())
		return -1;
	tick_interval_ms = ~0UL; /* after the boot parameter for it */
	return 0;
}

/* A third of a million steps from each of three seeds. Expect the oracle to
 * agree at each, and no page to be missing in the end. */
static void test_seed_1(void **state)
{
	(void)state;
	run(0x9e3779b97f4a7c15, STEPS);
}

static void test_seed_2(void **state)
{
	(void)state;
	run(0xbf58476d1ce4e5b9, STEPS);
}

static void test_seed_3(void **state)
{
	(void)state;
	run(0x94d049bb133111eb, STEPS);
}

/* Fewer steps on caches that are beyond the slots of the fixed table. Expect
 * the same. */
static void test_far(void **state)
{
	static struct kmem_cache *near[NR_CURSORS - API_SLOT];
	struct kmem_cache *s;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(near); i++)
		near[i] = kmem_cache_create("near", 64, 0, SLAB_NO_MERGE, NULL);
	s = kmem_cache_create("far", 64, 0, SLAB_NO_MERGE, NULL);
	assert_true(s && s->far);
	kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL)); /* a chunk */
	kmem_cache_destroy(s);
	run(0xd1342543de82ef95, min(STEPS, 100000));
	for (size_t i = 0; i < ARRAY_SIZE(near); i++)
		kmem_cache_destroy(near[i]);
}

/* Fewer steps on caches with all debug flags. Expect the oracle to agree, and
 * nothing to be reported. */
static void test_debug(void **state)
{
	unsigned int errors = 0;

	(void)state;
	parse_args("slab_debug=FZPU");
	model_debug = true;
	slab_kunit_errors = &errors;
	run(0x2545f4914f6cdd1d, min(STEPS, 20000));
	slab_kunit_errors = NULL;
	parse_args("slab_debug=-");
	assert_int_equal(errors, 0);
}

static int cache_model_main(const struct slab_ops *backend)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seed_1), cmocka_unit_test(test_seed_2),
		cmocka_unit_test(test_seed_3), cmocka_unit_test(test_far),
		cmocka_unit_test(test_debug),
	};

	model_backend = backend;
	return cmocka_run_group_tests(tests, start, NULL);
}

#endif
