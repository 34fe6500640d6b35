// SPDX-License-Identifier: MIT
/*
 * test_area.c - large areas: place, reuse, growth, and every failure
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "sys/os.h"
#include "support/backend.h"
#include "zone/thp.h"

#define KIB (1UL << 10)
#define MIB (1UL << 20)

static struct large_area *take(size_t size)
{
	struct large_area *area = large_area_alloc(size, PAGE_SIZE);

	REQUIRE(area && large_size(area) == PAGE_ALIGN(size));
	check_space();
	return area;
}

static void give(struct large_area *area)
{
	REQUIRE(large_area_unlink((void *)area->va.va_start) == area);
	large_area_free(area);
	check_space();
}

/* Both ends of every page. */
static void fill(struct large_area *area, int value)
{
	for (uintptr_t at = area->va.va_start; at < area->va.va_end;
	     at += PAGE_SIZE) {
		*(char *)at = (char)value;
		*(char *)(at + PAGE_SIZE - 1) = (char)value;
	}
}

/* Pages [start, end) of an area hold `value` where fill() writes it. */
static int holds(const struct large_area *area, size_t start, size_t end,
		 int value)
{
	const char *p = (const char *)area->va.va_start;

	for (size_t at = start; at < end; at += PAGE_SIZE)
		if (p[at] != (char)value ||
		    p[at + PAGE_SIZE - 1] != (char)value)
			return 0;
	return 1;
}

/* Resize an area as its user does. */
static int resize(struct large_area *area, size_t size)
{
	int ret;

	REQUIRE(large_area_unlink((void *)area->va.va_start) == area);
	ret = large_area_resize(area, size);
	large_area_link(area);
	check_space();
	return ret;
}

/* Areas one after the other. Expect the lowest places, whole pages, zeroes,
 * and counters that agree. */
static void child_alloc(void *arg)
{
	uintptr_t at = (start_vmap(""), arena.vmalloc_start);
	struct large_area_stat stat;
	size_t sum = 0;

	(void)arg;
	for (size_t size = 1; size < 3 * MIB; size = size * 3 + 100) {
		struct large_area *area = take(size);

		REQUIRE(area->va.va_start == at &&
			area->va.flags == LARGE_AREA_ZERO);
		REQUIRE(holds(area, 0, large_size(area), 0));
		fill(area, 1);
		at = area->va.va_end;
		sum += large_size(area);
	}
	large_area_stat(&stat);
	REQUIRE(stat.busy == sum && stat.lazy == 0);
	REQUIRE(stat.areas == stat.areas_ever);
}

/* Alignments up to 4 MiB. Expect them, and the rest of the space kept. */
static void child_align(void *arg)
{
	(void)arg;
	REQUIRE(!start_vmap(""));
	take(PAGE_SIZE);
	for (size_t align = PAGE_SIZE; align <= 4 * MIB; align *= 4) {
		struct large_area *area = large_area_alloc(5 * PAGE_SIZE,
							   align);

		REQUIRE(area && area->va.va_start % align == 0);
		REQUIRE(!(area->va.flags & LARGE_AREA_DIRECT));
		check_space();
	}
	REQUIRE(large_area_alloc(PAGE_SIZE, 1)->va.va_start % PAGE_SIZE == 0);
}

/* Sizes and alignments that no address space holds. Expect NULL. */
static void child_absurd(void *arg)
{
	static const size_t sizes[] = { SIZE_MAX, SIZE_MAX - PAGE_SIZE,
					PTRDIFF_MAX, 1UL << 60 };
	long out;

	(void)arg;
	REQUIRE(!start_vmap(""));
	out = backend_out;
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		REQUIRE(!large_area_alloc(sizes[i], PAGE_SIZE));
		REQUIRE(!large_area_alloc(PAGE_SIZE, 1UL << 62));
		REQUIRE(!large_area_alloc(sizes[i], 1UL << 62));
	}
	REQUIRE(!large_area_alloc(PAGE_SIZE, 1UL << 63));
	REQUIRE(backend_out == out);
	check_space();
}

/* An area looked up by its start, its inside, its end. Expect it by the first
 * two; to be unlinked by its start only. */
