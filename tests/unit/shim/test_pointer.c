// SPDX-License-Identifier: MIT
/*
 * test_pointer.c - what a pointer is, and the line that ends the program
 */
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "shim/shim.h"
#include "support/child.h"

#define MIB (1UL << 20)

static struct pointer resolve(const void *p)
{
	struct pointer what;

	memset(&what, 0xff, sizeof(what));
	pointer_resolve(p, "test", &what);
	return what;
}

/* Objects of every class. Expect their cache and its size. */
static void test_small(void **state)
{
	(void)state;
	for (unsigned int class = 1; class <= NR_SMALL_CLASSES; class ++) {
		size_t size = shim_cache(class)->object_size;
		void *p = malloc(size);
		struct pointer what = resolve(p);

		assert_int_equal(what.kind, POINTER_SMALL);
		assert_ptr_equal(what.cache, shim_cache(class));
		assert_int_equal(what.usable, size);
		assert_ptr_equal(shim_cache_of((char *)p + size - 1),
				 shim_cache(class));
		free(p);
	}
}

/* A page run and an area. Expect large ones, with their whole pages. */
static void test_large(void **state)
{
	void *run = malloc(50000), *area = malloc(5 * MIB + 1);
	struct pointer what = resolve(run);

	(void)state;
	assert_int_equal(what.kind, POINTER_LARGE);
	assert_int_equal(what.usable, 13 * PAGE_SIZE);
	assert_null(shim_cache_of(run));
	what = resolve(area);
	assert_int_equal(what.kind, POINTER_LARGE);
	assert_int_equal(what.usable, 5 * MIB + PAGE_SIZE);
	free(run);
	free(area);
}

/* Memory of others. Expect it to be foreign, whatever it is. */
static void test_foreign(void **state)
{
	void *p = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	static _Alignas(16) char object[16];
	_Alignas(16) char local[16];

	(void)state;
	assert_int_equal(resolve(p).kind, POINTER_FOREIGN);
	assert_int_equal(resolve(object).kind, POINTER_FOREIGN);
	assert_int_equal(resolve(local).kind, POINTER_FOREIGN);
	assert_int_equal(resolve((void *)16).kind, POINTER_FOREIGN);
	munmap(p, PAGE_SIZE);
}

/* ---- the end ------------------------------------------------------------- */

struct bad {
	const char *p; /* what is resolved */
	const char *phrase; /* what is said of it */
};

static void child_bad(void *arg)
{
	const struct bad *bad = arg;

	resolve(bad->p);
}

/* Say which one was let through. */
static void expect_end(const char *p, const char *phrase)
{
	struct bad bad = { p, phrase };

	if (!child_aborts(child_bad, &bad, phrase))
		fail_msg("%p was not said: %s", (const void *)p, phrase);
}

/* Addresses in objects. Expect the cache in the line, and which it is of
 * two. */
static void test_bad_small(void **state)
{
	char *p = malloc(100);

	(void)state;
	expect_end(p + 16, "is not the start of an object (malloc-112)");
	expect_end(p + 96, "is not the start of an object (malloc-112)");
	expect_end(p + 8, "is not 16-byte aligned (malloc-112)");
	free(p);
}

/* Addresses in page runs and areas. Expect the block in the line. */
static void test_bad_large(void **state)
{
	char *run = malloc(50000), *area = malloc(5 * MIB);
	char phrase[80];

	(void)state;
	snprintf(phrase, sizeof(phrase), "is inside a block (52.0 KiB at %p)",
		 (void *)run);
	expect_end(run + 16, phrase);
	expect_end(run + 12 * PAGE_SIZE, phrase);
	expect_end(run + 1, "is not 16-byte aligned\n");
	snprintf(phrase, sizeof(phrase), "is inside a block (5.0 MiB at %p)",
		 (void *)area);
	expect_end(area + 4 * MIB, phrase);
	expect_end(area + 3, "is not 16-byte aligned\n");
	free(run);
	free(area);
	snprintf(phrase, sizeof(phrase), "%p was freed already\n", (void *)run);
	expect_end(run, phrase);
	expect_end(run + PAGE_SIZE, "is not allocated memory\n");
	snprintf(phrase, sizeof(phrase), "%p was freed already\n",
		 (void *)area);
	expect_end(area, phrase);
	expect_end(area + PAGE_SIZE, "is not allocated memory\n");
}

/* Addresses of ours that were never handed out. Expect them refused, but where
 * nothing is online yet, and so the caches that the engine keeps for itself. */
static void test_bad_unused(void **state)
{
	const char *end = (const char *)arena_base +
			  (arena_nr_frames << PAGE_SHIFT);
	struct pointer what;

	(void)state;
	pointer_resolve(end + PAGE_SIZE, "test", &what);
	assert_int_equal(what.kind, POINTER_FOREIGN); /* not online yet */
	expect_end(end - PAGE_SIZE, "is not allocated memory\n");
	expect_end((const char *)arena.vmalloc_end - PAGE_SIZE,
		   "is not allocated memory\n");
	for (unsigned long pfn = 0; pfn < arena_nr_frames; pfn++) {
		const char *p = page_to_virt(pfn_to_page(pfn));

		if (pfn_online(pfn) && arena_index[pfn] && !shim_cache_of(p)) {
			expect_end(p, "is not allocated memory\n");
			return;
		}
	}
	fail_msg("the engine has no cache of its own");
}

/* Where nothing of ours is mapped, in the arena and in vmalloc space, another
 * allocator's memory. Expect it to be foreign, as all that is not ours. */
static void test_in_our_space(void **state)
{
	char *const places[] = {
		(char *)pfn_to_virt(arena_nr_frames + 4 * MAX_ORDER_NR_PAGES),
		(char *)arena.vmalloc_end - 16 * PAGE_SIZE,
	};
	struct pointer what;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(places); i++) {
		char *p = mmap(places[i], PAGE_SIZE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS |
				       MAP_FIXED_NOREPLACE,
			       -1, 0);

		assert_ptr_equal(p, places[i]);
		pointer_resolve(p + 16, "test", &what);
		assert_int_equal(what.kind, POINTER_FOREIGN);
		munmap(p, PAGE_SIZE);
	}
}

/* An odd address of ours. Expect the name of the call in the line. */
static void test_names_call(void **state)
{
	char *run = malloc(50000);
	char phrase[80];

	(void)state;
	snprintf(phrase, sizeof(phrase), "kmalloc: test(): %p is not",
		 (void *)(run + 1));
	expect_end(run + 1, phrase);
	free(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_in_our_space),
		cmocka_unit_test(test_bad_small),
		cmocka_unit_test(test_bad_large),
		cmocka_unit_test(test_bad_unused),
		cmocka_unit_test(test_names_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
