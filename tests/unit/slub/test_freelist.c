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
#include "sys/os.h"

static int plain(void **state)
{
	(void)state;
	parse_args("slab_freelist_hardened=1 slab_freelist_random=0");
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

/* Not hardened. Expect free pointers as they are, and no list. */
static void test_plain(void **state)
{
	struct kmem_cache *s;

	(void)state;
	parse_args("slab_freelist_hardened=0");
	s = make(64, 0);
	assert_int_equal(s->random, 0);
	assert_null(s->random_seq);
	take(0, 3);
	give(0, 3);
	assert_ptr_equal(stored(s, f.objs[1]), f.objs[0]);
	kmem_cache_destroy(s);
}

/* The word of `next` that is stored in obj. */
static void *encoded(const struct kmem_cache *s, const void *obj,
		     const void *next)
{
	u64 place = (u64)(uintptr_t)obj + s->offset;

	return (void *)((uintptr_t)next ^
			(s->random * virt_to_slab(obj)->salt) ^
			__builtin_bswap64(place));
}

/* Hardened, which is the default. Expect a stored pointer to be the next one
 * mixed with its own place and a number of the cache and the slab, the end of
 * the list too; no such word in an object that is taken again. */
static void test_hardened(void **state)
{
	struct kmem_cache *s, *t;

	(void)state;
	t = make(64, 0);
	s = make(64, 0);
	assert_int_not_equal(s->random, 0);
	assert_int_not_equal(s->random, t->random);
	kmem_cache_destroy(t);
	take_full_slabs(4);
	give(0, 3);
	assert_ptr_equal(stored(s, f.objs[1]),
			 encoded(s, f.objs[1], f.objs[0]));
	assert_ptr_equal(stored(s, f.objs[0]), encoded(s, f.objs[0], NULL));
	assert_ptr_equal(get_freepointer(s, slab_of(0), f.objs[1]), f.objs[0]);
	assert_null(get_freepointer(s, slab_of(0), f.objs[0]));
	assert_int_equal(slab_of(0)->salt % 2, 1);
	assert_int_not_equal(slab_of(0)->salt, slab_of(f.per_slab)->salt);
	take(0, 3);
	for (unsigned int i = 0; i < 3; i++)
		assert_null(stored(s, f.objs[i]));
	give(0, 4 * f.per_slab);
	slub_check(s);
	kmem_cache_destroy(s);
}

static void write_word(const void *obj, const void *word)
{
	memcpy((char *)(uintptr_t)obj + f.s->offset, &word, sizeof(word));
}

static void forge(void *evil)
{
	write_word(f.objs[2], evil);
	take(10, 8);
}

/* The same, and the CPU gives its slab back. */
static void forge_and_flush(void *evil)
{
	take(10, 1);
	write_word(f.objs[1], evil);
	flush_cpu();
}

/* A free object whose pointer is overwritten: by the address of something, of
 * the middle of an object, of the end of the slab, of an object of another
 * slab; plain or encoded. Expect the end wherever the list is followed, instead
 * of that something as an object. */
static void test_forged(void **state)
{
	static const char *const args[] = { "slab_freelist_hardened=0",
					    "slab_freelist_hardened=1" };
	static char target[64];

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct kmem_cache *s;
		char *start;

		parse_args(args[i]);
		s = make(64, 0);
		take_full_slabs(2);
		give(0, 3);
		start = slab_address(slab_of(0));
		for (unsigned int k = 0; k < 5; k++) {
			void *to[] = { target, start + 16,
				       start + 64UL * f.per_slab, start - 64,
				       f.objs[f.per_slab] };
			void *evil = s->random ? encoded(s, f.objs[2], to[k]) :
						 to[k];

			expect_abort(forge, evil, "a free list leads to");
			evil = s->random ? encoded(s, f.objs[1], to[k]) : to[k];
			if (f.c)
				expect_abort(forge_and_flush, evil,
					     "a free list leads to");
		}
		expect_abort(forge, i ? f.objs[0] : target,
			     "a free list leads to");
		give(3, 2 * f.per_slab - 3);
		kmem_cache_destroy(s);
	}
}

