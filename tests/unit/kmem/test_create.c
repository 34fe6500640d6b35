// SPDX-License-Identifier: MIT
/*
 * test_create.c - making a cache: arguments, flags, names (docs/kernel.md L10)
 */
#include <errno.h>

#include "fake.h"
#include "kmem/cache.h"

static int setup(void **state)
{
	(void)state;
	fake_watch(NULL);
	return 0;
}

/* A cache is made and unmade. Expect what was asked for, its place in the list,
 * and its slot free again. */
static void test_create(void **state)
{
	unsigned int before = nr_caches();
	struct kmem_cache *s = kmem_cache_create("name", 100, 32, 0, NULL);
	u16 slot = s->slot;

	(void)state;
	assert_string_equal(kmem_cache_name(s), "name");
	assert_int_equal(kmem_cache_size(s), 100);
	assert_int_equal(s->size, 128);
	assert_in_range(slot, API_SLOT, NR_CURSORS - 1);
	assert_int_equal(nr_caches(), before + 1);
	kmem_cache_destroy(s);
	assert_int_equal(nr_caches(), before);
	s = kmem_cache_create("other", 8, 0, 0, NULL);
	assert_int_equal(s->slot, slot);
	kmem_cache_destroy(s);
	kmem_cache_destroy(NULL);
}

static void construct(void *obj)
{
	memset(obj, 0, 1);
}

struct thing {
	char head[24];
	char body[40];
	long tail __aligned(32);
};

/* All shapes of the call. Expect each argument in its field. */
static void test_shapes(void **state)
{
	struct kmem_cache_args args = {
		.align = 64,
		.useroffset = 8,
		.usersize = 16,
		.ctor = construct,
		.sheaf_capacity = 100,
	};
	struct kmem_cache *s = kmem_cache_create("args", 300, &args, 0);

	(void)state;
	assert_int_equal(s->align, 64);
	assert_int_equal(s->useroffset, 8);
	assert_int_equal(s->usersize, 16);
	assert_ptr_equal(s->ctor, construct);
	assert_int_equal(s->sheaf_capacity, 100);
	kmem_cache_destroy(s);
	s = __kmem_cache_create_args("none", 300, NULL, SLAB_NO_MERGE);
	assert_int_equal(s->sheaf_capacity, 28);
	kmem_cache_destroy(s);
	s = kmem_cache_create_usercopy("copy", 64, 0, 0, 4, 8, NULL);
	assert_int_equal(s->useroffset, 4);
	assert_int_equal(s->usersize, 8);
	kmem_cache_destroy(s);
	s = KMEM_CACHE(thing, 0);
	assert_string_equal(kmem_cache_name(s), "thing");
	assert_int_equal(kmem_cache_size(s), sizeof(struct thing));
	assert_int_equal(s->align, 32);
	assert_int_equal(s->usersize, 0);
	kmem_cache_destroy(s);
	s = KMEM_CACHE_USERCOPY(thing, 0, body);
	assert_int_equal(s->useroffset, 24);
	assert_int_equal(s->usersize, 40);
	kmem_cache_destroy(s);
}

/* A capacity that no sheaf has, and flags that want none. Expect the largest
 * there is, and none. */
static void test_capacity_limits(void **state)
{
	struct kmem_cache_args args = { .sheaf_capacity = 5000 };
	struct kmem_cache *s = kmem_cache_create("large", 64, &args, 0);

	(void)state;
	assert_int_equal(s->sheaf_capacity, SHEAF_MAX_CAPACITY);
	assert_int_equal(SHEAF_MAX_CAPACITY, 123);
	kmem_cache_destroy(s);
	s = kmem_cache_create("ext", 64, 0, SLAB_NO_OBJ_EXT, NULL);
	assert_int_equal(s->slot, 0);
	assert_int_equal(s->sheaf_capacity, 0);
	kmem_cache_destroy(s);
	s = kmem_cache_create("leak", 64, 0, SLAB_NOLEAKTRACE, NULL);
	assert_int_equal(s->slot, 0);
	kmem_cache_destroy(s);
}

