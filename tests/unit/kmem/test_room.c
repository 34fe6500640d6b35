// SPDX-License-Identifier: MIT
/*
 * test_room.c - the room of an owner: small from the start, doubled by misses,
 * halved at ticks, and bounded
 */
#include <stdio.h>

#include "diag/param.h"
#include "kmem/room.h"
#include "kmem/thread.h"
#include "sheaf_fixture.h"

#define NR_SLOTS 40U

static struct kmem_cache *many[NR_SLOTS];

static struct kmem_owner_slot *slot_of(const struct kmem_cache *s)
{
	return kmem_slot(kmem_owner_get(), s);
}

static u32 capacity(void)
{
	return slot_of(f.s)->capacity;
}

/* Sets the bound of an owner, among so many that slots start with calls. */
static void bound(unsigned long bytes)
{
	kmem_room_all = bytes;
	kmem_room_share(ROOM_FEW + 1);
	kmem_room_most = bytes ? bytes : ~0UL;
}

static int room_setup(void **state)
{
	int ret = setup(state);

	bound(ROOM_ALL);
	kmem_owner_get()->moved = 0;
	return ret;
}

/* Allocates and frees until the slot of a cache has a capacity. */
static void use_up_calls(struct kmem_cache *s)
{
	while (!slot_of(s)->capacity)
		kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
}

/* The first calls of a thread. Expect each to be served by the slabs, with no
 * sheaf, and a small main after ROOM_CALLS of them. */
static void test_calls(void **state)
{
	const u32 nr = ROOM_CALLS / 2;

	(void)state;
	take(0, nr);
	give(0, nr - 1);
	assert_int_equal(fake.refilled, nr);
	assert_int_equal(fake.flushed, nr - 1);
	assert_int_equal(f.s->node[0]->barn[BARN_HERE].nr_empty, 0);
	assert_int_equal(capacity(), 0);
	assert_true(*kmem_cursor(kmem_owner_get(), f.s) == MISSING);
	give(nr - 1, nr);
	assert_int_equal(capacity(), ROOM_FIRST);
	assert_int_equal(fake.flushed, nr - 1);
	assert_int_equal(kmem_owner_count(kmem_owner_get(), f.s), 1);
}

/* A thread allocates only. Expect each miss to double the capacity, up to the
 * cache's. */
static void test_grow_by_allocations(void **state)
{
	static const u32 grown[] = { ROOM_FIRST, 16, CAPACITY, CAPACITY };
	size_t at = 0;

	(void)state;
	use_up_calls(f.s);
	kmem_owner_flush_cache(kmem_owner_get(), f.s);
	slot_of(f.s)->calls = ROOM_CALLS - 1;
	fake_watch(f.s);
	for (size_t i = 0; i < ARRAY_SIZE(grown); i++) {
		take(at, at + 1);
		assert_int_equal(capacity(), grown[i]);
		assert_int_equal(fake.refills, i + 1);
		take(at + 1, at + grown[i]);
		assert_int_equal(fake.refills, i + 1);
		at += grown[i];
	}
	give(0, at);
}

/* A thread frees only. Expect main to be widened without a flush until it is
 * whole, then a spare, then the barn. */
static void test_grow_by_frees(void **state)
{
	(void)state;
	bound(0);
	take(0, 6 * CAPACITY);
	bound(ROOM_ALL);
	kmem_owner_flush_cache(kmem_owner_get(), f.s);
	slot_of(f.s)->calls = ROOM_CALLS - 1;
	fake_watch(f.s);
	give(0, 2 * CAPACITY);
	assert_int_equal(capacity(), CAPACITY);
	assert_int_equal(fake.flushes, 0);
	assert_int_equal(slot_of(f.s)->spare->count, CAPACITY);
	assert_int_equal(kmem_owner_count(kmem_owner_get(), f.s), 2 * CAPACITY);
	kmem_owner_check(kmem_owner_get());
	give(2 * CAPACITY, 3 * CAPACITY);
	assert_int_equal(f.s->node[0]->barn[BARN_HERE].puts, 1);
	give(3 * CAPACITY, 6 * CAPACITY);
}

/* A class that may not have more room. Expect no spare, half of main flushed
 * when it is full, and a refill of it when it is empty. */
static void test_no_more_room(void **state)
{
	(void)state;
	bound(0);
	take(0, 4 * CAPACITY);
	bound(2 * room_bytes(f.s, 16));
	kmem_owner_flush_cache(kmem_owner_get(), f.s);
	slot_of(f.s)->calls = ROOM_CALLS - 1;
	fake_watch(f.s);
	give(0, 16);
	assert_int_equal(capacity(), 16);
	assert_int_equal(fake.flushes, 0);
	kmem_owner_get()->moved = 0;
	give(16, 17);
	assert_int_equal(capacity(), 16);
	assert_int_equal(fake.flushed, 8);
	assert_null(slot_of(f.s)->spare);
	take(0, 10);
	assert_int_equal(fake.refilled, 16);
	give(0, 10);
	give(17, 4 * CAPACITY);
	assert_null(slot_of(f.s)->spare);
	assert_int_equal(barn_count(f.s), 0);
}

/* Ticks: a slot that moved, then one that did not. Expect half, then nothing.
 */
static void test_ticks(void **state)
{
	struct kmem_owner *owner = kmem_owner_get();

	(void)state;
	bound(0);
	take(0, 2 * CAPACITY);
	give(0, 2 * CAPACITY);
	bound(ROOM_ALL);
	owner->room = 12345; /* another thread may have emptied slots */
	kmem_owner_flush_idle(owner);
	assert_int_equal(capacity(), CAPACITY / 2);
	assert_int_equal(owner->room, room_bytes(f.s, CAPACITY / 2));
	kmem_owner_flush_idle(owner);
	assert_int_equal(capacity(), 0);
	assert_int_equal(owner->room, 0);
	assert_int_equal(kmem_owner_count(owner, f.s), 0);
}

