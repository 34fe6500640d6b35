// SPDX-License-Identifier: MIT
/*
 * test_boot.c - caches in static storage, and the memory that they begin with
 *
 * The states of a start are unit.slab.boot.
 */
#include <errno.h>

#include "diag/fault.h"
#include "diag/param.h"
#include "fake.h"
#include "kmem/boot.h"
#include "kmem/cache.h"
#include "kmem/internal.h"
#include "request/request.h"

#define NO_PAGES                                                \
	"fail_page_alloc=1,100,0,-1 fail_page_alloc.verbose=0 " \
	"fail_page_alloc.min-order=0 fail_page_alloc.ignore-gfp-wait=0"
#define PAGES "fail_page_alloc.probability=0"

static bool is_zero(const char *p, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (p[i])
			return false;
	return true;
}

/* Leaves pages with old bytes for whichever request comes next. */
static void dirty_pages(void)
{
	struct page *runs[64];

	for (unsigned int i = 0; i < ARRAY_SIZE(runs); i++) {
		runs[i] = alloc_page_run(GFP_KERNEL, 4);
		REQUIRE(runs[i]);
		memset(page_to_virt(runs[i]), 0xee, 4 * PAGE_SIZE);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(runs); i++)
		free_page_run(runs[i], 4);
}

/* Pieces of several sizes, more than a page too. Expect zeroed memory, aligned
 * to cache lines, none over another. */
static void child_memory(void *arg)
{
	static const size_t sizes[] = { 1,    CACHELINE, CACHELINE + 1,
					5000, 100000,	 64 };
	char *p[ARRAY_SIZE(sizes)];

	(void)arg;
	dirty_pages();
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		p[i] = kmem_boot_alloc(sizes[i]);
		REQUIRE(p[i] && (uintptr_t)p[i] % CACHELINE == 0);
		REQUIRE(is_zero(p[i], sizes[i]));
		memset(p[i], (int)i + 1, sizes[i]);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++)
		REQUIRE(p[i][0] == (char)(i + 1) &&
			p[i][sizes[i] - 1] == (char)(i + 1));
}

/* No pages. Expect what is left of the last ones, then NULL, and memory again
 * when there is some. */
static void child_short(void *arg)
{
	(void)arg;
	REQUIRE(kmem_boot_alloc(CACHELINE));
	parse_args(NO_PAGES);
	while (kmem_boot_alloc(CACHELINE))
		;
	REQUIRE(!kmem_boot_alloc(1));
	parse_args(PAGES);
	REQUIRE(kmem_boot_alloc(1));
}

/* A cache in static storage, set up twice. Expect it to serve with what was
 * asked for, and the second call to change nothing. */
static void child_cache(void *arg)
{
	static const struct kmem_cache_boot boot = { .align = 64,
						     .class = 7,
						     .usersize = 24 };
	static struct kmem_cache s;
	unsigned int before = nr_caches();
	void *obj;

	(void)arg;
	REQUIRE(!kmem_cache_init(&s, "static", 100, &boot));
	REQUIRE(nr_caches() == before + 1);
	REQUIRE(s.object_size == 100 && s.align == 64 && s.usersize == 24);
	REQUIRE(s.class == 7 && kmem_classes[7] == &s);
	obj = kmem_cache_alloc(&s, GFP_KERNEL);
	REQUIRE(obj && (uintptr_t)obj % 64 == 0);
	REQUIRE(!kmem_cache_init(&s, "again", 200, &boot));
	REQUIRE(nr_caches() == before + 1);
	REQUIRE(s.object_size == 100 && !strcmp(s.name, "static"));
	kmem_cache_free(&s, obj);
}

/* The n-th request for pages of the set-up fails, for each n. Expect -ENOMEM,
 * no cache on the list, and the next call to succeed. */
static void child_cache_short(void *arg)
{
	static const struct kmem_cache_boot boot = { .class = 9 };
	unsigned int before = nr_caches(), failed = 0;

	(void)arg;
	parse_args(NO_PAGES);
	parse_args(PAGES);
	for (unsigned int n = 1; n < 20; n++) {
		static struct kmem_cache caches[20];
		struct kmem_cache *s = &caches[n];
		int ret;

		kmem_boot_alloc(5 * PAGE_SIZE); /* none is left over */
		fault_set_nth(n);
		ret = kmem_cache_init(s, "short", 100, &boot);
		fault_set_nth(0);
		if (!ret)
			break;
		failed++;
		REQUIRE(ret == -ENOMEM);
		REQUIRE(nr_caches() == before);
		REQUIRE(!kmem_cache_init(s, "short", 100, &boot));
		REQUIRE(nr_caches() == before + 1);
		list_del(&s->list);
		kmem_classes[9] = NULL;
	}
	REQUIRE(failed >= 1);
}

/* The backend refuses the cache. Expect its error. */
static void child_refused(void *arg)
{
	static const struct kmem_cache_boot boot = { .class = 9 };
	static struct kmem_cache s;

	(void)arg;
	fake.setup_result = -EINVAL;
	REQUIRE(kmem_cache_init(&s, "refused", 100, &boot) == -EINVAL);
	fake.setup_result = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_memory),  child_test(child_short),
		child_test(child_cache),   child_test(child_cache_short),
		child_test(child_refused),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
