// SPDX-License-Identifier: MIT
/*
 * test_guard.c - failslab, init_on_alloc and init_on_free, cache by cache
 *
 * The parameters are for caches that are made after them, so each test sets
 * some, makes a cache, and sets them back.
 */
#include "kmem/guard.h"
#include "kmem/rcu.h"
#include "zone/page_debug.h"
#include "diag/param.h"
#include "fake.h"
#include "kmem/debug.h"
#include "kmem/failslab.h"
#include "support/child.h"

static struct kmem_cache *make(slab_flags_t flags, void (*ctor)(void *))
{
	struct kmem_cache *s = kmem_cache_create("guarded", 64, 0,
						 flags | SLAB_NO_MERGE, ctor);

	assert_non_null(s);
	return s;
}

/* The failures of 1000 requests. */
static unsigned int failures(struct kmem_cache *s, gfp_t gfp)
{
	unsigned int failed = 0;

	for (unsigned int i = 0; i < 1000; i++) {
		void *obj = kmem_cache_alloc(s, gfp);

		failed += !obj;
		kmem_cache_free(s, obj);
	}
	return failed;
}

static void build(void *obj)
{
	memset(obj, 7, 64);
}

/* No parameter. Expect a cache that nothing guards, with sheaves. */
static void child_plain(void *arg)
{
	struct kmem_cache *s = make(0, NULL);

	(void)arg;
	REQUIRE(!s->guard);
	REQUIRE(s->slot);
	REQUIRE(failures(s, GFP_KERNEL) == 0);
}

/* failslab=1,5,0,-1. Expect 5% of requests that may not wait to fail, and none
 * of those that may, as in the kernel. */
static void child_failslab(void *arg)
{
	struct kmem_cache *s;
	unsigned int failed;

	(void)arg;
	parse_args("failslab=1,5,0,-1 failslab.verbose=0");
	s = make(0, NULL);
	REQUIRE(s->guard == GUARD_FAIL);
	REQUIRE(!s->slot);
	failed = failures(s, GFP_NOWAIT);
	REQUIRE(failed > 20 && failed < 90);
	REQUIRE(failures(s, GFP_KERNEL) == 0);
	parse_args("failslab.ignore-gfp-wait=0");
	failed = failures(s, GFP_KERNEL);
	REQUIRE(failed > 20 && failed < 90);
	REQUIRE(failures(s, GFP_KERNEL | __GFP_NOFAIL) == 0);
	REQUIRE(s->in_use == 0);
}

/* ignore-gfp-wait on the command line. Expect no default to change it. */
static void child_gfp_wait_kept(void *arg)
{
	(void)arg;
	parse_args("failslab=1,100,0,-1 failslab.ignore-gfp-wait=1 "
		   "failslab.verbose=0");
	failslab_default_gfp_wait(0);
	REQUIRE(failures(make(0, NULL), GFP_KERNEL) == 0);
}

/* cache-filter. Expect failures in caches with SLAB_FAILSLAB alone, and none
 * where there is no cache. */
static void child_cache_filter(void *arg)
{
	(void)arg;
	parse_args("failslab=1,100,0,-1 failslab.cache-filter=1 "
		   "failslab.verbose=0");
	parse_args("failslab.ignore-gfp-wait=0");
	REQUIRE(failures(make(0, NULL), GFP_KERNEL) == 0);
	REQUIRE(failures(make(SLAB_FAILSLAB, NULL), GFP_KERNEL) == 1000);
	REQUIRE(!should_failslab(NULL, GFP_KERNEL, 100));
}

/* space. Expect object sizes to be granted until it is used up: 64 bytes each
 * as long as there are more than 64. */
static void child_space(void *arg)
{
	struct kmem_cache *s;

	(void)arg;
	parse_args("failslab=1,100,640,-1 failslab.verbose=0");
	parse_args("failslab.ignore-gfp-wait=0");
	s = make(0, NULL);
	REQUIRE(failures(s, GFP_KERNEL) == 1000 - 9);
}