static void child_find(void *arg)
{
	struct large_area *area, copy;
	char *p;

	(void)arg;
	REQUIRE(!start_vmap(""));
	area = take(3 * PAGE_SIZE);
	p = (char *)area->va.va_start;
	REQUIRE(!large_area_find(p, &copy));
	REQUIRE(!large_area_find(p + 2 * PAGE_SIZE + 17, &copy));
	REQUIRE(copy.va.va_start == area->va.va_start);
	REQUIRE(large_area_find(p + 3 * PAGE_SIZE, &copy) == -ENOENT);
	REQUIRE(large_area_find(p - 1, &copy) == -ENOENT);
	REQUIRE(!large_area_unlink(p + PAGE_SIZE) && !large_area_unlink(p + 1));
	REQUIRE(large_area_unlink(p) == area);
	REQUIRE(large_area_find(p, &copy) == -ENOENT);
	REQUIRE(!large_area_unlink(p));
	large_area_link(area);
	give(area);
}

/* Two neighbours freed, then one area of their size. Expect it to be cut from
 * what is lazy, not said to be zero, with no call of the OS. */
static void child_reuse(void *arg)
{
	struct large_area *a, *b, *c;
	unsigned long calls;
	uintptr_t start;

	(void)arg;
	REQUIRE(!start_vmap(""));
	a = take(64 * KIB);
	b = take(64 * KIB);
	start = a->va.va_start;
	take(PAGE_SIZE);
	fill(a, 7);
	give(a);
	give(b);
	REQUIRE(vm_space.lazy_bytes == 128 * KIB);
	calls = os_mem_calls;
	c = take(128 * KIB);
	REQUIRE(c->va.va_start == start && c->va.flags == 0);
	REQUIRE(os_mem_calls == calls && vm_space.lazy_bytes == 0);
	fill(c, 1);
}

/* A lazy range that is too small, with free space behind it, then before it.
 * Expect the area to be made of both, with one call of the OS. */
static void child_joined(void *arg)
{
	struct large_area *a, *b, *c;
	uintptr_t start;
	unsigned long calls;

	(void)arg;
	REQUIRE(!start_vmap(""));
	a = take(128 * KIB);
	start = a->va.va_start;
	fill(a, 9);
	give(a);
	calls = os_mem_calls;
	a = take(256 * KIB);
	REQUIRE(os_mem_calls == calls + 1);
	REQUIRE(a->va.va_start == start && a->va.flags == LARGE_AREA_JOINED);
	REQUIRE(holds(a, 0, 128 * KIB, 9) && holds(a, 128 * KIB, 256 * KIB, 0));
	b = take(128 * KIB);
	start = b->va.va_start;
	take(PAGE_SIZE);
	fill(b, 7);
	give(a);
	large_purge(PURGE_ALL);
	give(b);
	c = take(300 * KIB);
	REQUIRE(c->va.va_end == start + 128 * KIB &&
		c->va.flags == LARGE_AREA_JOINED);
	REQUIRE(holds(c, 172 * KIB, 300 * KIB, 7));
	fill(c, 1);
}

/* More freed than may stay, and an area shortened by as much. Expect what is
 * too much to go to the OS at once, by the same call. */
static void child_lazy_max(void *arg)
{
	struct large_area *areas[5];

	(void)arg;
	REQUIRE(!start_vmap("vmap.lazy_max=256K page_reporting.dirty_bytes=0 "
			    "page_reporting.dirty_ratio=0"));
	for (int i = 0; i < 5; i++)
		areas[i] = take(64 * KIB);
	for (int i = 0; i < 4; i++) {
		give(areas[i]);
		REQUIRE(vm_space.lazy_bytes == (size_t)(i + 1) * 64 * KIB);
	}
	give(areas[4]);
	REQUIRE(vm_space.lazy_bytes == 256 * KIB);
}

static void child_lazy_end(void *arg)
{
	struct large_area *area;

	(void)arg;
	REQUIRE(!start_vmap("vmap.lazy_max=256K page_reporting.dirty_bytes=0 "
			    "page_reporting.dirty_ratio=0"));
	area = take(1024 * KIB);
	REQUIRE(!resize(area, 256 * KIB));
	REQUIRE(vm_space.lazy_bytes >= 256 * KIB);
	REQUIRE(vm_space.lazy_bytes <= 320 * KIB);
}

/* Growth with free space behind. Expect the same place and zeroes behind the
 * old bytes; with a lazy range behind, the same place. */
