// SPDX-License-Identifier: MIT
/*
 * test_debug.c - caches with debug flags on SLAB: docs/kernel.md S11
 */
#include <errno.h>

#include "fixture.h"
#include "kmem/guard.h"
#include "kmem/slab_ops.h"
#include "slab/debug.h"
#include "support/child.h"

#define FZPU                                                     \
	(SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | \
	 SLAB_STORE_USER)

static unsigned int errors, constructed;

static void construct(void *obj)
{
	memset(obj, 0xc0, 8);
	constructed++;
}

static void open_debug(unsigned int size, unsigned int align,
		       slab_flags_t flags, void (*ctor)(void *))
{
	f.s = kmem_cache_create("watched", size, align,
				flags | SLAB_NO_USER_FLAGS | SLAB_NO_MERGE,
				ctor);
	assert_non_null(f.s);
	assert_ptr_equal(f.s->ops, &slab_debug_ops);
	assert_int_equal(f.s->slot, 0);
	f.n = get_node(f.s, 0);
	f.per_slab = f.s->num;
}

static void close_debug(void)
{
	f.s->ops->check(f.s);
	assert_int_equal(f.s->in_use, 0);
	assert_int_equal(kmem_cache_shrink(f.s), 0);
	kmem_cache_destroy(f.s);
}

/* What is found from here on is counted and not said. */
static void count_errors(void)
{
	errors = 0;
	slab_kunit_errors = &errors;
}

static unsigned int counted(void)
{
	slab_kunit_errors = NULL;
	return errors;
}

