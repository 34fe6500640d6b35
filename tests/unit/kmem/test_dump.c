// SPDX-License-Identifier: MIT
/*
 * test_dump.c - what kmem_dump_obj() says of an address
 */
#include "buddy/buddy.h"
#include "fake.h"

struct question {
	void *addr;
	bool answer;
};

static void ask(void *arg)
{
	struct question *q = arg;

	q->answer = kmem_dump_obj(q->addr);
}

/* The start of an object, its inside, and what is in no slab. Expect the cache,
 * the start and the distance; false and no word for the last. */
static void test_dump(void **state)
{
	struct kmem_cache *s = kmem_cache_create("dump", 100, 0, SLAB_NO_MERGE,
						 NULL);
	char *obj = kmem_cache_alloc(s, GFP_KERNEL);
	struct question q = { .addr = obj };
	char text[256], wanted[256];

	(void)state;
	capture_stderr(ask, &q, text, sizeof(text));
	snprintf(wanted, sizeof(wanted),
		 " slab dump start %p pointer offset 0 size 100\n",
		 (void *)obj);
	assert_string_equal(text, wanted);
	assert_true(q.answer);
	q.addr = obj + 103;
	capture_stderr(ask, &q, text, sizeof(text));
	snprintf(wanted, sizeof(wanted),
		 " slab dump start %p pointer offset 103 size 100\n",
		 (void *)obj);
	assert_string_equal(text, wanted);
	q.addr = &q;
	capture_stderr(ask, &q, text, sizeof(text));
	assert_string_equal(text, "");
	assert_false(q.answer);
	kmem_cache_free(s, obj);
	kmem_cache_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dump),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