/* The flags that choose where slabs come from. Expect the flags of pages. */
static void test_page_flags(void **state)
{
	static const struct {
		slab_flags_t flag;
		gfp_t gfp;
	} golden[] = {
		{ SLAB_CACHE_DMA, __GFP_DMA },
		{ SLAB_CACHE_DMA32, __GFP_DMA32 },
		{ SLAB_RECLAIM_ACCOUNT, __GFP_RECLAIMABLE },
		{ SLAB_ACCOUNT, __GFP_ACCOUNT },
		{ SLAB_NO_USER_FLAGS, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
		struct kmem_cache *s = kmem_cache_create("flags", 64, 0,
							 golden[i].flag, NULL);

		assert_int_equal(s->allocflags, golden[i].gfp);
		kmem_cache_destroy(s);
	}
}

/* ---- bad input ----------------------------------------------------------- */

struct bad {
	const char *name;
	unsigned int size, align;
	slab_flags_t flags;
	struct kmem_cache_args args;
	bool refused;
};

static void create_bad(void *arg)
{
	struct bad *bad = arg;

	bad->args.align = bad->align;
	bad->refused = !kmem_cache_create(bad->name, bad->size, &bad->args,
					  bad->flags);
}

static void expect_refusal(struct bad bad, const char *first)
{
	unsigned int before = nr_caches();
	char text[1024];

	capture_stderr(create_bad, &bad, text, sizeof(text));
	assert_true(bad.refused);
	assert_int_equal(nr_caches(), before);
	if (first && strncmp(text, first, strlen(first)))
		fail_msg("said: %s", text);
	assert_non_null(strstr(text, "__kmem_cache_create_args("));
	assert_non_null(strstr(text, ") failed with error -22\n"));
}

/* Names, sizes and alignments that make no sense. Expect NULL, the kernel's
 * line, and nothing made. */
static void test_insane(void **state)
{
	(void)state;
	expect_refusal((struct bad){ .size = 8 },
		       "kmem_cache_create((null)) integrity check failed\n");
	expect_refusal((struct bad){ .name = "n" },
		       "kmem_cache_create(n) integrity check failed\n");
	expect_refusal((struct bad){ .name = "n",
				     .size = KMALLOC_MAX_SIZE + 1 },
		       "kmem_cache_create(n) integrity check failed\n");
	expect_refusal((struct bad){ .name = "n", .size = 64, .align = 24 },
		       "kmem_cache_create(n) integrity check failed\n");
	expect_refusal(
		(struct bad){ .name = "n", .size = 64, .align = 8 << 20 },
		"kmem_cache_create(n) integrity check failed\n");
}

/*
 * Flags that do not exist, a free pointer where none may be, RCU where there is
 * none. Expect NULL.
 */
static void test_bad_flags(void **state)
{
	struct bad bad = { .name = "n", .size = 64 };

	(void)state;
	bad.flags = 0x8;
	expect_refusal(bad, NULL);
	bad.flags = SLAB_TYPESAFE_BY_RCU;
	expect_refusal(bad, NULL);
	bad.flags = 0;
	bad.args.use_freeptr_offset = true;
	expect_refusal(bad, NULL);
}

static void open_window(void *arg)
{
	struct kmem_cache_args *args = arg;
	struct kmem_cache *s = kmem_cache_create("window", 64, args, 0);

	args->useroffset = s->useroffset;
	args->usersize = s->usersize;
	kmem_cache_destroy(s);
}

/* Windows for user copies that are not inside the object. Expect a warning and
 * a cache that has none. */
static void test_bad_window(void **state)
{
	struct kmem_cache_args bad[] = {
		{ .useroffset = 8 },
		{ .useroffset = 60, .usersize = 8 },
		{ .usersize = 65 },
		{ .useroffset = ~0U, .usersize = 8 },
	};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		capture_stderr(open_window, &bad[i], text, sizeof(text));
		assert_int_equal(bad[i].useroffset, 0);
		assert_int_equal(bad[i].usersize, 0);
		if (i < 2) /* once for each place */
			assert_int_equal(count_phrase(text, "WARNING"), 1);
	}
}

