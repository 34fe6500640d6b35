// SPDX-License-Identifier: MIT
/*
 * test_debug_flags.c - which caches slab_debug= means, and with which flags
 */
#include "diag/param.h"
#include "fake.h"
#include "kmem/debug.h"
#include "support/child.h"

#define FZPU DEBUG_DEFAULT_FLAGS
#define F SLAB_CONSISTENCY_CHECKS
#define Z SLAB_RED_ZONE
#define P SLAB_POISON
#define U SLAB_STORE_USER

static int teardown(void **state)
{
	(void)state;
	parse_args("slab_debug=-");
	return 0;
}

/* Command lines. Expect the flags of three caches that they give. */
static void test_table(void **state)
{
	static const struct {
		const char *line;
		slab_flags_t m64, m128, dentry;
	} rows[] = {
		{ "slab_debug=-", 0, 0, 0 },
		{ "slab_debug", FZPU, FZPU, FZPU },
		{ "slab_debug=", FZPU, FZPU, FZPU },
		{ "slab_debug=FZ", F | Z, F | Z, F | Z },
		{ "slab_debug=fzpu", FZPU, FZPU, FZPU },
		{ "slub_debug=PU", P | U, P | U, P | U },
		{ "slab_debug=T", SLAB_TRACE, SLAB_TRACE, SLAB_TRACE },
		{ "slab_debug=A", SLAB_FAILSLAB, SLAB_FAILSLAB, SLAB_FAILSLAB },
		{ "slab_debug=,malloc-64", FZPU, 0, 0 },
		{ "slab_debug=Z,malloc-64", Z, 0, 0 },
		{ "slab_debug=Z,malloc-64,dentry", Z, 0, Z },
		{ "slab_debug=Z,malloc-*", Z, Z, 0 },
		{ "slab_debug=Z,malloc", 0, 0, 0 },
		{ "slab_debug=Z,malloc-645", 0, 0, 0 },
		{ "slab_debug=Z,*", Z, Z, Z },
		{ "slab_debug=Z,malloc-64;P,malloc-*", Z, P, 0 },
		{ "slab_debug=P,malloc-*;Z,malloc-64", P, P, 0 },
		{ "slab_debug=Z,malloc-64;F", Z, F, F },
		{ "slab_debug=F;Z,malloc-64", Z, F, F },
		{ "slab_debug=FZPU;-,dentry", FZPU, FZPU, 0 },
		{ "slab_debug=O", 0, 0, 0 },
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		parse_args(rows[i].line);
		assert_int_equal(kmem_cache_flags(0, "malloc-64"), rows[i].m64);
		assert_int_equal(kmem_cache_flags(0, "malloc-128"),
				 rows[i].m128);
		assert_int_equal(kmem_cache_flags(0, "dentry"), rows[i].dentry);
	}
}

/* A cache with flags of its own, and one that wants none of a user's. Expect
 * the first to have both, the second what it had. */
static void test_own_flags(void **state)
{
	(void)state;
	parse_args("slab_debug=F");
	assert_int_equal(kmem_cache_flags(SLAB_HWCACHE_ALIGN | Z, "n"),
			 SLAB_HWCACHE_ALIGN | Z | F);
	assert_int_equal(kmem_cache_flags(SLAB_NO_USER_FLAGS | Z, "n"),
			 SLAB_NO_USER_FLAGS | Z);
}

/* O. Expect it to be remembered, also in another block, and not for ever. */
static void test_higher_order(void **state)
{
	(void)state;
	parse_args("slab_debug=FO,a");
	assert_true(disable_higher_order_debug);
	parse_args("slab_debug=F");
	assert_false(disable_higher_order_debug);
	parse_args("slab_debug=F,a;zo");
	assert_true(disable_higher_order_debug);
}

static void parse(void *line)
{
	parse_args(line);
}

/* A letter that is none, too long a text. Expect the first to be named and
 * skipped, the second to be refused whole. */
static void test_malformed(void **state)
{
	char line[400] = "slab_debug=F,", wrong[] = "slab_debug=FxZ";
	char said[1024];

	(void)state;
	capture_stderr(parse, wrong, said, sizeof(said));
	assert_string_equal(
		said, "kmalloc: slab_debug option 'x' unknown. skipped\n");
	assert_int_equal(kmem_cache_flags(0, "n"), F | Z);
	memset(line + strlen(line), 'a', 300);
	capture_stderr(parse, line, said, sizeof(said));
	assert_non_null(strstr(said, "malformed boot parameter 'slab_debug="));
	assert_int_equal(kmem_cache_flags(0, "n"), F | Z);
}

/* Caches that are made under a command line. Expect the fitting one to have the
 * flags, and no cache of the rooms themselves. */
static void test_created(void **state)
{
	struct kmem_cache *s, *t;

	(void)state;
	parse_args("slab_debug=A,watched");
	s = kmem_cache_create("watched", 64, 0, 0, NULL);
	t = kmem_cache_create("other", 64, 0, 0, NULL);
	assert_int_equal(s->flags & SLAB_FAILSLAB, SLAB_FAILSLAB);
	assert_int_equal(s->slot, 0);
	assert_int_equal(t->flags & SLAB_FAILSLAB, 0);
	assert_int_not_equal(t->slot, 0);
	kmem_cache_destroy(s);
	kmem_cache_destroy(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_table, teardown),
		cmocka_unit_test_teardown(test_own_flags, teardown),
		cmocka_unit_test_teardown(test_higher_order, teardown),
		cmocka_unit_test_teardown(test_malformed, teardown),
		cmocka_unit_test_teardown(test_created, teardown),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
