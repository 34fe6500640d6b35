// SPDX-License-Identifier: MIT
/*
 * fake.h - a backend for the tests of kmem: a stack of objects for each cache
 */
#ifndef KM_TEST_FAKE_H
#define KM_TEST_FAKE_H

#include "kmem/kmem.h"
#include "kmem/slab_ops.h"
#include "support/child.h"
#include "support/kmtest.h"

struct fake {
	unsigned long refills, flushes; /* calls for the watched cache */
	unsigned long refilled, flushed, verified; /* objects */
	const struct kmem_cache *watched;
	long allowance; /* objects that may still be had; -1: any number */
	const struct kmem_cache *limited; /* by the allowance; NULL: all */
	int setup_result, mark_result;
	u16 slab_objects; /* what setup says of a slab */
	unsigned long stored; /* objects that are marked */
	unsigned long listed; /* slabs whose objects were to be named */
	gfp_t gfp; /* of the last refill */
	int node; /* of the last refill */
};

extern struct fake fake;
extern const struct slab_ops fake_ops;

/* The engine up to kmem, on the fake backend; a cmocka group setup. */
int fake_start(void **state);

/* So many more threads that own a table and do nothing, until let go. */
#define MANY_OWNERS 8
void owners_start(unsigned int nr);
void owners_stop(void);

/* Caches in the list. */
unsigned int nr_caches(void);

/* Watch one cache, from zero. */
void fake_watch(const struct kmem_cache *s);

#endif
