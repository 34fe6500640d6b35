// SPDX-License-Identifier: MIT
/*
 * test_slabinfo.c - the text "slabinfo" byte for byte
 */
#include "diag/proc.h"
#include "fake.h"
#include "kmem/slabinfo.h"

static char text[1 << 16];

static const char *read_text(void)
{
	const char *path;
	long len = proc_read("slabinfo", text, sizeof(text));

	assert_ptr_equal(proc_find("slabinfo", &path)->show, slabinfo_show);
	assert_true(len > 0 && len < (long)sizeof(text));
	assert_int_equal(len, strlen(text));
	return text;
}

#define HEADER                                                               \
	"slabinfo - version: 2.1\n"                                          \
	"# name            <active_objs> <num_objs> <objsize> <objperslab> " \
	"<pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : "   \
	"slabdata <active_slabs> <num_slabs> <sharedavail>\n"

/* Two caches, one with a long name and wide numbers. Expect the two lines of
 * the header, then the newer cache, then the older one. */
static void test_text(void **state)
{
	static const char rows[] =
		"a-name-of-more-than-17      1 1234567   5000   42    2 : "
		"tunables  120   60    8 : slabdata     11 222222   3333\n"
		"older                  0 1234567     64   42    1 : "
		"tunables  120   60    8 : slabdata     11 222222   3333\n";
	struct kmem_cache *older, *newer;
	void *obj;

	(void)state;
	older = kmem_cache_create("older", 64, 0, 0, NULL);
	newer = kmem_cache_create("a-name-of-more-than-17", 5000, 0, 0, NULL);
	kmem_cache_shrink(newer);
	assert_int_equal(
		fake_ops.refill(newer, GFP_KERNEL, NUMA_NO_NODE, &obj, 1), 1);
	assert_int_equal(strncmp(read_text(), HEADER, strlen(HEADER)), 0);
	if (strncmp(text + strlen(HEADER), rows, strlen(rows)))
		fail_msg("%.300s", text + strlen(HEADER));
	fake_ops.flush(newer, &obj, 1);
	kmem_cache_destroy(older);
	kmem_cache_destroy(newer);
	assert_null(strstr(read_text(), "older"));
}

/* A cache whose name has a line in it. Expect it in octal, on one line. */
static void test_escaped(void **state)
{
	struct kmem_cache *s = kmem_cache_create("two\nkmalloc-64", 64, 0, 0,
						 NULL);

	(void)state;
	assert_non_null(strstr(read_text(), "\ntwo\\012kmalloc-64 "));
	kmem_cache_destroy(s);
}

/* The caches of the room itself. Expect each once, oldest last. */
static void test_own(void **state)
{
	const char *first, *cache;

	(void)state;
	first = strstr(read_text(), "\nkmem_cache_cpu ");
	cache = strstr(text, "\nkmem_cache ");
	assert_non_null(first);
	assert_true(cache && cache < first);
	assert_null(strstr(first + 1, "\nkmem_cache_cpu "));
	assert_ptr_equal(strchr(first + 1, '\n') + 1, text + strlen(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_escaped),
		cmocka_unit_test(test_own),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
