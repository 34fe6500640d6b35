// SPDX-License-Identifier: MIT
/*
 * fixture.h - the engine up to SLUB, and a cache to take apart
 */
#ifndef KM_TEST_FIXTURE_H
#define KM_TEST_FIXTURE_H

#include "buddy/buddy.h"
#include "core/tick.h"
#include "slub/internal.h"
#include "support/kmtest.h"

#define MAX_OBJECTS 4096

struct fixture {
	struct kmem_cache *s;
	struct kmem_cache_cpu *c; /* of the CPU that the test stays on */
	struct kmem_cache_node *n;
	unsigned int per_slab;
	void *objs[MAX_OBJECTS];
};

extern struct fixture f;

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
	flush_cpu_slab(f.s, f.c);
	assert_int_equal(f.n->nr_partial, nr);
}

static inline void give_node_partials(unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		give((size_t)i * f.per_slab + i + 1, f.per_slab - i - 1);
}

#endif
