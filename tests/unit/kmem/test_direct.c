// SPDX-License-Identifier: MIT
/*
 * test_direct.c - which callback serves a free past the sheaves, and what is
 * written to the object before
 */
#include "fake.h"
#include "kmem/debug.h"
#include "kmem/direct.h"
#include "kmem/guard.h"
#include "kmem/slab_ops.h"
#include "kmem/stat.h"

#define SIZE 64

static struct kmem_cache *s;
static unsigned char *obj;

/* What the callbacks saw. */
static struct {
	unsigned int flushed, remote, debugged, verified; /* objects */
	unsigned char first, last; /* of the object that was flushed */
	const void *object; /* that debug_free() got */
	int wrong; /* verify() returns it */
} seen;

static void test_flush(struct kmem_cache *cache, void **objs, unsigned int nr)
{
	(void)cache;
	seen.flushed += nr;
	seen.first = *(unsigned char *)objs[0];
	seen.last = ((unsigned char *)objs[0])[SIZE - 1];
}

static void test_flush_remote(struct kmem_cache *cache, void **objs,
			      unsigned int nr)
{
	(void)cache;
	(void)objs;
	seen.remote += nr;
}

static int test_verify(struct kmem_cache *cache, void **objs, unsigned int nr)
{
	(void)cache;
	(void)objs;
	seen.verified += nr;
	return seen.wrong;
}

static void test_debug_free(struct kmem_cache *cache, void *object,
			    const struct slab_caller *who)
{
	assert_ptr_equal(cache, s);
	seen.object = object;
	assert_int_equal(who->track.addr, 4711);
	seen.debugged++;
}

static struct slab_ops ops;

/* A cache whose frees past the sheaves come here; obj is one of its objects. */
static int setup(void **state)
{
	(void)state;
	s = kmem_cache_create("direct", SIZE, 0, SLAB_NO_MERGE, NULL);
	assert_non_null(s);
	obj = kmem_cache_alloc(s, GFP_KERNEL);
	assert_non_null(obj);
	memset(obj, 0x11, SIZE);
	ops = fake_ops;
	ops.flush = test_flush;
	ops.verify = test_verify;
	ops.debug_free = test_debug_free;
	s->ops = &ops;
	memset(&seen, 0, sizeof(seen));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	s->ops = &fake_ops;
	s->guard = 0;
	kmem_cache_free(s, obj);
	kmem_cache_destroy(s);
	return 0;
}

/* A plain cache. Expect the objects at the backend in one call, counted, with
 * their bytes as they were. */
static void test_plain(void **state)
{
	void *objs[3] = { obj, obj, obj };

	(void)state;
	kmem_cache_free_direct(s, objs, 3);
	assert_int_equal(seen.flushed, 3);
	assert_int_equal(seen.verified, 0);
	assert_int_equal(seen.first, 0x11);
	assert_int_equal(s->flushes, 1);
	assert_int_equal(s->flushed, 3);
	assert_int_equal(kmem_stat_sum(s, FREE_SLOWPATH), 3);
}

/* Objects of other nodes, for a backend that collects them, one that does not,
 * and a guarded cache. Expect its own callback for the first alone. */
static void test_remote(void **state)
{
	void *objs[2] = { obj, obj };

	(void)state;
	kmem_cache_free_remote(s, objs, 2);
	assert_int_equal(seen.flushed, 2);
	ops.flush_remote = test_flush_remote;
	kmem_cache_free_remote(s, objs, 2);
	assert_int_equal(seen.remote, 2);
	assert_int_equal(seen.flushed, 2);
	assert_int_equal(kmem_stat_sum(s, FREE_SLOWPATH), 4);
	s->guard = GUARD_INIT_FREE;
	kmem_cache_free_remote(s, objs, 2);
	assert_int_equal(seen.remote, 2);
	assert_int_equal(seen.flushed, 4);
	assert_int_equal(seen.first, 0);
}

/* init_on_free, MALLOC_PERTURB_, both, and neither. Expect zeros, the byte,
 * zeros, and the bytes as they were, from the first to the last. */
static void test_written(void **state)
{
	static const struct {
		u8 guard, byte;
	} rows[] = {
		{ GUARD_INIT_FREE, 0 },
		{ GUARD_PERTURB, 0xa7 },
		{ GUARD_INIT_FREE | GUARD_PERTURB, 0 },
		{ GUARD_FAIL, 0x11 },
	};

	(void)state;
	kmem_perturb = 0xa7;
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		s->guard = rows[i].guard;
		memset(obj, 0x11, SIZE);
		kmem_guard_free(s, obj, 4711);
		assert_int_equal(seen.flushed, i + 1);
		assert_int_equal(seen.first, rows[i].byte);
		assert_int_equal(seen.last, rows[i].byte);
	}
	kmem_perturb = 0;
}

/* What is freed is no object of the cache. Expect not a byte of it to be
 * written, and the backend to judge it. */
static void test_stranger(void **state)
{
	(void)state;
	seen.wrong = 1;
	s->guard = GUARD_INIT_FREE | GUARD_PERTURB;
	kmem_guard_free(s, obj, 4711);
	assert_int_equal(seen.verified, 1);
	assert_int_equal(seen.flushed, 1);
	assert_int_equal(seen.first, 0x11);
}

static void free_it(void *arg)
{
	kmem_guard_free(s, arg, 4711);
}

/* A cache with debug flags: an object of it, and memory that is in no slab.
 * Expect the backend's debug function with the caller for the first, and a
 * report of the second, which the backend does not see. */
static void test_debug(void **state)
{
	char text[4096];
	int local;

	(void)state;
	s->guard = GUARD_DEBUG;
	kmem_guard_free(s, obj, 4711);
	assert_int_equal(seen.debugged, 1);
	assert_ptr_equal(seen.object, obj);
	assert_int_equal(seen.flushed, 0);
	capture_stderr(free_it, &local, text, sizeof(text));
	assert_non_null(strstr(text, "outside of slab"));
	assert_int_equal(seen.debugged, 1);
	assert_int_equal(s->debug_errors, 1);
}

/* An object of another cache, freed to one that checks and to one that does
 * not. Expect a line with both names and the owner to get it, and the backend
 * to be left with the second. */
static void test_other_cache(void **state)
{
	struct kmem_cache *other = kmem_cache_create("owning", SIZE, 0,
						     SLAB_NO_MERGE, NULL);
	void *theirs = kmem_cache_alloc(other, GFP_KERNEL);
	unsigned long in_use = other->in_use;
	char text[4096];

	(void)state;
	s->guard = GUARD_DEBUG;
	s->flags |= SLAB_CONSISTENCY_CHECKS;
	capture_stderr(free_it, theirs, text, sizeof(text));
	s->flags &= ~SLAB_CONSISTENCY_CHECKS;
	assert_string_equal(text, "cache_from_obj: Wrong slab cache. direct "
				  "but object is from owning\n");
	assert_int_equal(other->in_use, in_use - 1);
	assert_int_equal(seen.debugged, 0);
	theirs = kmem_cache_alloc(other, GFP_KERNEL);
	kmem_guard_free(s, theirs, 4711);
	assert_int_equal(seen.debugged, 1);
	assert_ptr_equal(seen.object, theirs);
	kmem_cache_free(other, theirs);
	kmem_cache_destroy(other);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_plain),    TEST(test_remote), TEST(test_written),
		TEST(test_stranger), TEST(test_debug),	TEST(test_other_cache),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
