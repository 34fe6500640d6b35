// SPDX-License-Identifier: MIT
/*
 * test_boot.c - caches in static storage, and the memory that they begin with
 *
 * The states of a start are unit.slab.boot.
 */
#include <errno.h>

#include "diag/param.h"
#include "fake.h"
#include "kmem/boot.h"
#include "kmem/cache.h"
#include "kmem/internal.h"
#include "kmem/region.h"
#include "sys/os.h"

static bool is_zero(const char *p, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (p[i])
			return false;
	return true;
}

/* Leaves memory with old bytes for whichever request comes next. */
static void leave_old_bytes(void)
{
	void *p[10];

	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++) {
		p[i] = region_alloc(4 * PAGE_SIZE);
		REQUIRE(p[i]);
		memset(p[i], 0xee, 4 * PAGE_SIZE);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		region_free(p[i], 4 * PAGE_SIZE);
}

/* Pieces of several sizes, more than a page too. Expect zeroed memory, aligned
 * to cache lines, none over another. */
static void child_memory(void *arg)
{
	static const size_t sizes[] = { 1,    CACHELINE, CACHELINE + 1,
					5000, 100000,	 64 };
	char *p[ARRAY_SIZE(sizes)];

	(void)arg;
	leave_old_bytes();
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

/* No memory. Expect what is left of the last ones, then NULL, and memory again
 * when there is some. */
static void child_short(void *arg)
{
	(void)arg;
	REQUIRE(kmem_boot_alloc(CACHELINE));
	os_fail_calls(1, ~0UL);
	while (kmem_boot_alloc(CACHELINE))
		;
	REQUIRE(!kmem_boot_alloc(1));
	os_fail_calls(0, 0);
	REQUIRE(!kmem_boot_alloc(1)); /* growth is not tried each time */
	region_retry();
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

/* A static cache with marks. Expect another frame index, and its own slot. */
static void child_marked(void *arg)
{
	static const struct kmem_cache_boot boot = { .align = 1024,
						     .class = 7,
						     .marked = 1 };
	static struct kmem_cache s;

	(void)arg;
	REQUIRE(!kmem_cache_init(&s, "marked", 1024, &boot));
	REQUIRE(s.marked && s.slot == 7 && s.class == 7 + MARKED_INDEX);
	REQUIRE(kmem_classes[7 + MARKED_INDEX] == &s);
}

/* A class with bounds on its sheaves and barns. Expect both capacities, and as
 * many sheaves in a barn as the bytes allow, one at least. */
static void child_bounds(void *arg)
{
	static const struct kmem_cache_boot boot[] = {
		{ .class = 10, .sheaf_most = 3, .barn_bytes = 5 * 3 * 5000 },
		{ .class = 11, .sheaf_most = 200, .barn_bytes = 4999 },
		{ .class = 12, .barn_bytes = 1U << 30 },
		{ .class = 13 },
		{ .sheaf_most = 3, .barn_bytes = 1 },
	};
	static const struct {
		u32 capacity, alone, sheaves;
	} golden[] = {
		{ 3, 4, 5 },
		{ 4, 4, 1 },
		{ 4, 0, BARN_MAX_FULL },
		{ 4, 0, BARN_MAX_FULL },
		{ 0, 0, BARN_MAX_FULL }, /* no class: no sheaves */
	};
	static struct kmem_cache s[ARRAY_SIZE(boot)];

	(void)arg;
	for (unsigned int i = 0; i < ARRAY_SIZE(boot); i++) {
		REQUIRE(!kmem_cache_init(&s[i], "bound", 5000, &boot[i]));
		REQUIRE(s[i].sheaf_capacity == golden[i].capacity);
		REQUIRE(s[i].sheaf_alone == golden[i].alone);
		REQUIRE(s[i].barn_most == golden[i].sheaves);
	}
}

/* Memory calls fail from the n-th of the set-up on, for each n. Expect -ENOMEM,
 * no cache on the list, and the next call to succeed. */
static void child_cache_short(void *arg)
{
	static const struct kmem_cache_boot boot = { .class = 9 };
	unsigned int before = nr_caches(), failed = 0;

	(void)arg;
	for (unsigned int n = 1; n < 20; n++) {
		static struct kmem_cache caches[20];
		struct kmem_cache *s = &caches[n];
		int ret;

		kmem_boot_alloc(5 * PAGE_SIZE); /* none is left over */
		while (region_alloc(1)) /* nor a unit */
			os_fail_calls(1, ~0UL);
		os_fail_calls(n, ~0UL);
		ret = kmem_cache_init(s, "short", 100, &boot);
		os_fail_calls(0, 0);
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

/* Memory for the parts of a cache, and then none for its random order; or a
 * backend that refuses it. Expect each part to be free again, and zero. */
static void child_undone(void *arg)
{
	static const struct kmem_cache_boot boot = { .class = 9 };
	static struct kmem_cache s;
	char *before = kmem_boot_alloc(4 * PAGE_SIZE - CACHELINE), *after;

	(void)arg;
	before = kmem_boot_alloc(CACHELINE); /* the last of a step */
	before = kmem_boot_alloc(CACHELINE); /* the first of another */
	parse_args("slab_freelist_random");
	fake.slab_objects = 100;
	while (region_alloc(1))
		os_fail_calls(1, ~0UL);
	REQUIRE(kmem_cache_init(&s, "short", 100, &boot) == -ENOMEM);
	os_fail_calls(0, 0);
	fake.setup_result = -EINVAL;
	REQUIRE(kmem_cache_init(&s, "refused", 100, &boot) == -EINVAL);
	fake.setup_result = 0;
	fake.slab_objects = 0;
	after = kmem_boot_alloc(PAGE_SIZE);
	REQUIRE(after == before + CACHELINE && is_zero(after, PAGE_SIZE));
	region_retry();
	REQUIRE(!kmem_cache_init(&s, "static", 100, &boot));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_memory),  child_test(child_short),
		child_test(child_cache),   child_test(child_cache_short),
		child_test(child_refused), child_test(child_undone),
		child_test(child_marked),  child_test(child_bounds),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
