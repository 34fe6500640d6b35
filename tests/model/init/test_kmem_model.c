// SPDX-License-Identifier: MIT
/*
 * test_kmem_model.c - the calls of slab.h at random, beside an oracle
 *
 * The oracle is a list of the objects that are out, with the bytes that each
 * must hold, what it must be aligned to, and where it was asked for. Caches
 * come and go meanwhile, some of them as a further name of another; objects are
 * taken singly, in bulk, from prefilled sheaves and by size; they go back to
 * their cache, by kfree(), or in bulk without a cache. There are two nodes.
 */
#include <stdlib.h>

#include "buddy/buddy.h"
#include "core/tick.h"
#include "init.h"
#include "kmem/cache.h"
#include "kmem/held.h"
#include "kmem/kmalloc.h"
#include "kmem/shrink.h"
#include "kmem/slab_ops.h"
#include "support/child.h"
#include "zone/numa.h"

#define NR_NAMES 14
#define MAX_LIVE 2500
#define BULK 50
#define FEW (IS_ENABLED(KM_CHECK) || IS_ENABLED(KM_SANITIZE_THREAD))
#define STEPS (FEW ? 10000 : 350000)
#define PROOF_EVERY 4096
#define CONSTRUCTED 0xc0

struct name {
	struct kmem_cache *s; /* NULL: there is none now */
	unsigned int size, align, live;
	bool ctor;
	struct slab_sheaf *sheaf; /* held; NULL: none */
	char text[16];
};

struct object {
	unsigned char *p;
	size_t size;
	uint64_t mark; /* decides its bytes */
	struct name *name; /* NULL: of kmalloc() */
};

static struct name names[NR_NAMES];
static struct object objects[MAX_LIVE];
static unsigned int live;
static unsigned long aliases, sheaves, remote; /* how often each happened */
static uint64_t seed;

static unsigned int below(unsigned long n)
{
	return (unsigned int)test_below(&seed, n);
}

/* ---- the bytes of an object ---------------------------------------------- */

static size_t first_byte(const struct object *o)
{
	return o->name && o->name->ctor;
}

/* All bytes of small objects; of large ones both ends and some between. */
static size_t next_byte(const struct object *o, size_t at)
{
	bool inside = at >= 32 && at + 32 < o->size;

	return at + (o->size > 512 && inside ? 67 : 1);
}

static void mark(struct object *o)
{
	o->mark = test_rand(&seed);
	for (size_t at = first_byte(o); at < o->size; at = next_byte(o, at))
		o->p[at] = (unsigned char)(o->mark + at * 7);
}

static void check_bytes(const struct object *o, size_t size)
{
	if (first_byte(o))
		REQUIRE(*o->p == CONSTRUCTED);
	for (size_t at = first_byte(o); at < size; at = next_byte(o, at))
		REQUIRE(o->p[at] == (unsigned char)(o->mark + at * 7));
}

static void adopt(void *p, size_t size, struct name *name, bool zeroed)
{
	struct object *o = &objects[live++];

	REQUIRE(p);
	*o = (struct object){ .p = p, .size = size, .name = name };
	if (name) {
		REQUIRE(IS_ALIGNED((uintptr_t)p, name->align));
		name->live++;
	}
	if (first_byte(o))
		REQUIRE(*o->p == CONSTRUCTED);
	for (size_t at = 0; zeroed && at < size; at = next_byte(o, at))
		REQUIRE(!o->p[at]);
	mark(o);
}

static void *disown(unsigned int i)
{
	struct object o = objects[i];

	check_bytes(&o, o.size);
	if (o.name)
		o.name->live--;
	objects[i] = objects[--live];
	return o.p;
}

/* ---- caches -------------------------------------------------------------- */

static void construct(void *obj)
{
	*(unsigned char *)obj = CONSTRUCTED;
}

static void create(struct name *name)
{
	static const unsigned int aligns[] = { 0, 0, 0, 16, 64, 256, 4096 };
	static const slab_flags_t flags[] = {
		0,
		0,
		0,
		SLAB_HWCACHE_ALIGN,
		SLAB_RECLAIM_ACCOUNT,
		SLAB_NO_OBJ_EXT,
		SLAB_NO_MERGE,
	};
	const struct name *twin = &names[below(NR_NAMES)];
	struct kmem_cache_args args = {
		.align = aligns[below(ARRAY_SIZE(aligns))],
		.ctor = below(4) ? NULL : construct,
		.sheaf_capacity = below(3) ? 0 : below(200),
	};
	unsigned int top = 1U << (3 + below(11)); /* 8 .. 8192 */

	name->size = top + below(top);
	if (twin->s && !twin->ctor && below(2)) {
		name->size = ALIGN(twin->size, 8U) - below(8);
		args.align = twin->align;
		args.ctor = NULL;
	}
	name->ctor = args.ctor;
	name->s = kmem_cache_create(name->text, name->size, &args,
				    flags[below(ARRAY_SIZE(flags))]);
	REQUIRE(name->s);
	name->align = max(args.align, 8U);
	aliases += name->s->refcount > 1;
}

