// SPDX-License-Identifier: MIT
/*
 * fixture.h - the engine up to SLUB, and a cache to take apart
 */
#ifndef KM_TEST_FIXTURE_H
#define KM_TEST_FIXTURE_H

#include "buddy/buddy.h"
#include "core/tick.h"
#include "slub/internal.h"
#include "kmem/slab_ops.h"
#include "support/form.h"
#include "support/kmtest.h"

#define MAX_OBJECTS 4096

struct fixture {
	struct kmem_cache *s;
	/* of the CPU that the test stays on; NULL in the form 7.0 */
	struct kmem_cache_cpu *c;
	struct kmem_cache_node *n;
	unsigned int per_slab;
	void *objs[MAX_OBJECTS];
};

extern struct fixture f;

/* In the form that is tested: objects of slabs, and back. */
static inline unsigned int slab_refill(struct kmem_cache *s, gfp_t gfp,
				       int node, void **objs, unsigned int nr)
{
	return s->ops->refill(s, gfp, node, objs, nr);
}

static inline void slab_flush(struct kmem_cache *s, void **objs,
			      unsigned int nr)
{
	s->ops->flush(s, objs, nr);
}

/* The part of a cache of this CPU, or NULL. */
static inline struct kmem_cache_cpu *cpu_of(const struct kmem_cache *s)
{
	return s->cpu_slab ? &s->cpu_slab[smp_cpu()] : NULL;
}

/* This CPU holds no slab from here on. */
static inline void flush_cpu(void)
{
	if (f.c)
		flush_cpu_slab(f.s, f.c);
}

/* For what only the form 6.18 has. */
#define NEEDS_CPU_SLAB()        \
	do {                    \
		if (!f.c)       \
			skip(); \
	} while (0)

/* Once for the program: a cmocka group setup. */
int slub_start(void **state);

/* f.s is a new cache of objects of `size` bytes. */
void fixture_open(unsigned int size, unsigned int align, void (*ctor)(void *));
/* Nothing is in use: destroy it and check that every slab went. */
void fixture_close(void);

/* Take nr objects off the slabs into f.objs[from...], the first to use
 * first. */
void take(size_t from, unsigned int nr);
/* Give f.objs[from...] back to the slabs, in one batch. */
void give(size_t from, unsigned int nr);
/* Whole slabs: f.objs[slab * per_slab ...], all in use, on no CPU. */
void take_full_slabs(unsigned int nr);

static inline struct slab *slab_of(size_t i)
{
	return virt_to_slab(f.objs[i]);
}

/* Lays out a cache that never holds an object, for a number of CPUs. */
struct kmem_cache shape(unsigned int cpus, unsigned int size,
			unsigned int align, slab_flags_t flags,
			void (*ctor)(void *));

/* `nr` slabs on the node's list, the i-th with i + 1 free objects. */
static inline void node_partials(unsigned int nr)
{
	take_full_slabs(nr);
	for (unsigned int i = 0; i < nr; i++)
		give((size_t)i * f.per_slab, i + 1);
	flush_cpu();
	assert_int_equal(f.n->nr_partial, nr);
}

static inline void give_node_partials(unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		give((size_t)i * f.per_slab + i + 1, f.per_slab - i - 1);
}

#endif
