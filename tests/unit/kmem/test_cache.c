// SPDX-License-Identifier: MIT
/*
 * test_cache.c - the life of a kmem_cache
 */
#include <errno.h>

#include "fake.h"

#define NR_API (NR_CURSORS - API_SLOT)

static int setup(void **state)
{
	(void)state;
	fake_watch(NULL);
	return 0;
}

static unsigned int nr_caches(void)
{
	struct kmem_cache *s;
	unsigned int nr = 0;

	list_for_each_entry(s, &slab_caches, list)
		nr++;
	return nr;
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

/* Arguments that make no sense. Expect NULL each time. */
static void test_insane(void **state)
{
	(void)state;
	assert_null(kmem_cache_create(NULL, 8, 0, 0, NULL));
	assert_null(kmem_cache_create("n", 0, 0, 0, NULL));
	assert_null(kmem_cache_create("n", KMALLOC_MAX_SIZE + 1, 0, 0, NULL));
	assert_null(kmem_cache_create("n", 64, 24, 0, NULL));
	assert_null(kmem_cache_create("n", 64, 8192, 0, NULL));
}

static void create_insane(void *arg)
{
	kmem_cache_create(arg, 64, 24, SLAB_PANIC, NULL);
}

/* The same with SLAB_PANIC. Expect the end, and the name of the cache. */
static void test_panic(void **state)
{
	char text[1024];
	char name[] = "precious";
	int status;

	(void)state;
	run_child(create_insane, name, text, sizeof(text), &status);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_non_null(strstr(text, "failed to create slab 'precious'"));
}

/* The backend cannot lay the cache out. Expect NULL and nothing leaked. */
static void test_setup_fails(void **state)
{
	unsigned int before = nr_caches();

	(void)state;
	fake.setup_result = -EINVAL;
	assert_null(kmem_cache_create("n", 64, 0, 0, NULL));
	fake.setup_result = 0;
	assert_int_equal(nr_caches(), before);
}

/* Memory is short at each step. Expect NULL, and success when there is some. */
static void test_create_short(void **state)
{
	struct kmem_cache *s = NULL;
	long need = 0;

	(void)state;
	while (!s && need < 10) {
		fake.allowance = need++;
		s = kmem_cache_create("short", 64, 0, 0, NULL);
		fake.allowance = -1;
	}
	assert_int_equal(need, 4); /* the cache, its CPU array, its node */
	kmem_cache_destroy(s);
}

/* More caches than there are slots. Expect those beyond to work without
 * sheaves, and slots to be reused when caches go. */
static void test_slots_exhausted(void **state)
{
	static struct kmem_cache *s[NR_API + 20];
	void *obj;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(s); i++) {
		s[i] = kmem_cache_create("many", 64, 0, 0, NULL);
		assert_non_null(s[i]);
		assert_int_equal(!s[i]->slot, i >= NR_API);
		assert_int_equal(!s[i]->sheaf_capacity, i >= NR_API);
	}
	for (size_t i = 0; i < ARRAY_SIZE(s); i++)
		for (size_t j = 0; s[i]->slot && j < i; j++)
			assert_int_not_equal(s[i]->slot, s[j]->slot);
	obj = kmem_cache_alloc(s[NR_API + 3], 0);
	assert_non_null(obj);
	assert_int_equal(s[NR_API + 3]->in_use, 1);
	kmem_cache_free(s[NR_API + 3], obj);
	assert_int_equal(s[NR_API + 3]->in_use, 0);
	kmem_cache_destroy(s[7]);
	s[7] = kmem_cache_create("again", 64, 0, 0, NULL);
	assert_int_not_equal(s[7]->slot, 0);
	for (size_t i = 0; i < ARRAY_SIZE(s); i++)
		kmem_cache_destroy(s[i]);
}

static void destroy_in_use(void *arg)
{
	struct kmem_cache *s = arg;
	unsigned int before = nr_caches();
	void *obj = kmem_cache_alloc(s, 0), *other;

	memset(obj, 0x5a, 64);
	kmem_cache_destroy(s);
	if (nr_caches() != before || *(char *)obj != 0x5a)
		_exit(1);
	other = kmem_cache_alloc(s, 0);
	if (!other || other == obj)
		_exit(2);
	kmem_cache_free(s, other);
	kmem_cache_free(s, obj);
	kmem_cache_destroy(s);
	_exit(nr_caches() == before - 1 ? 0 : 3);
}

/* A cache is destroyed with an object in use. Expect the kernel's words, once,
 * and a cache that goes on working until the object is back. */
static void test_destroy_in_use(void **state)
{
	struct kmem_cache *s = kmem_cache_create("busy", 64, 0, 0, NULL);
	char text[1024];
	int status;

	(void)state;
	run_child(destroy_in_use, s, text, sizeof(text), &status);
	assert_int_equal(status, 0);
	assert_non_null(strstr(text, "kmem_cache_destroy busy: "
				     "Slab cache still has objects"));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	kmem_cache_destroy(s);
}

/* A shrink with nothing in use, and with an object. Expect 0, then 1. */
static void test_shrink(void **state)
{
	struct kmem_cache *s = kmem_cache_create("shrink", 64, 0, 0, NULL);
	void *obj = kmem_cache_alloc(s, 0);

	(void)state;
	assert_int_equal(kmem_cache_shrink(s), 1);
	assert_int_equal(s->in_use, 1);
	kmem_cache_free(s, obj);
	assert_int_equal(kmem_cache_shrink(s), 0);
	assert_int_equal(s->in_use, 0);
	kmem_cache_destroy(s);
}

/* Everything is asked for what it does not need. Expect no object cached by
 * this thread or in any barn. */
static void test_reclaim(void **state)
{
	struct kmem_cache *s = kmem_cache_create("reclaim", 64, 0, 0, NULL);
	void *obj = kmem_cache_alloc(s, 0);

	(void)state;
	kmem_cache_free(s, obj);
	assert_int_not_equal(s->in_use, 0);
	kmem_reclaim(SHRINK_ALL);
	assert_int_equal(s->in_use, 0);
	assert_int_equal(s->node[0]->barn[BARN_HERE].nr_empty, 0);
	kmem_cache_destroy(s);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup(fn, setup)
	const struct CMUnitTest tests[] = {
		TEST(test_create),	   TEST(test_insane),
		TEST(test_panic),	   TEST(test_setup_fails),
		TEST(test_create_short),   TEST(test_slots_exhausted),
		TEST(test_destroy_in_use), TEST(test_shrink),
		TEST(test_reclaim),
	};

	stay_on_cpu();
	return cmocka_run_group_tests(tests, fake_start, NULL);
}
