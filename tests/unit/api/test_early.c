// SPDX-License-Identifier: MIT
/*
 * test_early.c - calls that come before the library's constructor
 *
 * Functions in .preinit_array run before every constructor. This program runs
 * itself once for each public function that may be the first one called.
 */
#include <kmalloc/kmalloc.h>

#include "support/kmtest.h"

static void *result;
static int seen;

static void *first_kmalloc(void)
{
	return kmalloc(100, GFP_KERNEL);
}

static void *first_kmalloc_large(void)
{
	return kmalloc(100000, GFP_KERNEL);
}

static void *first_create(void)
{
	return kmem_cache_create("early", 100, 0, 0, NULL);
}

static void *first_pages(void)
{
	return alloc_pages(GFP_KERNEL, 3);
}

static void *first_exact(void)
{
	return alloc_pages_exact(20000, GFP_KERNEL);
}

static void *first_krealloc(void)
{
	return krealloc(NULL, 10, GFP_KERNEL);
}

static void *first_check(void)
{
	km_check();
	return &seen;
}

static void *first_reclaim(void)
{
	km_reclaim();
	return &seen;
}

static void *first_proc(void)
{
	return km_proc_read("cmdline", NULL, 0) > 0 ? &seen : NULL;
}

static void *first_free(void)
{
	kfree(NULL);
	return virt_to_page(&seen) ? NULL : &seen;
}

static const struct {
	const char *name;
	void *(*call)(void);
} firsts[] = {
	{ "kmalloc", first_kmalloc }, { "large", first_kmalloc_large },
	{ "create", first_create },   { "pages", first_pages },
	{ "exact", first_exact },     { "krealloc", first_krealloc },
	{ "check", first_check },     { "reclaim", first_reclaim },
	{ "proc", first_proc },	      { "free", first_free },
};

#define NR_FIRSTS (sizeof(firsts) / sizeof(firsts[0]))

static void early(int argc, char **argv, char **env)
{
	(void)env;
	if (argc < 2)
		return;
	for (size_t i = 0; i < NR_FIRSTS; i++)
		if (!strcmp(argv[1], firsts[i].name))
			result = firsts[i].call();
	seen = 1;
}

__attribute__((section(".preinit_array"),
	       used)) static void (*const preinit)(int, char **,
						   char **) = early;

/* Each function is the first that is called. Expect it to work, and the
 * library to be sound afterwards. */
static void test_first_calls(void **state)
{
	struct child_end end;

	(void)state;
	for (size_t i = 0; i < NR_FIRSTS; i++) {
		child_again(firsts[i].name, "", &end);
		if (end.status || *end.err)
			fail_msg("%s: status %#x: %s", firsts[i].name,
				 end.status, end.err);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_calls),
	};
	void *p;

	(void)argv;
	if (argc == 1)
		return cmocka_run_group_tests(tests, NULL, NULL);
	if (!seen || !result || !km_version())
		return 1;
	p = kmalloc(1000, GFP_KERNEL);
	km_check();
	kfree(p);
	return !p;
}