static void return_sheaf(struct name *name)
{
	if (name->sheaf)
		kmem_cache_return_sheaf(name->s, GFP_KERNEL, name->sheaf);
	name->sheaf = NULL;
}

static void destroy(struct name *name)
{
	return_sheaf(name);
	for (unsigned int i = live; i--;)
		if (objects[i].name == name)
			kmem_cache_free(name->s, disown(i));
	kmem_cache_destroy(name->s);
	name->s = NULL;
}

/* ---- steps --------------------------------------------------------------- */

/* One object, of the node that was asked for. */
static void step_alloc(struct name *name)
{
	gfp_t zero = !name->ctor && !below(6) ? __GFP_ZERO : 0;
	gfp_t here = below(2) ? __GFP_THISNODE : 0;
	int node = (int)below(3) - 1;
	void *p;

	if (node == NUMA_NO_NODE || below(3))
		p = kmem_cache_alloc(name->s, GFP_KERNEL | zero);
	else {
		p = kmem_cache_alloc_node(name->s, GFP_KERNEL | zero | here,
					  node);
		REQUIRE(p && page_to_nid(virt_to_slab_page(p)) ==
				     (unsigned int)node);
		remote += node != (int)numa_node_id();
	}
	adopt(p, name->size, name, zero);
}

static void step_alloc_bulk(struct name *name)
{
	gfp_t zero = !name->ctor && !below(6) ? __GFP_ZERO : 0;
	unsigned int nr = below(BULK + 1);
	void *p[BULK];

	REQUIRE(kmem_cache_alloc_bulk(name->s, GFP_KERNEL | zero, nr, p) ==
		(int)nr);
	for (unsigned int i = 0; i < nr; i++)
		adopt(p[i], name->size, name, zero);
}

static void step_sheaf(struct name *name)
{
	unsigned int nr = below(5);

	if (!name->sheaf)
		name->sheaf = kmem_cache_prefill_sheaf(name->s, GFP_KERNEL,
						       below(150));
	else if (!below(4))
		REQUIRE(!kmem_cache_refill_sheaf(name->s, GFP_KERNEL,
						 &name->sheaf, below(150)));
	REQUIRE(name->sheaf);
	sheaves++;
	while (nr-- && kmem_cache_sheaf_size(name->sheaf))
		adopt(kmem_cache_alloc_from_sheaf(name->s, GFP_KERNEL,
						  name->sheaf),
		      name->size, name, false);
	if (!below(3))
		return_sheaf(name);
}

static void step_kmalloc(void)
{
	static const gfp_t types[] = { 0, 0, 0, __GFP_RECLAIMABLE,
				       __GFP_ACCOUNT };
	size_t size = 1 + below(below(20) ? 2000 : 20000);
	gfp_t gfp = GFP_KERNEL | types[below(ARRAY_SIZE(types))];
	bool zero = !below(4);

	if (zero)
		adopt(kzalloc(size, gfp), size, NULL, true);
	else
		adopt(kmalloc_node(size, gfp, (int)below(3) - 1), size, NULL,
		      false);
}

static void step_krealloc(struct object *o)
{
	size_t size = 1 + below(3000);
	void *p;

	if (o->name)
		return;
	check_bytes(o, o->size);
	p = krealloc(o->p, size, GFP_KERNEL);
	REQUIRE(p && ksize(p) >= size);
	o->p = p;
	for (size_t at = 0; at < min(size, o->size); at = next_byte(o, at))
		REQUIRE(o->p[at] == (unsigned char)(o->mark + at * 7));
	o->size = size;
	mark(o);
}

static void step_free(void)
{
	unsigned int i = below(live);
	struct name *name = objects[i].name;

	if (name && below(3))
		kmem_cache_free(name->s, disown(i));
	else
		kfree(disown(i));
}

/* Whatever comes, of several caches and of none. */
static void step_free_bulk(void)
{
	unsigned int nr = min(below(BULK + 1), live);
	void *p[BULK];

	for (unsigned int i = 0; i < nr; i++)
		p[i] = disown(below(live));
	kfree_bulk(nr, p);
}

static void step_upkeep(void)
{
	struct name *name = &names[below(NR_NAMES)];

	switch (below(5)) {
	case 0:
		if (name->s)
			kmem_cache_shrink(name->s);
		break;
	case 1:
		kmem_reclaim(SHRINK_ALL);
		break;
	case 2:
		kmem_reclaim(SHRINK_IDLE);
		break;
	default:
		name->s ? destroy(name) : create(name);
	}
}

