// SPDX-License-Identifier: MIT
/*
 * test_area_model.c - large areas at random against a list of what is live
 *
 * Every page of an area carries a stamp; resizing must keep it, and no other
 * area may touch it. vmalloc space is 64 MiB, so it is full now and then and
 * areas become mappings of their own.
 */
#include "init.h"
#include "diag/param.h"
#include "core/tick.h"
#include "support/child.h"
#include "vmap/large/large.h"

#define OPERATIONS (KM_CHECK || KM_SANITIZE_THREAD ? 4000 : 15000)
#define MAX_LIVE 60
#define MAX_PAGES 1200

struct live {
	uintptr_t start;
	size_t size;
	u64 stamp;
};

static struct live live[MAX_LIVE];
static unsigned long nr_live, ever, direct, moved, in_place;
static size_t bytes;
static u64 seed;

static int no_more(void)
{
	return 0;
}

static void stamp_pages(struct live *a, size_t from)
{
	for (size_t at = from; at < a->size; at += PAGE_SIZE)
		*(u64 *)(a->start + at) = a->stamp + at;
}

static void check_pages(const struct live *a, size_t size)
{
	for (size_t at = 0; at < size; at += PAGE_SIZE)
		REQUIRE(*(u64 *)(a->start + at) == a->stamp + at);
}

/* No two live areas share a byte. */
static void check_apart(const struct live *a)
{
	for (unsigned long i = 0; i < nr_live; i++)
		REQUIRE(&live[i] == a ||
			live[i].start + live[i].size <= a->start ||
			a->start + a->size <= live[i].start);
}

static size_t random_size(void)
{
	size_t pages = test_below(&seed, test_below(&seed, MAX_PAGES) + 1) + 1;

	return (pages << PAGE_SHIFT) - test_below(&seed, PAGE_SIZE);
}

static void op_alloc(void)
{
	struct live *a = &live[nr_live];
	size_t size = random_size(), align = PAGE_SIZE;
	struct large_area *area;

	if (nr_live == MAX_LIVE)
		return;
	if (test_below(&seed, 5) == 0)
		align <<= test_below(&seed, 11);
	area = large_area_alloc(size, align);
	REQUIRE(area);
	REQUIRE(large_size(area) == PAGE_ALIGN(size) &&
		!(area->va.va_start % align));
	*a = (struct live){ area->va.va_start, large_size(area),
			    test_rand(&seed) };
	direct += area->va.flags & LARGE_AREA_DIRECT;
	for (size_t at = 0; (area->va.flags & LARGE_AREA_ZERO) && at < a->size;
	     at += 512)
		REQUIRE(!*(u64 *)(a->start + at));
	check_apart(a);
	stamp_pages(a, 0);
	nr_live++;
	ever++;
	bytes += a->size;
}

static void op_free(void)
{
	struct large_area *area;
	struct live *a;

	if (!nr_live)
		return;
	a = &live[test_below(&seed, nr_live)];
	check_pages(a, a->size);
	area = large_area_unlink((void *)a->start);
	REQUIRE(area && area->va.va_start == a->start &&
		large_size(area) == a->size);
	REQUIRE(!large_area_unlink((void *)a->start));
	large_area_free(area);
	bytes -= a->size;
	*a = live[--nr_live];
}

static void op_resize(void)
{
	size_t size = random_size(), kept;
	struct large_area *area;
	struct live *a;

	if (!nr_live)
		return;
	a = &live[test_below(&seed, nr_live)];
	area = large_area_unlink((void *)a->start);
	REQUIRE(area);
	kept = a->size;
	if (!large_area_resize(area, size)) {
		REQUIRE(large_size(area) == PAGE_ALIGN(size));
		kept = min(kept, large_size(area));
		moved += area->va.va_start != a->start;
		in_place += area->va.va_start == a->start &&
			    large_size(area) > a->size;
	} else {
		REQUIRE(area->va.va_start == a->start &&
			large_size(area) == a->size);
	}
	large_area_link(area);
	bytes += large_size(area) - a->size;
	a->start = area->va.va_start;
	a->size = large_size(area);
	check_pages(a, kept);
	check_apart(a);
	stamp_pages(a, kept);
}

static void op_find(void)
{
	struct large_area copy;
	struct live *a;

	if (!nr_live)
		return;
	a = &live[test_below(&seed, nr_live)];
	REQUIRE(!large_area_find((char *)a->start + test_below(&seed, a->size),
				 &copy));
	REQUIRE(copy.va.va_start == a->start && large_size(&copy) == a->size);
	if (a->size > PAGE_SIZE)
		REQUIRE(!large_area_unlink((char *)a->start + PAGE_SIZE));
}

static void check(void)
{
	struct large_area_stat stat;

	space_check();
	large_area_stat(&stat);
	REQUIRE(stat.areas == nr_live && stat.busy == bytes);
	REQUIRE(stat.areas_ever == ever);
}

static void one_operation(unsigned long i)
{
	unsigned long dice = test_below(&seed, 100);

	if (dice < 1)
		large_purge(PURGE_ALL);
	else if (dice < 3)
		tick_run(i);
	else if (dice < 25)
		op_resize();
	else if (dice < 35)
		op_find();
	else if (dice < (i / 1000 % 2 ? 60 : 75))
		op_alloc();
	else
		op_free();
}

/* Operations on areas in 64 MiB of vmalloc space. Expect every page to keep
 * its stamp, counters that agree, space_check() at each step; growth both in
 * place and by moving, and mappings outside when the space is full. */
static void child_model(void *arg)
{
	struct large_area_stat stat;

	(void)arg;
	seed = 0x853c49e6748fea9b;
	parse_args("arena=64M vmap.lazy_max=16M");
	REQUIRE(!km_boot(&(struct km_start){ 256, 0, no_more, NULL }));
	for (unsigned long i = 0; i < OPERATIONS; i++) {
		one_operation(i);
		check();
	}
	REQUIRE(moved > 10 && in_place > 10 && direct > 10);
	while (nr_live)
		op_free();
	large_purge(PURGE_ALL);
	check();
	large_area_stat(&stat);
	REQUIRE(!stat.lazy && !stat.busy);
	km_check_all();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
