// SPDX-License-Identifier: MIT
/*
 * test_fit.c - the sheaves of one slot: resized, halved, emptied
 */
#include "kmem/room.h"
#include "kmem/thread.h"
#include "sheaf_fixture.h"

/* Makes a sheaf of a capacity with the objects objs[0] to objs[nr - 1]. */
static struct slab_sheaf *sheaf_with(u32 capacity, u32 nr)
{
	struct slab_sheaf *sheaf = sheaf_alloc(f.s);

	assert_non_null(sheaf);
	sheaf_set_capacity(sheaf, capacity);
	take(0, nr);
	for (u32 i = 0; i < nr; i++)
		sheaf_objects(sheaf)[i] = f.objs[i];
	sheaf->count = nr;
	fake_watch(f.s);
	return sheaf;
}

/* Expect objs[from] to objs[to - 1], in this order, and two words of NULL. */
static void expect_objects(struct slab_sheaf *sheaf, u32 from, u32 to)
{
	assert_int_equal(sheaf->count, to - from);
	for (u32 i = from; i < to; i++)
		assert_ptr_equal(sheaf_objects(sheaf)[i - from], f.objs[i]);
	assert_null(sheaf_objects(sheaf)[-1]);
	assert_null(sheaf_objects(sheaf)[-2]);
}

/* A full sheaf gets a larger capacity. Expect its objects at the new bottom,
 * and none freed. */
static void test_larger(void **state)
{
	struct slab_sheaf *sheaf = sheaf_with(4, 4);

	(void)state;
	sheaf_resize(f.s, sheaf, 10);
	assert_int_equal(sheaf->capacity, 10);
	expect_objects(sheaf, 0, 4);
	assert_int_equal(fake.flushes, 0);
	sheaf_free(sheaf);
	give(0, 4);
}

/* A sheaf gets a smaller capacity than it has objects. Expect the oldest to be
 * freed at once, and the newest to stay. */
static void test_smaller(void **state)
{
	struct slab_sheaf *sheaf = sheaf_with(10, 9);

	(void)state;
	sheaf_resize(f.s, sheaf, 4);
	assert_int_equal(sheaf->capacity, 4);
	expect_objects(sheaf, 5, 9);
	assert_int_equal(fake.flushes, 1);
	assert_int_equal(fake.flushed, 5);
	sheaf_free(sheaf);
	give(5, 9);
}

/* The oldest objects are dropped: some, and more than there are. */
static void test_drop_oldest(void **state)
{
	struct slab_sheaf *sheaf = sheaf_with(10, 6);

	(void)state;
	sheaf_drop_oldest(f.s, sheaf, 2);
	expect_objects(sheaf, 2, 6);
	sheaf_drop_oldest(f.s, sheaf, 5);
	assert_int_equal(sheaf->count, 0);
	assert_int_equal(fake.flushed, 6);
	sheaf_drop_oldest(f.s, sheaf, 1);
	assert_int_equal(fake.flushes, 2);
	sheaf_free(sheaf);
}

/* A slot with a full main and a full spare is halved again and again. Expect
 * half the objects of main to stay, no spare, and no sheaf in the end. */
static void test_halve(void **state)
{
	struct kmem_owner *owner = kmem_owner_get();
	struct kmem_owner_slot *slot;
	unsigned long room;

	(void)state;
	take(0, 2 * CAPACITY);
	give(0, 2 * CAPACITY);
	slot = kmem_slot(owner, f.s);
	assert_int_equal(slot->capacity, CAPACITY);
	room = owner->room;
	kmem_slot_halve(owner, f.s);
	assert_int_equal(slot->capacity, CAPACITY / 2);
	assert_null(slot->spare);
	assert_int_equal(kmem_owner_count(owner, f.s), CAPACITY / 2);
	assert_int_equal(room - owner->room,
			 room_bytes(f.s, CAPACITY) -
				 room_bytes(f.s, CAPACITY / 2));
	assert_int_equal(slot->seen, (u32)*kmem_cursor(owner, f.s));
	kmem_owner_check(owner);
	kmem_slot_halve(owner, f.s);
	assert_int_equal(slot->capacity, CAPACITY / 4);
	kmem_slot_halve(owner, f.s);
	assert_int_equal(slot->capacity, 0);
	assert_int_equal(kmem_owner_count(owner, f.s), 0);
	assert_true(*kmem_cursor(owner, f.s) == MISSING);
	assert_int_equal(room - owner->room, room_bytes(f.s, CAPACITY));
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_larger),
		TEST(test_smaller),
		TEST(test_drop_oldest),
		TEST(test_halve),
	};

	pin_to_first_cpu();
	return cmocka_run_group_tests(tests, fake_start, NULL);
}