static void make_many(void)
{
	char name[16];

	for (unsigned int i = 0; i < NR_SLOTS; i++) {
		snprintf(name, sizeof(name), "many-%u", i);
		many[i] = kmem_cache_create(name, SIZE, 0, SLAB_NO_MERGE, NULL);
		assert_non_null(many[i]);
		use_up_calls(many[i]);
	}
}

static void destroy_many(void)
{
	for (unsigned int i = 0; i < NR_SLOTS; i++)
		kmem_cache_destroy(many[i]);
}

/* Returns the room of all slots of the test. */
static unsigned long room_of_many(void)
{
	unsigned long room = room_bytes(f.s, capacity());

	for (unsigned int i = 0; i < NR_SLOTS; i++)
		room += room_bytes(many[i], slot_of(many[i])->capacity);
	return room;
}

/* Bytes move through one slot while the others are idle. Expect these empty
 * after twice the bound, and their next sheaf sooner than the first. */
static void test_look(void **state)
{
	(void)state;
	make_many();
	kmem_room_most = 64UL << 10;
	kmem_owner_get()->room = 0; /* the hand has nothing to do */
	for (unsigned long bytes = 0; bytes < 3 * kmem_room_most;
	     bytes += 4 * CAPACITY * SIZE) {
		take(0, 4 * CAPACITY);
		give(0, 4 * CAPACITY);
		kmem_owner_get()->room = 0;
	}
	for (unsigned int i = 0; i < NR_SLOTS; i++) {
		assert_int_equal(slot_of(many[i])->capacity, 0);
		assert_int_equal(slot_of(many[i])->calls, ROOM_AGAIN);
	}
	assert_true(capacity());
	destroy_many();
}

/* One slot after the other grows to all that it may have. Expect the sum of
 * rooms to be what the owner has noted, and never above the bound. */
static void test_bound(void **state)
{
	struct kmem_owner *owner = kmem_owner_get();

	(void)state;
	make_many();
	kmem_owner_flush_idle(owner); /* adds up */
	kmem_room_most = 64UL << 10;
	for (unsigned int i = 0; i < NR_SLOTS; i++) {
		struct kmem_cache *s = f.s;

		owner->moved = 0; /* no look: the hand alone */
		f.s = many[i];
		take(0, 2 * CAPACITY);
		give(0, 2 * CAPACITY);
		assert_true(slot_of(f.s)->capacity >= 16);
		f.s = s;
		assert_int_equal(owner->room, room_of_many());
		assert_true(owner->room <= kmem_room_most);
		kmem_owner_check(owner);
	}
	destroy_many();
}

/* Owners come and go. Expect equal parts, 128 KiB at least; no bound and whole
 * sheaves at once while there are few, and for a parameter of 0. */
static void test_share(void **state)
{
	(void)state;
	kmem_room_share(ROOM_FEW);
	assert_true(kmem_room_most == ~0UL && !room_follows());
	assert_int_equal(kmem_room_calls, 1);
	kmem_room_share(ROOM_FEW + 1);
	assert_int_equal(kmem_room_most, ROOM_ALL / (ROOM_FEW + 1));
	assert_true(room_follows());
	kmem_room_share(1000);
	assert_int_equal(kmem_room_most, ROOM_LEAST);
	assert_int_equal(kmem_room_calls, ROOM_CALLS);
	parse_args("percpu.room=4M");
	kmem_room_share(16);
	assert_int_equal(kmem_room_most, 256UL << 10);
	parse_args("percpu.room=1025M");
	parse_args("percpu.room=4x");
	assert_int_equal(kmem_room_all, 4UL << 20);
	parse_args("percpu.room=0");
	kmem_room_share(2);
	assert_true(kmem_room_most == ~0UL);
	use_up_calls(f.s);
	assert_int_equal(capacity(), CAPACITY);
}

/* A cache with a larger capacity for an only owner, and then another owner, and
 * none again. Expect sheaves of the first capacity, of the second, which may go
 * to a barn, and of the first. */
static void test_alone(void **state)
{
	const u32 alone = 2 * CAPACITY;
	const struct slab_sheaf *main;

	(void)state;
	f.s->sheaf_alone = alone;
	kmem_room_share(1);
	take(0, 1);
	assert_int_equal(capacity(), alone);
	assert_int_equal(fake.refilled, alone);
	give(0, 1);
	kmem_room_share(2);
	take(0, 4 * alone);
	assert_int_equal(capacity(), CAPACITY);
	main = cursor_sheaf(*kmem_cursor(kmem_owner_get(), f.s));
	assert_int_equal(main->capacity, CAPACITY);
	give(0, 4 * alone);
	kmem_owner_check(kmem_owner_get());
	kmem_room_share(1);
	take(0, 4 * alone);
	assert_int_equal(capacity(), alone);
	main = cursor_sheaf(*kmem_cursor(kmem_owner_get(), f.s));
	assert_int_equal(main->capacity, alone);
	give(0, 4 * alone);
	kmem_owner_check(kmem_owner_get());
	f.s->sheaf_alone = 0;
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, room_setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_calls),	  TEST(test_grow_by_allocations),
		TEST(test_grow_by_frees), TEST(test_no_more_room),
		TEST(test_ticks),	  TEST(test_look),
		TEST(test_bound),	  TEST(test_share),
		TEST(test_alone),
	};

	pin_to_first_cpu();
	return cmocka_run_group_tests(tests, fake_start, NULL);
}
