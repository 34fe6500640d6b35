// SPDX-License-Identifier: MIT
/*
 * test_check.c - what slab_check() sees, one broken word at a time
 *
 * unit.slab.node breaks each invariant once; these are the parts of them.
 */
#include "fixture.h"
#include "kmem/owner.h"

static struct slab_desc *slab;

/* A cache with a full and a partial slab, an empty one, and objects in the
 * a shared array; `slab` is the partial one. */
static void open_cache(unsigned int size)
{
	fixture_open(size, 0, NULL);
	f.s->shared = 4;
	take_full_slabs(3);
	assert_int_equal(put_shared(0, 4), 4);
	slab = slab_of(f.per_slab);
	give(f.per_slab, 3);
	give(2 * f.per_slab, f.per_slab);
	expect_slabs(1, 1, 1);
}

static void close_cache(void)
{
	give(4, f.per_slab - 4);
	give(f.per_slab + 3, f.per_slab - 3);
	shared_drain(f.s, f.n, 4);
	fixture_close();
}

static void check(void *arg)
{
	(void)arg;
	slab_check(f.s);
}

/* One word is changed, and put back. */
#define EXPECT_ABORT(word, value, phrase)          \
	do {                                       \
		__typeof__(word) _was = (word);    \
                                                   \
		(word) = (value);                  \
		expect_abort(check, NULL, phrase); \
		(word) = _was;                     \
		slab_check(f.s);                   \
	} while (0)

/* The words of a slab. Expect each to be looked at. */
static void test_slab(void **state)
{
	unsigned int beyond;
	char *first;

	(void)state;
	open_cache(512);
	first = slab->s_mem;
	beyond = max(f.s->colour, 1U); /* colours are 0 .. colour - 1 */
	EXPECT_ABORT(slab->type, PAGE_ALLOCATED, "BUG: slab->type");
	EXPECT_ABORT(slab->slab_cache, NULL, "BUG: slab->type");
	EXPECT_ABORT(slab->order, slab->order + 1, "BUG: slab->order");
	EXPECT_ABORT(slab->s_mem, first + f.s->colour_off * beyond,
		     "BUG: colour");
	EXPECT_ABORT(slab->freelist[slab->active], (u8)f.s->num, "BUG: index");
	EXPECT_ABORT(slab->free_map,
		     slab->free_map & ~BIT(slab->freelist[slab->active]),
		     "BUG: seen & ~slab->free_map");
	EXPECT_ABORT(slab->active, slab->active - 1, "BUG: ");
	close_cache();
}

static void move_to_partial(void *arg)
{
	struct slab_desc *moved = arg;

	list_del(&moved->slab_list);
	list_add(&moved->slab_list, &f.n->slabs_partial);
	slab_check(f.s);
}

/* A full slab and an empty one on the list for those between. Expect both to be
 * seen. */
static void test_lists(void **state)
{
	(void)state;
	open_cache(512);
	expect_abort(move_to_partial, slab_of(0), "BUG: slab->active");
	expect_abort(move_to_partial, slab_of(2 * f.per_slab),
		     "BUG: slab->active");
	close_cache();
}

/* The counts of a node. Expect each to be compared with the lists. */
static void test_node(void **state)
{
	(void)state;
	open_cache(512);
	EXPECT_ABORT(f.n->total_slabs, 2, "BUG: t.slabs");
	EXPECT_ABORT(f.n->nr_slabs, 2, "BUG: t.slabs");
	EXPECT_ABORT(f.n->nr_pages, f.n->nr_pages + 1, "BUG: n->nr_slabs");
	EXPECT_ABORT(f.n->free_objects, 0, "BUG: t.free");
	EXPECT_ABORT(f.n->free_slabs, 0, "free_slabs");
	EXPECT_ABORT(f.n->shared_rows, 0, "BUG: avail");
	EXPECT_ABORT(f.s->in_use, f.s->in_use - 1, "in_use");
	close_cache();
}

/* A shared array. Expect its number, its cache and each object to be looked
 * at. */
static void test_array(void **state)
{
	struct array_cache *ac;
	uintptr_t *word;
	void **objs;

	(void)state;
	open_cache(512);
	word = &f.n->shared->slot[0][0];
	ac = slot_array(*word);
	objs = sheaf_objects(ac_sheaf(ac));
	EXPECT_ABORT(ac->cache, NULL, "BUG: slot_avail");
	EXPECT_ABORT(*word, *word + f.s->limit - 3, "BUG: slot_avail");
	EXPECT_ABORT(objs[3], (char *)objs[3] + 1,
		     "is not the start of an object");
	close_cache();
}

/* Threads were lost in a fork, with objects in their hands. Expect more objects
 * out of the slabs than in use to pass then, and then alone. */
static void test_lost(void **state)
{
	(void)state;
	open_cache(512);
	f.s->in_use--;
	expect_abort(check, NULL, "in_use");
	kmem_threads_lost = true;
	slab_check(f.s);
	kmem_threads_lost = false;
	f.s->in_use++;
	close_cache();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slab), cmocka_unit_test(test_lists),
		cmocka_unit_test(test_node), cmocka_unit_test(test_array),
		cmocka_unit_test(test_lost),
	};

	return cmocka_run_group_tests(tests, slab_start, NULL);
}
