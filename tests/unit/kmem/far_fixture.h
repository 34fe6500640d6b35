/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/kmem/far_fixture.h - caches that fill a table's slots, and others
 * beyond them for each test
 */
#ifndef TEST_FAR_FIXTURE_H
#define TEST_FAR_FIXTURE_H

#include "fake.h"
#include "kmem/barn.h"
#include "kmem/cache.h"
#include "kmem/internal.h"

#define NR_API (NR_CURSORS - API_SLOT)
#define NR_FAR 300 /* in three chunks */
#define CAPACITY 120U /* of a sheaf of objects of 64 bytes */

static struct kmem_cache *near[NR_API], *caches[NR_FAR];

static inline struct kmem_cache *create(void)
{
	struct kmem_cache *s = kmem_cache_create("far", 64, 0, SLAB_NO_MERGE,
						 NULL);

	REQUIRE(s);
	return s;
}

/* Starts the engine; all slots of the table are taken before each test. */
static inline int start_near(void **state)
{
	if (fake_start(state))
		return -1;
	for (size_t i = 0; i < NR_API; i++)
		near[i] = create();
	return 0;
}

static inline void make_far(void)
{
	for (size_t i = 0; i < NR_FAR; i++)
		caches[i] = create();
	fake_watch(caches[NR_FAR - 1]);
}

static inline void destroy_far(void)
{
	for (size_t i = 0; i < NR_FAR; i++) {
		barn_check(caches[i]);
		kmem_cache_destroy(caches[i]);
	}
}

#endif