static void child_grow_in_place(void *arg)
{
	struct large_area *a, *b;
	uintptr_t start;

	(void)arg;
	REQUIRE(!start_vmap(""));
	a = take(64 * KIB);
	start = a->va.va_start;
	fill(a, 3);
	REQUIRE(!resize(a, 256 * KIB));
	REQUIRE(a->va.va_start == start && large_size(a) == 256 * KIB);
	REQUIRE(holds(a, 0, 64 * KIB, 3) && holds(a, 64 * KIB, 256 * KIB, 0));
	b = take(64 * KIB);
	give(b);
	REQUIRE(!resize(a, 300 * KIB));
	REQUIRE(a->va.va_start == start);
	REQUIRE(vm_space.lazy_bytes == 20 * KIB);
	fill(a, 4);
	REQUIRE(!resize(a, 300 * KIB)); /* the same size */
	REQUIRE(resize(a, SIZE_MAX) == -ENOMEM);
	REQUIRE(holds(a, 0, 300 * KIB, 4));
}

/* Growth with an area behind. Expect another place with the same bytes, and
 * the old place to be free again. */
static void child_grow_by_moving(void *arg)
{
	struct large_area *a;
	uintptr_t start;

	(void)arg;
	REQUIRE(!start_vmap(""));
	a = take(64 * KIB);
	start = a->va.va_start;
	take(PAGE_SIZE);
	fill(a, 6);
	REQUIRE(!resize(a, MIB));
	REQUIRE(a->va.va_start != start && large_size(a) == MIB);
	REQUIRE(holds(a, 0, 64 * KIB, 6) && holds(a, 64 * KIB, MIB, 0));
	REQUIRE(take(64 * KIB)->va.va_start == start);
	REQUIRE(!resize(a, 3 * MIB)); /* in place: it stays one mapping */
	REQUIRE(os_one_mapping((void *)a->va.va_start, 3 * MIB));
	REQUIRE(holds(a, 0, 64 * KIB, 6) && holds(a, 64 * KIB, 3 * MIB, 0));
}

/* An area made smaller. Expect its head kept and its tail lazy. */
static void child_shrink(void *arg)
{
	struct large_area *a;

	(void)arg;
	REQUIRE(!start_vmap(""));
	a = take(MIB);
	fill(a, 8);
	REQUIRE(!resize(a, 100 * KIB));
	REQUIRE(large_size(a) == 100 * KIB && holds(a, 0, 100 * KIB, 8));
	REQUIRE(vm_space.lazy_bytes == MIB - 100 * KIB);
	give(a);
	REQUIRE(vm_space.lazy_bytes == MIB);
}

/* More than vmalloc space holds. Expect mappings of their own, that grow,
 * shrink, are aligned and go away like the others. */
static void child_direct(void *arg)
{
	struct large_area *a;
	struct large_area_stat stat;

	(void)arg;
	REQUIRE(!start_vmap(""));
	a = take(80 * MIB);
	REQUIRE(a->va.flags == (LARGE_AREA_DIRECT | LARGE_AREA_ZERO));
	*(char *)(a->va.va_start + 4096) = 5;
	REQUIRE(!resize(a, 100 * MIB));
	REQUIRE(*(char *)(a->va.va_start + 4096) == 5);
	*(char *)(a->va.va_end - 1) = 1;
	REQUIRE(!resize(a, 8 * KIB));
	REQUIRE(*(char *)(a->va.va_start + 4096) == 5);
	REQUIRE(resize(a, 1UL << 60) == -ENOMEM);
	REQUIRE(large_size(a) == 8 * KIB);
	give(a);
	a = large_area_alloc(80 * MIB, 2 * MIB);
	REQUIRE(a && a->va.va_start % (2 * MIB) == 0);
	*(char *)a->va.va_start = 1;
	*(char *)(a->va.va_end - 1) = 1;
	give(a);
	large_area_stat(&stat);
	REQUIRE(!stat.areas && !stat.busy && !stat.lazy);
}

/* A foreign mapping of a page in vmalloc space. Expect areas behind it, growth
 * into it to move the area, that page left alone, and its place to be used when
 * nothing else is left. */
