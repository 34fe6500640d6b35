// SPDX-License-Identifier: MIT
/*
 * test_freelist.c - hardened free pointers and shuffled free lists
 *
 * The parameters are for caches that are made after them; each test makes its
 * own and sets them back.
 */
#include "diag/param.h"
#include "fixture.h"
#include "kmem/freelist.h"
#include "kmem/guard.h"
#include "slub/debug.h"

static int plain(void **state)
{
	(void)state;
	parse_args("slab_freelist_hardened=0 slab_freelist_random=0");
	return 0;
}

static struct kmem_cache *make(unsigned int size, slab_flags_t flags)
{
	static unsigned int nr;
	struct kmem_cache *s;
	char name[32];

	snprintf(name, sizeof(name), "freelist-%u", nr++);
	s = kmem_cache_create(name, size, 0, flags | SLAB_NO_MERGE, NULL);
	assert_non_null(s);
	f.s = s;
	f.c = cpu_of(s);
	f.n = s->node[0];
	f.per_slab = s->oo_objects;
	return s;
}

static void *stored(const struct kmem_cache *s, const void *obj)
{
	void *word;

	memcpy(&word, (const char *)obj + s->offset, sizeof(word));
	return word;
}

/* No parameter. Expect free pointers as they are, and no list. */
static void test_plain(void **state)
{
	struct kmem_cache *s = make(64, 0);

	(void)state;
	assert_int_equal(s->random, 0);
	assert_null(s->random_seq);
	take(0, 3);
	give(0, 3);
	assert_ptr_equal(stored(s, f.objs[1]), f.objs[0]);
	kmem_cache_destroy(s);
}

/* Hardened. Expect a stored pointer to be the next one mixed with the cache's
 * number and its own place, the end of the list too; and objects to come and go
 * as ever. */
static void test_hardened(void **state)
{
	struct kmem_cache *s, *t;
	u64 place;

	(void)state;
	parse_args("slab_freelist_hardened");
	t = make(64, 0);
	s = make(64, 0);
	assert_int_not_equal(s->random, 0);
	assert_int_not_equal(s->random, t->random);
	kmem_cache_destroy(t);
	take_full_slabs(4);
	give(0, 3);
	place = (u64)(uintptr_t)f.objs[1] + s->offset;
	assert_ptr_equal(stored(s, f.objs[1]),
			 (void *)((uintptr_t)f.objs[0] ^ s->random ^
				  __builtin_bswap64(place)));
	place = (u64)(uintptr_t)f.objs[0] + s->offset;
	assert_ptr_equal(stored(s, f.objs[0]),
			 (void *)(s->random ^ __builtin_bswap64(place)));
	assert_ptr_equal(get_freepointer(s, f.objs[1]), f.objs[0]);
	assert_null(get_freepointer(s, f.objs[0]));
	give(3, 4 * f.per_slab - 3);
	slub_check(s);
	kmem_cache_destroy(s);
}

static void forge(void *arg)
{
	void *evil = arg;

	memcpy((char *)f.objs[2] + f.s->offset, &evil, sizeof(evil));
	take(10, 8);
}

/* A free object whose pointer is overwritten with the address of something.
 * Expect the end instead of that something as an object. */
static void test_forged(void **state)
{
	static char target[64];
	struct kmem_cache *s;

	(void)state;
	parse_args("slab_freelist_hardened=1");
	s = make(64, 0);
	take(0, f.per_slab);
	give(0, 3);
	expect_abort(forge, target, "a free list leads to");
	give(3, f.per_slab - 3);
	kmem_cache_destroy(s);
}

static void free_twice(void *arg)
{
	(void)arg;
	give(0, 1);
	give(0, 1);
}

/* The same object freed twice in a row, with and without. Expect it to be seen
 * when it would come before itself. */