static u64 word(const void *at)
{
	u64 value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/* The bytes of an object and around it. Expect redzones of its state, poison,
 * and the caller behind; all of it again as it was when it is free. */
static void test_layout(void **state)
{
	u8 *p;

	(void)state;
	open_debug(60, 0, FZPU, NULL);
	assert_int_equal(f.s->red_left_pad, 8);
	assert_int_equal(f.s->inuse, 64);
	assert_int_equal(f.s->size, 8 + 64 + 8 + 8);
	p = kmem_cache_alloc(f.s, 0);
	assert_true(word(p - 8) == RED_ACTIVE && word(p + 64) == RED_ACTIVE);
	assert_int_not_equal(word(p + 72), 0);
	for (int i = 0; i < 59; i++)
		assert_int_equal(p[i], POISON_INUSE);
	assert_int_equal(p[59], POISON_END);
	kmem_cache_free(f.s, p);
	assert_true(word(p - 8) == RED_INACTIVE &&
		    word(p + 64) == RED_INACTIVE);
	for (int i = 0; i < 59; i++)
		assert_int_equal(p[i], POISON_FREE);
	assert_int_equal(p[59], POISON_END);
	close_debug();
}

/* Each flag by itself. Expect room for what it needs and no more. */
static void test_flags(void **state)
{
	static const struct {
		slab_flags_t flags;
		unsigned int size;
	} golden[] = {
		{ SLAB_CONSISTENCY_CHECKS, 64 },
		{ SLAB_POISON, 64 },
		{ SLAB_RED_ZONE, 80 },
		{ SLAB_STORE_USER, 72 },
		{ SLAB_RED_ZONE | SLAB_STORE_USER, 88 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
		open_debug(64, 0, golden[i].flags, NULL);
		assert_int_equal(f.s->size, golden[i].size);
		assert_int_not_equal(f.s->freelist_place, FREELIST_OBJ);
		alloc(0, 300);
		release(0, 300);
		close_debug();
	}
}

/* Sizes and alignments of all kinds, with all flags. Expect every object
 * aligned, its bytes its own, and nothing to report. */
static void test_alignments(void **state)
{
	static const unsigned int sizes[] = { 1, 8, 24, 100, 700, 5000 };

	(void)state;
	count_errors();
	for (unsigned int align = 8; align <= 4096; align *= 2)
		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
			open_debug(sizes[i], align, FZPU, NULL);
			alloc(0, 40);
			for (unsigned int j = 0; j < 40; j++) {
				assert_int_equal((uintptr_t)f.objs[j] % align,
						 0);
				memset(f.objs[j], (int)j, sizes[i]);
			}
			for (unsigned int j = 0; j < 40; j++)
				assert_int_equal(
					((u8 *)f.objs[j])[sizes[i] - 1], j);
			release(0, 40);
			close_debug();
		}
	assert_int_equal(counted(), 0);
}

/* A byte behind the object, and one in front. Expect it found when the object
 * is freed, or looked at before; once, with the redzone mended. */
static void test_overwritten(void **state)
{
	(void)state;
	open_debug(64, 0, FZPU, NULL);
	for (int at = -1; at <= 64; at += 65)
		for (int look = 0; look < 2; look++) {
			u8 *p = kmem_cache_alloc(f.s, 0);

			p[at] ^= 1;
			count_errors();
			if (look)
				assert_int_equal(validate_slab_cache(f.s), 2);
			kmem_cache_free(f.s, p);
			assert_int_equal(counted(), 2);
		}
	assert_int_equal(validate_slab_cache(f.s), 0);
	close_debug();
}

/* A byte of a free object. Expect it found when it is handed out, or looked at
 * before. */
static void test_written_after_free(void **state)
{
	(void)state;
	open_debug(64, 0, FZPU, NULL);
	for (int at = 0; at < 64; at += 21)
		for (int look = 0; look < 2; look++) {
			u8 *p = kmem_cache_alloc(f.s, 0);

			kmem_cache_free(f.s, p);
			p[at] ^= 1;
			count_errors();
			if (look)
				assert_int_equal(validate_slab_cache(f.s), 2);
			assert_ptr_equal(kmem_cache_alloc(f.s, 0), p);
			assert_int_equal(counted(), 2);
			kmem_cache_free(f.s, p);
		}
	close_debug();
}

/* An object is freed twice, at once and after others. Expect it said, and the
 * object free once; the same if it is resized when it is free. */
static void test_double_free(void **state)
{
	(void)state;
	open_debug(64, 0, FZPU, NULL);
	alloc(0, 100);
	kmem_cache_free(f.s, f.objs[3]);
	count_errors();
	kmem_cache_free(f.s, f.objs[3]);
	assert_int_equal(counted(), 2);
	release(4, 50);
	count_errors();
	kmem_cache_free(f.s, f.objs[3]);
	assert_int_equal(counted(), 2);
	count_errors();
	assert_int_equal(kmem_debug_resize(f.s, f.objs[3], 10, 0), -ENOENT);
	assert_int_equal(counted(), 1);
	assert_int_equal(kmem_debug_resize(f.s, f.objs[0], 10, 0), 0);
	assert_int_equal(kmem_debug_resize(f.s, f.objs[0], 65, 0), -EINVAL);
	assert_int_equal(f.s->in_use, 49);
	f.s->ops->check(f.s);
	release(0, 3);
	release(54, 46);
	close_debug();
}

/* A constructor. Expect it to run when the slab is made; with poison, which
 * would wipe out its work, each time that an object is handed out. */
static void test_constructor(void **state)
{
	(void)state;
	for (int poison = 0; poison < 2; poison++) {
		open_debug(64, 0, poison ? FZPU : SLAB_RED_ZONE, construct);
		constructed = 0;
		alloc(0, 1);
		assert_int_equal(constructed, poison ? 1 : f.per_slab);
		assert_int_equal(*(u8 *)f.objs[0], 0xc0);
		release(0, 1);
		alloc(0, 1);
		assert_int_equal(constructed, poison ? 2 : f.per_slab);
		assert_int_equal(*(u8 *)f.objs[0], 0xc0);
		release(0, 1);
		close_debug();
	}
}

/* An object so large that no block holds it with redzones. Expect it to go
 * without them. */
static void test_largest(void **state)
{
	(void)state;
	open_debug(4 << 20, 0, FZPU, NULL);
	assert_int_equal(f.s->flags & DEBUG_METADATA_FLAGS, 0);
	assert_int_equal(f.s->size, 4 << 20);
	alloc(0, 2);
	release(0, 2);
	close_debug();
}

static void overflow(void *arg)
{
	u8 *p = kmem_cache_alloc(f.s, 0);

	(void)arg;
	p[64] = 'A';
	kmem_cache_free(f.s, p);
}

static void free_twice(void *arg)
{
	void *p = kmem_cache_alloc(f.s, 0);

	(void)arg;
	kmem_cache_free(f.s, p);
	kmem_cache_free(f.s, p);
}

static void write_freed(void *arg)
{
	u8 *p = kmem_cache_alloc(f.s, 0);

	(void)arg;
	kmem_cache_free(f.s, p);
	p[5] = 'A';
	kmem_cache_free(f.s, kmem_cache_alloc(f.s, 0));
}

static void said(void (*fn)(void *), const char *const *phrases)
{
	struct child_end end;

	child_run(fn, NULL, &end);
	assert_int_equal(end.status, 0);
	for (; *phrases; phrases++)
		if (count_phrase(end.err, *phrases) != 1)
			fail_msg("no \"%s\" in: %s", *phrases, end.err);
}

/* The words of the reports. Expect those of the kernel, the last caller, the
 * bytes of the object, and what was done; and the program to go on. */
static void test_words(void **state)
{
	(void)state;
	open_debug(64, 0, FZPU, NULL);
	said(overflow,
	     (const char *[]){ "slab error in verify_redzone_free(): cache "
			       "`watched': memory outside object was "
			       "overwritten\n",
			       ": redzone 1:0xd84156c5635688c0, redzone "
			       "2:0xd84156c563568841\n",
			       "Last user: ", "Call Trace:",
			       "FIX watched: Restoring redzones of ", NULL });
	said(free_twice,
	     (const char *[]){ "slab error in verify_redzone_free(): cache "
			       "`watched': double free detected\n",
			       ": redzone 1:0x9f911029d74e35b, redzone "
			       "2:0x9f911029d74e35b\n",
			       "FIX watched: Object at ", NULL });
	said(write_freed,
	     (const char *[]){ "slab error in check_poison_obj(): cache "
			       "`watched': Poison overwritten\n",
			       "6b 6b 6b 6b 6b 41 6b 6b",
			       "FIX watched: Restoring poison of ", NULL });
	close_debug();
}

static void leak(void *arg)
{
	(void)arg;
	kmem_cache_alloc(f.s, 0);
	kmem_cache_destroy(f.s);
}

/* A cache is destroyed with an object in use, with debug flags and without.
 * Expect it named. */
static void test_left(void **state)
{
	static const char *const phrases[] = {
		"Slab cache still has objects",
		"BUG watched (Not tainted): Objects remaining on "
		"__kmem_cache_shutdown()\n",
		"Object 0x", NULL
	};

	(void)state;
	open_debug(200, 0, SLAB_CONSISTENCY_CHECKS, NULL);
	said(leak, phrases);
	close_debug();
	f.s = kmem_cache_create("watched", 200, 0, SLAB_NO_MERGE, NULL);
	said(leak, phrases);
	kmem_cache_destroy(f.s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_alignments),
		cmocka_unit_test(test_overwritten),
		cmocka_unit_test(test_written_after_free),
		cmocka_unit_test(test_double_free),
		cmocka_unit_test(test_constructor),
		cmocka_unit_test(test_largest),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_left),
	};

	return cmocka_run_group_tests(tests, slab_start, NULL);
}