/* Bad values and names. Expect them to be named, and nothing to be armed. */
static void child_malformed(void *arg)
{
	(void)arg;
	parse_args("failslab=1,2,3 failslab.cache-filter=2 failslab.what=1 "
		   "failslab.cache-filter failslab.times=x");
	REQUIRE(fault_off());
	REQUIRE(!failslab_wanted());
	REQUIRE(!make(0, NULL)->guard);
}

static void parse(void *line)
{
	parse_args(line);
}

static void test_malformed_text(void **state)
{
	char line[] = "failslab=1,2,3 failslab.what=1 failslab.cache-filter=2";
	char said[1024];

	(void)state;
	capture_stderr(parse, line, said, sizeof(said));
	assert_int_equal(count_phrase(said, "malformed boot parameter"), 2);
	assert_non_null(strstr(said, "unknown boot parameter 'failslab.what'"));
}

/* A message for a failure, and none with __GFP_NOWARN. */
static void child_nowarn(void *arg)
{
	struct kmem_cache *s;

	(void)arg;
	parse_args("failslab=1,100,0,2");
	parse_args("failslab.ignore-gfp-wait=0");
	s = make(0, NULL);
	REQUIRE(!kmem_cache_alloc(s, GFP_KERNEL | __GFP_NOWARN));
	REQUIRE(!kmem_cache_alloc(s, GFP_KERNEL));
	REQUIRE(kmem_cache_alloc(s, GFP_KERNEL));
}

static void test_nowarn(void **state)
{
	struct child_end end;

	(void)state;
	child_run(child_nowarn, NULL, &end);
	assert_int_equal(end.status, 0);
	assert_int_equal(count_phrase(end.err, "forcing a failure"), 1);
	assert_non_null(strstr(end.err, "name failslab, interval 1, "
					"probability 100, space 0, times 1"));
}

/*
 * init_on_alloc. Expect objects to be zero, also reused ones, except those that
 * have a constructor, RCU readers or poison.
 */
static void child_init_on_alloc(void *arg)
{
	static const char zero[64];
	struct kmem_cache *s;
	void *obj;

	(void)arg;
	parse_args("init_on_alloc=1");
	page_debug_init();
	s = make(0, NULL);
	for (int i = 0; i < 3; i++) {
		obj = kmem_cache_alloc(s, GFP_KERNEL);
		REQUIRE(!memcmp(obj, zero, 64));
		memset(obj, 0xff, 64);
		kmem_cache_free(s, obj);
	}
	REQUIRE(!(make(0, build)->guard & GUARD_INIT_ALLOC));
	REQUIRE(!(make(SLAB_TYPESAFE_BY_RCU, NULL)->guard & GUARD_INIT_ALLOC));
	REQUIRE(!(make(SLAB_POISON, NULL)->guard & GUARD_INIT_ALLOC));
	REQUIRE(!make(SLAB_NO_USER_FLAGS, NULL)->guard);
}

/* init_on_free. Expect the bytes of a free object to be zero but for the word
 * that chains it; the same exceptions. */
static void child_init_on_free(void *arg)
{
	static const char zero[64];
	struct kmem_cache *s;
	char *obj;

	(void)arg;
	parse_args("init_on_free=on");
	page_debug_init();
	s = make(0, NULL);
	obj = kmem_cache_alloc(s, GFP_KERNEL);
	memset(obj, 0xff, 64);
	kmem_cache_free(s, obj);
	REQUIRE(!memcmp(obj + 8, zero, 56)); /* the fake's chain is in front */
	REQUIRE(!(make(0, build)->guard & GUARD_INIT_FREE));
	REQUIRE(!(make(SLAB_TYPESAFE_BY_RCU, NULL)->guard & GUARD_INIT_FREE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_plain),
		child_test(child_failslab),
		child_test(child_gfp_wait_kept),
		child_test(child_cache_filter),
		child_test(child_space),
		child_test(child_malformed),
		cmocka_unit_test(test_nowarn),
		child_test(child_init_on_alloc),
		child_test(child_init_on_free),
		cmocka_unit_test(test_malformed_text),
	};

	kmem_rcu_register(&no_readers);
	return cmocka_run_group_tests(tests, fake_start, NULL);
}