/* f.objs[from...] in one batch of nr; then the first of them in another. */
struct batch {
	unsigned int first, nr;
	int order[6];
};

static void free_batch(void *arg)
{
	const struct batch *b = arg;
	void *objs[6];

	for (unsigned int i = 0; i < b->nr; i++)
		objs[i] = f.objs[b->order[i]];
	f.s->ops->flush(f.s, objs, b->first);
	f.s->ops->flush(f.s, objs + b->first, b->nr - b->first);
}

/* Objects freed twice: alone, in one batch and in two, in the order of
 * addresses and in others, with an object of another slab (60) between. Expect
 * each to be seen. Of plain words only the naive one is. */
static void test_double_free(void **state)
{
	static struct batch cases[] = {
		{ 1, 2, { 3, 3 } },	      { 0, 2, { 3, 3 } },
		{ 0, 3, { 3, 5, 3 } },	      { 0, 5, { 1, 2, 3, 4, 2 } },
		{ 0, 5, { 4, 3, 2, 1, 3 } },  { 2, 5, { 7, 3, 1, 2, 3 } },
		{ 2, 5, { 7, 3, 3, 2, 1 } },  { 2, 4, { 7, 3, 2, 3 } },
		{ 3, 5, { 1, 2, 3, 60, 2 } }, { 3, 6, { 1, 2, 3, 60, 61, 1 } },
		{ 0, 4, { 3, 60, 4, 3 } },
	};

	(void)state;
	for (int hard = 0; hard < 2; hard++) {
		struct kmem_cache *s;

		parse_args(hard ? "slab_freelist_hardened=1" :
				  "slab_freelist_hardened=0");
		s = make(128, 0);
		take_full_slabs(3);
		assert_true(f.per_slab > 8 && 3 * f.per_slab > 61 &&
			    f.per_slab < 60);
		for (size_t i = 0; i < (hard ? ARRAY_SIZE(cases) : 1); i++)
			expect_abort(free_batch, &cases[i], "double free of");
		give(0, 3 * f.per_slab);
		kmem_cache_destroy(s);
	}
}

/* An object in use is given, as its user's bytes, the words of free objects at
 * other places and of its own place in the slab's earlier life. Expect it to be
 * freed: these are no signs of a double free. */
static void test_not_double(void **state)
{
	struct kmem_cache *s;
	void *word;

	(void)state;
	s = make(64, 0);
	take_full_slabs(2);
	give(0, 3);
	word = stored(s, f.objs[1]);
	write_word(f.objs[4], word);
	give(4, 1);
	write_word(f.objs[f.per_slab], f.objs[f.per_slab + 1]);
	give(f.per_slab, 1);
	give(3, 1);
	give(5, f.per_slab - 5);
	take(0, f.per_slab); /* nothing in use: the words of before stay */
	give(0, f.per_slab);
	take(0, f.per_slab);
	give(0, f.per_slab);
	give(f.per_slab + 1, f.per_slab - 1);
	slub_check(s);
	kmem_cache_destroy(s);
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

		os_random_seed(size);
		s = make(size, 0);
		os_random_seed(size);
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
	os_random_seed(7);
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
		cmocka_unit_test_teardown(test_hardened, plain),
		cmocka_unit_test_teardown(test_plain, plain),
		cmocka_unit_test_teardown(test_forged, plain),
		cmocka_unit_test_teardown(test_double_free, plain),
		cmocka_unit_test_teardown(test_not_double, plain),
		cmocka_unit_test_teardown(test_permutation, plain),
		cmocka_unit_test_teardown(test_shuffled_slabs, plain),
		cmocka_unit_test_teardown(test_with_debug, plain),
	};

	return cmocka_run_group_tests(tests, slub_start, NULL);
}
