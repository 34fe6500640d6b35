// SPDX-License-Identifier: MIT
/*
 * test_late.c - caches that start without sheaves, and are given them later
 */
#include "buddy/buddy.h"
#include "core/tick.h"
#include "fake.h"
#include "kmem/boot.h"
#include "kmem/cache.h"
#include "kmem/held.h"
#include "kmem/kmalloc.h"
#include "kmem/room.h"
#include "kmem/thread.h"
#include "request/request.h"

#define CLASS 7
#define ASKED 90 /* objects of a sheaf */

static struct kmem_cache classed, plain;

/* The engine up to kmem, on a backend whose caches get their sheaves late. */
static void start(bool late)
{
	static struct slab_ops ops;
	static const struct kmem_cache_boot class_boot = {
		.class = CLASS, .sheaf_capacity = ASKED
	};
	static const struct kmem_cache_boot plain_boot = { .align = 8 };

	ops = fake_ops;
	ops.late_sheaves = late;
	kmem_room_all = 0; /* sheaves are whole */
	REQUIRE(!arena_init() && !page_alloc_init(0) &&
		!kmem_init(&ops, NR_CURSORS));
	tick_interval_ms = ~0UL;
	REQUIRE(!kmem_cache_init(&classed, "classed", 200, &class_boot));
	REQUIRE(!kmem_cache_init(&plain, "plain", 200, &plain_boot));
}

static struct kmem_cache *create(const char *name)
{
	struct kmem_cache *s = kmem_cache_create(name, 100, 0, SLAB_NO_MERGE,
						 NULL);

	REQUIRE(s);
	return s;
}

/* Whether a thread keeps what it frees to the cache. */
static bool has_sheaves(struct kmem_cache *s)
{
	void *obj = kmem_cache_alloc(s, GFP_KERNEL);
	unsigned long in_use = s->in_use;

	REQUIRE(obj);
	kmem_cache_free(s, obj);
	REQUIRE(kmem_has_slot(s) == (s->sheaf_capacity != 0));
	REQUIRE(kmem_has_slot(s) == (s->in_use == in_use));
	return kmem_owners_count(s) != 0;
}

static void check_owner(void)
{
	kmem_owner_check(kmem_owner_get());
}

/* A class, a cache of a user and one of the library. Expect all of them to
 * work without sheaves, and the first two to have them from then on, as many
 * objects as they asked for. */
static void get_them_late(void *arg)
{
	struct kmem_cache *created, *later;
	void *before[3];

	(void)arg;
	start(true);
	created = create("created");
	REQUIRE(!has_sheaves(&classed) && !has_sheaves(&plain));
	REQUIRE(!has_sheaves(created));
	before[0] = kmem_cache_alloc(&classed, GFP_KERNEL);
	before[1] = kmem_cache_alloc(created, GFP_KERNEL);
	REQUIRE(classed.in_use == 1 && created->in_use == 1);
	REQUIRE(kmem_cache_alloc_bulk(created, GFP_KERNEL, 1, before + 2) == 1);
	check_owner();

	kmem_start_sheaves();
	REQUIRE(classed.slot == CLASS && classed.sheaf_capacity == ASKED);
	REQUIRE(created->slot >= API_SLOT && created->sheaf_capacity == 120);
	REQUIRE(has_sheaves(&classed) && has_sheaves(created));
	REQUIRE(!has_sheaves(&plain));
	kmem_cache_free(&classed, before[0]);
	kmem_cache_free_bulk(created, 2, before + 1);
	check_owner();

	later = create("later");
	REQUIRE(has_sheaves(later) && later->slot != created->slot);
	kmem_start_sheaves();
	REQUIRE(has_sheaves(created) && classed.slot == CLASS);
	kmem_cache_destroy(created);
	kmem_cache_destroy(later);
	REQUIRE(create("again")->slot >= API_SLOT);
}

/* A backend that does not ask for it. Expect sheaves from the beginning, and
 * nothing to change. */
static void get_them_at_once(void *arg)
{
	(void)arg;
	start(false);
	REQUIRE(has_sheaves(&classed) && has_sheaves(create("created")));
	REQUIRE(!has_sheaves(&plain));
	kmem_start_sheaves();
	REQUIRE(classed.slot == CLASS && classed.sheaf_capacity == ASKED);
}

/* kmalloc starts. Expect its classes to have sheaves after it. */
static void kmalloc_starts_them(void *arg)
{
	(void)arg;
	start(true);
	REQUIRE(!has_sheaves(&classed));
	REQUIRE(!kmalloc_init());
	REQUIRE(has_sheaves(&classed) &&
		has_sheaves(
			&kmalloc_caches[KMALLOC_NORMAL][kmalloc_index(64)]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(get_them_late),
		child_test(get_them_at_once),
		child_test(kmalloc_starts_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
