// SPDX-License-Identifier: MIT
/*
 * test_held.c - the check of what an owner holds, and the counts of it
 *
 * When objects are flushed is unit.kmem.sheaf.
 */
#include "fake.h"
#include "kmem/barn.h"
#include "kmem/held.h"
#include "kmem/room.h"
#include "kmem/owner.h"
#include "kmem/sheaf.h"
#include "kmem/slab_ops.h"
#include "kmem/thread.h"

#define CAPACITY 28 /* of a sheaf of objects of 300 bytes */
#define HELD 10

static struct kmem_cache *s;
static struct kmem_owner *owner;
static uintptr_t *cursor;
static struct kmem_owner_slot *slot;
static void **bottom; /* of the main */

/* The owner holds HELD objects in a main, and a full spare. */
static void start(void)
{
	void *objs[CAPACITY + HELD];

	s = kmem_cache_create("held", 300, 0, SLAB_NO_MERGE, NULL);
	REQUIRE(s && s->sheaf_capacity == CAPACITY);
	owner = kmem_owner_get();
	for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_owner_flush_cache(owner, s);
	for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
		kmem_cache_free(s, objs[i]);
	cursor = kmem_cursor(owner, s);
	slot = kmem_slot(owner, s);
	bottom = (void **)sheaf_bottom(cursor_sheaf(*cursor));
	REQUIRE(*cursor == (uintptr_t)(bottom + HELD));
	REQUIRE(slot->spare->count == CAPACITY);
	kmem_owner_check(owner);
}

static void check(void *arg)
{
	(void)arg;
	kmem_owner_check(owner);
}

/* One word is changed, and put back. */
#define EXPECT_ABORT(word, value, phrase)                   \
	do {                                                \
		__typeof__(word) _was = (word);             \
                                                            \
		(word) = (value);                           \
		REQUIRE(child_aborts(check, NULL, phrase)); \
		(word) = _was;                              \
		kmem_owner_check(owner);                    \
	} while (0)

/* A cursor below the first place of its sheaf, a word there that is not NULL,
 * and the first and the last object missing. Expect each to be seen (SHEAF1,
 * SHEAF2). */
static void child_main(void *arg)
{
	(void)arg;
	start();
	EXPECT_ABORT(*cursor, (uintptr_t)(bottom - 1), "BUG: cursor");
	EXPECT_ABORT(bottom[-1], &arg, "BUG: ");
	EXPECT_ABORT(bottom[0], NULL, "BUG: ");
	EXPECT_ABORT(bottom[HELD - 1], NULL, "BUG: ");
	bottom[HELD] = NULL; /* behind the cursor: no object */
	kmem_owner_check(owner);
}

/* A spare with one object, and with one less than it holds. Expect both to be
 * seen, and none that is empty (SHEAF3). */
static void child_spare(void *arg)
{
	(void)arg;
	start();
	EXPECT_ABORT(slot->spare->count, 1, "BUG: spare");
	EXPECT_ABORT(slot->spare->count, CAPACITY - 1, "BUG: spare");
	slot->spare->count = 0;
	kmem_owner_check(owner);
}

/* A sheaf of another cache, in the main's place and in the spare's, and one in
 * the slot that always misses. Expect each to be seen. */
static void child_slots(void *arg)
{
	struct kmem_cache *other;

	(void)arg;
	start();
	other = kmem_cache_create("other", 300, 0, SLAB_NO_MERGE, NULL);
	EXPECT_ABORT(cursor_sheaf(*cursor)->cache, other, "BUG: s && ");
	EXPECT_ABORT(owner->cursor[0], *cursor, "BUG: owner->cursor");
	EXPECT_ABORT(owner_slot(owner, 0)->spare, slot->spare,
		     "BUG: owner->cursor");
	*cursor = MISSING;
	EXPECT_ABORT(slot->spare->cache, other, "BUG: s && ");
}

/* Main and spare, a main alone, and nothing. Expect the objects of both, and of
 * no other owner. */
static void child_count(void *arg)
{
	struct slab_sheaf *spare;

	(void)arg;
	start();
	REQUIRE(kmem_owner_count(owner, s) == CAPACITY + HELD);
	spare = slot->spare;
	slot->spare = NULL;
	REQUIRE(kmem_owner_count(owner, s) == HELD);
	slot->spare = spare;
	*cursor = (uintptr_t)bottom;
	REQUIRE(kmem_owner_count(owner, s) == CAPACITY);
	*cursor = (uintptr_t)(bottom + CAPACITY);
	REQUIRE(kmem_owner_count(owner, s) == 2 * CAPACITY);
	*cursor = (uintptr_t)(bottom + HELD);
	owners_start(2);
	REQUIRE(kmem_owners_count(s) == CAPACITY + HELD);
	owners_stop();
	kmem_owner_flush_cache(owner, s);
	REQUIRE(kmem_owner_count(owner, s) == 0);
	REQUIRE(kmem_owners_count(s) == 0);
}

/* Objects of owners, of the barn and of a grace period that goes on. Expect all
 * of them, but never more than are out of the slabs. */
static void child_cached(void *arg)
{
	unsigned long barn;

	(void)arg;
	start();
	barn = barn_count(s);
	REQUIRE(kmem_cache_cached(s) == CAPACITY + HELD + barn);
	REQUIRE(s->in_use == CAPACITY + HELD + barn);
	s->in_use += 5;
	s->rcu_waiting = 3;
	REQUIRE(kmem_cache_cached(s) == CAPACITY + HELD + barn + 3);
	s->rcu_waiting = 100;
	REQUIRE(kmem_cache_cached(s) == s->in_use);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_main),	  child_test(child_spare),
		child_test(child_slots),  child_test(child_count),
		child_test(child_cached),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