static void child_hole(void *arg)
{
	struct large_area *a, *b, *areas[64];
	unsigned int inside = 0;
	uintptr_t start;
	char *p;

	(void)arg;
	REQUIRE(!start_vmap(""));
	start = arena.vmalloc_start;
	a = take(MIB);
	fill(a, 4);
	p = mmap((void *)(start + MIB + MIB / 2), PAGE_SIZE,
		 PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	REQUIRE((uintptr_t)p == start + MIB + MIB / 2);
	*p = 0x55;
	REQUIRE(!resize(a, 2 * MIB)); /* a hole is found */
	REQUIRE(a->va.va_start >= start + 2 * MIB && holds(a, 0, MIB, 4));
	b = take(MIB);
	REQUIRE(b->va.va_start == start && vm_space.holes.node && *p == 0x55);
	give(a);
	give(b);
	large_purge(PURGE_ALL);
	REQUIRE(!munmap(p, PAGE_SIZE));
	for (unsigned int i = 0; i < ARRAY_SIZE(areas); i++) {
		areas[i] = take(MIB);
		inside += !(areas[i]->va.flags & LARGE_AREA_DIRECT);
	}
	REQUIRE(inside == 64 && !vm_space.holes.node);
}

/* The space filled to its end. Expect areas in it that lie side by side, then
 * mappings outside, and after freeing, room for the largest again. */
static void child_full(void *arg)
{
	struct large_area *areas[80], *area;
	size_t inside = 0;

	(void)arg;
	REQUIRE(!start_vmap(""));
	for (unsigned int i = 0; i < ARRAY_SIZE(areas); i++) {
		areas[i] = take(MIB);
		inside += areas[i]->va.flags & LARGE_AREA_DIRECT ? 0 : MIB;
	}
	REQUIRE(inside == 64 * MIB && !vm_space.free.node);
	for (unsigned int i = 0; i < ARRAY_SIZE(areas); i++)
		give(areas[(i * 37) % 80]);
	large_purge(PURGE_ALL);
	area = take(64 * MIB);
	REQUIRE(!(area->va.flags & LARGE_AREA_DIRECT));
}

/*
 * A script of all operations in which the n-th call of the OS, or the n-th
 * object, cannot be had. Whatever fails leaves the area as it was.
 */
static void script(void)
{
	struct large_area *areas[6] = { NULL };
	static const size_t sizes[] = { MIB,	   64 * KIB, 40 * MIB,
					200 * KIB, 3 * MIB,  4 * KIB };
	static const size_t next[] = { 2 * MIB,	  MIB,	   44 * MIB,
				       100 * KIB, 4 * MIB, 8 * KIB };

	for (int i = 0; i < 6; i++) {
		areas[i] = large_area_alloc(sizes[i], PAGE_SIZE);
		space_check();
		if (areas[i])
			fill(areas[i], i + 1);
	}
	for (int i = 0; i < 6; i++) {
		struct large_area *area = areas[i];
		size_t before = area ? large_size(area) : 0;
		uintptr_t start = area ? area->va.va_start : 0;

		if (!area)
			continue;
		REQUIRE(large_area_unlink((void *)area->va.va_start) == area);
		if (large_area_resize(area, next[i]))
			REQUIRE(area->va.va_start == start &&
				large_size(area) == before);
		else
			REQUIRE(large_size(area) == next[i]);
		large_area_link(area);
		REQUIRE(holds(area, 0, min(before, large_size(area)), i + 1));
		space_check();
	}
	for (int i = 0; i < 6; i++) {
		if (!areas[i])
			continue;
		REQUIRE(large_area_unlink((void *)areas[i]->va.va_start));
		large_area_free(areas[i]);
		space_check();
	}
	large_purge(PURGE_ALL);
	space_check();
}

static void fail_call(void *arg)
{
	long out;

	REQUIRE(!start_vmap("arena=32M"));
	out = backend_out;
	os_fail_calls((unsigned long)arg, 1);
	script();
	os_fail_calls(0, 0);
	large_purge(PURGE_ALL);
	REQUIRE(!vm_space.areas && !vm_space.lazy_bytes);
	REQUIRE(backend_out - out <= 1); /* free space in two at the most */
	script();
}

static void fail_object(void *arg)
{
	long n = (long)arg;

	backend_left = n;
	if (start_vmap("arena=32M")) {
		REQUIRE(n < 2);
		return;
	}
	script();
	backend_left = -1;
	large_purge(PURGE_ALL);
	REQUIRE(!vm_space.areas && !vm_space.lazy_bytes);
	script();
	check_space();
}

static void fail_every(void (*fn)(void *), long from, long to)
{
	for (long n = from; n < to; n++) {
		struct child_end end;

		child_run(fn, (void *)n, &end);
		if (end.status)
			fail_msg("n=%ld status %#x: %s", n, end.status,
				 end.err);
	}
}

/* Every call of the OS in a script of all operations fails in turn. Expect
 * NULL or -ENOMEM with the area as it was, and VMAP1 to VMAP4 at each step. */
static void test_every_call(void **state)
{
	(void)state;
	fail_every(fail_call, 1, 30);
}

/* Objects run out after n, in start and script. Expect the same. */
static void test_every_object(void **state)
{
	(void)state;
	fail_every(fail_object, 0, 30);
}

/* ---- marks for huge pages ------------------------------------------------ */

/* A vmap whose system gives huge pages to who asks, as a file made up says. */
static void start_marks(const char *cmdline)
{
	char folder[] = "/tmp/areaXXXXXX", file[64];
	struct large_area *area;
	FILE *f;

	REQUIRE(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/enabled", folder);
	f = fopen(file, "w");
	REQUIRE(f && fputs("always [madvise] never\n", f) >= 0);
	fclose(f);
	REQUIRE(!start_vmap(cmdline));
	thp_look_at(folder, "/nonexistent");
	area = take(32 * MIB);
	large_area_mark(area); /* the file is read now */
	give(area);
	large_purge(PURGE_ALL);
	unlink(file);
	rmdir(folder);
}

static unsigned long calls_of_mark(const struct large_area *area)
{
	unsigned long calls = os_mem_calls;

	large_area_mark(area);
	return os_mem_calls - calls;
}

/* Areas of all kinds, beside one that makes the heap large. Expect a call where
 * a part has no memory yet, and for what a resize adds. */
static void child_marks(void *arg)
{
	struct large_area *base, *area, *behind;
	unsigned long calls;

	(void)arg;
	start_marks("thp=auto page_reporting.limit=0 vmap.lazy_max=1G");
	base = take(16 * MIB);
	REQUIRE(calls_of_mark(base) == 0); /* a small heap */
	area = take(8 * MIB + PAGE_SIZE);
	REQUIRE(calls_of_mark(area) == 1);
	give(area);
	area = take(8 * MIB + PAGE_SIZE); /* lazy */
	REQUIRE(calls_of_mark(area) == 0);
	give(area);
	area = take(12 * MIB); /* joined */
	REQUIRE(calls_of_mark(area) == 1);
	calls = os_mem_calls;
	REQUIRE(!resize(area, 13 * MIB)); /* mapped and marked */
	REQUIRE(os_mem_calls == calls + 2);
	REQUIRE(os_one_mapping((void *)area->va.va_start, 13 * MIB));
	behind = take(PAGE_SIZE);
	calls = os_mem_calls;
	REQUIRE(!resize(area, 16 * MIB)); /* moved and marked */
	REQUIRE(os_mem_calls == calls + 3);
	give(behind);
}

/* An area from before the heap was large grows where it is. Expect one mapping,
 * marked or not. */
static void child_marks_all(void *arg)
{
	struct large_area *area;

	(void)arg;
	start_marks("thp=auto page_reporting.limit=0 vmap.lazy_max=1G");
	area = take(16 * MIB);
	REQUIRE(calls_of_mark(area) == 0);
	REQUIRE(!resize(area, 40 * MIB));
	REQUIRE(os_one_mapping((void *)area->va.va_start, 40 * MIB));
}

/* thp=never. Expect no call. */
static void child_no_marks(void *arg)
{
	(void)arg;
	start_marks("page_reporting.limit=0 thp=never");
	REQUIRE(calls_of_mark(take(64 * MIB)) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_marks),
		child_test(child_marks_all),
		child_test(child_no_marks),
		child_test(child_alloc),
		child_test(child_align),
		child_test(child_absurd),
		child_test(child_find),
		child_test(child_reuse),
		child_test(child_joined),
		child_test(child_lazy_max),
		child_test(child_lazy_end),
		child_test(child_grow_in_place),
		child_test(child_grow_by_moving),
		child_test(child_shrink),
		child_test(child_direct),
		child_test(child_hole),
		child_test(child_full),
		cmocka_unit_test(test_every_call),
		cmocka_unit_test(test_every_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
