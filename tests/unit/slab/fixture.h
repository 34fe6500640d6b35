// SPDX-License-Identifier: MIT
/*
 * fixture.h - the engine up to SLAB and kmalloc, and a cache to take apart
 */
#ifndef KM_TEST_FIXTURE_H
#define KM_TEST_FIXTURE_H

#include "buddy/buddy.h"
#include "core/tick.h"
#include "kmem/kmalloc.h"
#include "slab/internal.h"
#include "support/kmtest.h"

#define MAX_OBJECTS 4096

struct fixture {
	struct kmem_cache *s;
	struct kmem_cache_node *n;
	unsigned int per_slab;
	void *objs[MAX_OBJECTS];
};

extern struct fixture f;

/* Once for the program: a cmocka group setup. */
int slab_start(void **state);

/* f.s is a new cache of objects of `size` bytes. */
void fixture_open(unsigned int size, unsigned int align, void (*ctor)(void *));
/* Nothing is in use: destroy it, and check that every slab went. */
void fixture_close(void);

/* Take nr objects off the slabs into f.objs[from...]; all of them. */
void take(size_t from, unsigned int nr);
/* Give f.objs[from...] back to the slabs, in one batch. */
void give(size_t from, unsigned int nr);
/* The same through kmem_cache_alloc() and kmem_cache_free(). */
void alloc(size_t from, unsigned int nr);
void release(size_t from, unsigned int nr);
/*
 * Put f.objs[from...] into a slot of this CPU, as one array. Returns nr, or 0
 * if there is no room.
 */
unsigned int put_shared(size_t from, unsigned int nr);
/* Whole slabs: f.objs[slab * per_slab ...], all in use. */
void take_full_slabs(unsigned int nr);

unsigned int list_length(const struct list_head *list);
/* How many slabs are on the three lists? */
void expect_slabs(unsigned int partial, unsigned int full, unsigned int empty);

/* Objects in this thread's array. */
unsigned int array_avail(void);
/* Time passes for the ticks, and for nothing else. */
void pass_ms(unsigned long ms);

static inline struct slab_desc *slab_of(size_t i)
{
	return virt_to_desc(f.objs[i]);
}

#endif