static void test_naive_double_free(void **state)
{
	(void)state;
	for (int hard = 0; hard < 2; hard++) {
		struct kmem_cache *s;

		parse_args(hard ? "slab_freelist_hardened=1" :
				  "slab_freelist_hardened=0");
		s = make(64, 0);
		take(0, 4);
		expect_abort(free_twice, NULL, "double free of");
		give(0, 4);
		kmem_cache_destroy(s);
	}
}

/* Shuffled lists of many lengths. Expect each to be a permutation, from any
 * place, also for slabs with fewer objects; the same seed to give the same. */
static void test_permutation(void **state)
{
	(void)state;
	parse_args("slab_freelist_random");
	for (unsigned int size = 8; size < 3000; size += size / 2) {
		struct kmem_cache *s, *t;
		static u8 seen[PAGE_SIZE];

		kmem_freelist_seed(size);
		s = make(size, 0);
		kmem_freelist_seed(size);
		t = make(size, 0);
		assert_memory_equal(s->random_seq, t->random_seq,
				    s->oo_objects * sizeof(u16));
		kmem_cache_destroy(t);
		for (unsigned int nr = 1; nr <= s->oo_objects; nr += 7) {
			unsigned int pos = kmem_freelist_start(s);

			assert_true(pos < s->oo_objects);
			memset(seen, 0, sizeof(seen));
			for (unsigned int i = 0; i < nr; i++) {
				unsigned int n = kmem_next_freelist_entry(s, nr,
									  &pos);

				assert_true(n < nr);
				assert_int_equal(seen[n]++, 0);
			}
		}
		kmem_cache_destroy(s);
	}
}

/* Objects of two new slabs. Expect all of each, in an order that is not that of
 * addresses, and not the same twice; all go back. */
static void test_shuffled_slabs(void **state)
{
	struct kmem_cache *s;
	unsigned int in_a_row = 0, same = 0;

	(void)state;
	parse_args("slab_freelist_random=1");
	kmem_freelist_seed(7);
	s = make(64, 0);
	assert_true(f.per_slab >= 32);
	take(0, 2 * f.per_slab);
	for (unsigned int i = 1; i < f.per_slab; i++) {
		char *base = slab_address(slab_of(0));
		char *other = slab_address(slab_of(f.per_slab));

		in_a_row += (char *)f.objs[i] == (char *)f.objs[i - 1] + 64;
		same += (char *)f.objs[i] - base ==
			(char *)f.objs[f.per_slab + i] - other;
	}
	assert_true(in_a_row < f.per_slab / 4);
	assert_true(same < f.per_slab / 2);
	for (unsigned int i = 0; i < 2 * f.per_slab; i++)
		for (unsigned int k = 0; k < i; k++)
			assert_ptr_not_equal(f.objs[i], f.objs[k]);
	slub_check(s);
	give(0, 2 * f.per_slab);
	slub_check(s);
	kmem_cache_destroy(s);
}

/* Both, with debug flags. Expect nothing to be reported. */
static void test_with_debug(void **state)
{
	struct kmem_cache *s;

	(void)state;
	parse_args("slab_freelist_random=1 slab_freelist_hardened=1");
	s = make(64, DEBUG_DEFAULT_FLAGS | SLAB_NO_USER_FLAGS);
	for (unsigned int i = 0; i < 100; i++)
		f.objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
	assert_int_equal(validate_slab_cache(s), 0);
	for (unsigned int i = 0; i < 100; i++)
		kmem_cache_free(s, f.objs[i]);
	assert_int_equal(validate_slab_cache(s), 0);
	kmem_cache_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_plain, plain),
		cmocka_unit_test_teardown(test_hardened, plain),
		cmocka_unit_test_teardown(test_forged, plain),
		cmocka_unit_test_teardown(test_naive_double_free, plain),
		cmocka_unit_test_teardown(test_permutation, plain),
		cmocka_unit_test_teardown(test_shuffled_slabs, plain),
		cmocka_unit_test_teardown(test_with_debug, plain),
	};

	return cmocka_run_group_tests(tests, slub_start, NULL);
}