static void create_insane(void *arg)
{
	kmem_cache_create(arg, 64, 24, SLAB_PANIC, NULL);
}

/* The same with SLAB_PANIC. Expect the end, and the name of the cache. */
static void test_panic(void **state)
{
	char name[] = "precious";

	(void)state;
	assert_true(child_aborts(create_insane, name,
				 "__kmem_cache_create_args: Failed to create "
				 "slab 'precious'. Error -22\n"));
}

static void create_twice(void *arg)
{
	struct kmem_cache **s = arg;

	s[0] = kmem_cache_create("twin", 64, 0, SLAB_NO_MERGE, NULL);
	s[1] = kmem_cache_create("twin", 512, 0, SLAB_NO_MERGE, NULL);
}

/* Two caches of one name. Expect the kernel's line, and two caches. */
static void test_duplicate(void **state)
{
	struct kmem_cache *s[2];
	char text[256];

	(void)state;
	capture_stderr(create_twice, s, text, sizeof(text));
	assert_string_equal(text, "kmem_cache of name 'twin' already exists\n");
	assert_non_null(s[1]);
	assert_ptr_not_equal(s[0], s[1]);
	kmem_cache_destroy(s[0]);
	kmem_cache_destroy(s[1]);
}

/* The name is changed by its owner, and one is very long. Expect the cache to
 * have a copy. */
static void test_name(void **state)
{
	char name[300] = "changes";
	struct kmem_cache *s = kmem_cache_create(name, 64, 0, 0, NULL);

	(void)state;
	strcpy(name, "changed");
	assert_string_equal(kmem_cache_name(s), "changes");
	kmem_cache_destroy(s);
	memset(name, 'n', sizeof(name) - 1);
	s = kmem_cache_create(name, 64, 0, 0, NULL);
	assert_string_equal(kmem_cache_name(s), name);
	kmem_cache_destroy(s);
}

/* The backend cannot lay the cache out. Expect NULL and nothing leaked. */
static void test_setup_fails(void **state)
{
	struct bad bad = { .name = "n", .size = 64 };

	(void)state;
	fake.setup_result = -EINVAL;
	expect_refusal(bad, NULL);
	fake.setup_result = 0;
}

static void create_short(void *arg)
{
	struct kmem_cache **s = arg;

	*s = kmem_cache_create("short", 64, 0, SLAB_NO_MERGE, NULL);
}

/* Memory is short at each step. Expect NULL, error -12, and success when there
 * is some. */
static void test_create_short(void **state)
{
	struct kmem_cache *s = NULL;
	char text[256];
	long need = 0;

	(void)state;
	while (!s && need < 10) {
		fake.allowance = need++;
		capture_stderr(create_short, &s, text, sizeof(text));
		fake.allowance = -1;
		assert_int_equal(!strstr(text, "error -12"), !!s);
	}
	/* cache, name, two CPU arrays, node; need counts the last step too */
	assert_int_equal(need, 6);
	kmem_cache_destroy(s);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup(fn, setup)
	const struct CMUnitTest tests[] = {
		TEST(test_create),	TEST(test_shapes),
		TEST(test_page_flags),	TEST(test_capacity_limits),
		TEST(test_insane),	TEST(test_bad_flags),
		TEST(test_bad_window),	TEST(test_panic),
		TEST(test_duplicate),	TEST(test_name),
		TEST(test_setup_fails), TEST(test_create_short),
	};

	pin_to_first_cpu();
	return cmocka_run_group_tests(tests, fake_start, NULL);
}