static void one_step(unsigned int p_alloc)
{
	struct name *name = &names[below(NR_NAMES)];
	unsigned int what = below(1000);

	if (what < 4)
		step_upkeep();
	else if (what < 60 && live)
		step_krealloc(&objects[below(live)]);
	else if (below(100) >= p_alloc || live + BULK > MAX_LIVE)
		what < 90 || !live ? step_free_bulk() : step_free();
	else if (what < 90 && name->s)
		step_alloc_bulk(name);
	else if (what < 130 && name->s)
		step_sheaf(name);
	else if (what < 500 || !name->s)
		step_kmalloc();
	else
		step_alloc(name);
}

/* ---- checks -------------------------------------------------------------- */

/* What is out of a cache's slabs: with us, in sheaves that we hold, or
 * cached. */
static void prove_counts(const struct kmem_cache *s)
{
	unsigned long out = 0;

	for (int i = 0; i < NR_NAMES; i++)
		if (names[i].s == s)
			out += names[i].live +
			       (names[i].sheaf ?
					kmem_cache_sheaf_size(names[i].sheaf) :
					0);
	REQUIRE(s->in_use ==
		out + kmem_owners_count(s) +
			s->ops->cached((struct kmem_cache *)(uintptr_t)s));
}

static int by_address(const void *a, const void *b)
{
	const struct object *p = a, *q = b;

	return p->p < q->p ? -1 : p->p > q->p;
}

static void prove(void)
{
	km_check_all();
	for (int i = 0; i < NR_NAMES; i++)
		if (names[i].s)
			prove_counts(names[i].s);
	qsort(objects, live, sizeof(objects[0]), by_address);
	for (unsigned int i = 1; i < live; i++)
		REQUIRE(objects[i].p >= objects[i - 1].p + objects[i - 1].size);
}

/* ---- a run --------------------------------------------------------------- */

struct config {
	const char *cmdline;
	unsigned int steps;
	bool plain; /* nothing keeps caches apart */
};

static void run(void *arg)
{
	static const struct km_start how = { NR_CURSORS, 0, kmalloc_init,
					     NULL };
	const struct config *config = arg;
	const char *variant = getenv("KMALLOC_CMDLINE");
	unsigned int p_alloc = 50;
	char line[256];

	if (!variant || !strstr(variant, "slub=")) /* the other form of SLUB */
		variant = "";
	snprintf(line, sizeof(line), "%s %s", variant, config->cmdline);
	REQUIRE(!setenv("KMALLOC_CMDLINE", line, 1));
	REQUIRE(!km_boot(&how));
	tick_interval_ms = ~0UL;
	REQUIRE(nr_online_nodes == 2);
	seed = 0x2545f4914f6cdd1d;
	for (int i = 0; i < NR_NAMES; i++)
		snprintf(names[i].text, sizeof(names[0].text), "name%d", i);
	for (unsigned int step = 0; step < config->steps; step++) {
		if (step % 2048 == 0)
			p_alloc = 25 + below(50);
		one_step(p_alloc);
		if (step % PROOF_EVERY == 0)
			prove();
	}
	if (!FEW)
		REQUIRE(sheaves > 100 && remote > 100 &&
			(!config->plain || aliases > 10));
	prove();
	for (int i = 0; i < NR_NAMES; i++)
		if (names[i].s)
			destroy(&names[i]);
	while (live)
		kfree(disown(live - 1));
	kmem_reclaim(SHRINK_ALL);
	km_check_all();
}

static void run_config(const struct config *config)
{
	struct child_end end;

	child_run(run, (void *)(uintptr_t)config, &end);
	if (end.status)
		fail_msg("%s: status %#x, said: %s", config->cmdline,
			 end.status, end.err);
}

/* A third of a million steps each, on SLUB and on SLAB. Expect the oracle to
 * agree at each, and nothing to be left. */
static void test_slub(void **state)
{
	static const struct config config = { "arena=128M numa=fake=2", STEPS,
					      true };

	(void)state;
	run_config(&config);
}

static void test_slab(void **state)
{
	static const struct config config = {
		"arena=128M numa=fake=2 slab_alloc=slab", STEPS, true
	};

	(void)state;
	run_config(&config);
}

/* The same with random kmalloc caches, shuffled and hardened free lists, larger
 * slabs, and no merging. Expect the same. */
static void test_options(void **state)
{
	static const struct config config = {
		"arena=128M numa=fake=2 random_kmalloc_caches "
		"slab_freelist_random slab_freelist_hardened slab_nomerge "
		"slab_min_order=2",
		STEPS, false
	};

	(void)state;
	run_config(&config);
}

/* The same with all debug checks. Expect the same, and no report. */
static void test_debug(void **state)
{
	static const struct config config = {
		"arena=128M numa=fake=2 slab_debug=FZPU", STEPS / 10, false
	};
	struct child_end end;

	(void)state;
	child_run(run, (void *)(uintptr_t)&config, &end);
	if (end.status || end.err[0])
		fail_msg("status %#x, said: %s", end.status, end.err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slub),
		cmocka_unit_test(test_slab),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_debug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
