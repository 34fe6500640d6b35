// SPDX-License-Identifier: MIT
/*
 * test_chunk.c - which chunk serves, which pages are there, what goes back
 */
#include <sys/mman.h>

#include "support/percpu.h"

static void *take(size_t size, size_t align)
{
	void *p = __alloc_percpu(size, align);

	REQUIRE(p);
	check_percpu();
	return p;
}

static void give(void *p)
{
	free_percpu(p);
	check_percpu();
}

static void tick(void)
{
	tick_run(tick_last_ms + 1);
	check_percpu();
}

/* Sizes on both sides of each border. Expect a slot for each power of two, the
 * first for all below 16 and the last for a whole unit alone. */
static void test_slots(void **state)
{
	(void)state;
	assert_int_equal(pcpu_size_to_slot(4), 1);
	assert_int_equal(pcpu_size_to_slot(12), 1);
	for (unsigned int i = 0; i < 11; i++) {
		assert_int_equal(pcpu_size_to_slot(16U << i), 2 + i);
		assert_int_equal(pcpu_size_to_slot((32U << i) - 4), 2 + i);
	}
	assert_int_equal(pcpu_size_to_slot(32764), 12);
	assert_int_equal(pcpu_size_to_slot(32768), PCPU_FREE_SLOT);
}

/* Chunks with holes of 16 bytes, 200 bytes and 8 KiB. Expect a request to go to
 * the fullest that it fits in, and one that fits in none to a new chunk. */
static void child_fullest(void *arg)
{
	static const size_t holes[] = { 8192, 16, 200 };
	struct pcpu_chunk *chunks[3];
	void *p;

	(void)arg;
	start_percpu("");
	for (int i = 0; i < 3; i++) {
		p = take(PCPU_MIN_UNIT_SIZE - holes[i], 4);
		chunks[i] = chunk_of(p);
	}
	p = take(300, 4);
	REQUIRE(chunk_of(p) == chunks[0]);
	p = take(12, 4);
	REQUIRE(chunk_of(p) == chunks[1]);
	p = take(12, 4);
	REQUIRE(chunk_of(p) == chunks[2] && chunks[1]->slot == 1);
	p = take(4, 4);
	REQUIRE(chunk_of(p) == chunks[1] && chunks[1]->slot == 0);
	p = take(8000, 4);
	for (int i = 0; i < 3; i++)
		REQUIRE(chunk_of(p) != chunks[i]);
}

/* Chunks of one slot. Expect the one that was given something back first to
 * serve first, and one that shrank into the slot last. */
static void child_order(void *arg)
{
	struct pcpu_chunk *a, *b;
	void *p[2], *hole[2];

	(void)arg;
	start_percpu("");
	for (int i = 0; i < 2; i++) {
		hole[i] = take(100, 4);
		p[i] = take(PCPU_MIN_UNIT_SIZE - 100, 4);
	}
	a = chunk_of(p[0]);
	b = chunk_of(p[1]);
	REQUIRE(a != b && a == chunk_of(hole[0]) && !a->slot && !b->slot);
	give(hole[0]);
	give(hole[1]);
	REQUIRE(a->slot == 4 && a->slot == b->slot);
	REQUIRE(chunk_of(take(100, 4)) == b);
	REQUIRE(chunk_of(take(30, 4)) == a);
}

/* Many chunks filled, then freed. Expect all but one to go at once, with their
 * areas, and of that one's pages between two and four to stay after a tick. */
static void child_give_back(void *arg)
{
	unsigned long areas;
	void *p[20];

	(void)arg;
	start_percpu("");
	areas = vm_space.areas;
	for (int i = 0; i < 20; i++)
		p[i] = take(PCPU_MIN_UNIT_SIZE, 4);
	REQUIRE(pcpu.nr_chunks == 21); /* one ahead, with empty pages */
	REQUIRE(pcpu_nr_pages() ==
		(20 * PCPU_UNIT_PAGES + PCPU_EMPTY_POP_PAGES_HIGH) *
			nr_cpu_ids);
	for (int i = 0; i < 20; i++) {
		give(p[i]);
		REQUIRE(pcpu.nr_chunks == 20U - (unsigned int)i);
	}
	REQUIRE(vm_space.areas == areas + 1);
	tick();
	REQUIRE(pcpu.nr_empty_pop_pages == PCPU_EMPTY_POP_PAGES_HIGH);
	REQUIRE(pcpu_nr_pages() == PCPU_EMPTY_POP_PAGES_HIGH * nr_cpu_ids);
}

/* Is a page of all units in memory, if it is populated? */
static bool is_there(const struct pcpu_chunk *chunk, unsigned int page)
{
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++) {
		unsigned char in_core = 0;

		REQUIRE(!mincore(pcpu_chunk_addr(chunk, cpu,
						 page * PCPU_BLOCK_BITS),
				 PAGE_SIZE, &in_core));
		if (test_bit(page, chunk->populated) && !(in_core & 1))
			return false;
	}
	return true;
}

/* Pages populated for an allocation and ahead of need. Expect them to be in
 * memory, in the unit of each CPU. */
static void child_populated(void *arg)
{
	const struct pcpu_chunk *chunk;

	(void)arg;
	start_percpu("");
	chunk = chunk_of(take(4, 4));
	REQUIRE(chunk->nr_populated == 1 + PCPU_EMPTY_POP_PAGES_HIGH);
	for (unsigned int page = 0; page < PCPU_UNIT_PAGES; page++)
		REQUIRE(is_there(chunk, page));
}

/* GFP_ATOMIC with no chunk, then with few pages populated. Expect NULL without
 * a word where pages are missing, no call for memory, and only such pages
 * used. */
static void child_atomic(void *arg)
{
	unsigned long calls;
	unsigned int nr = 0;
	void *p;

	(void)arg;
	start_percpu("");
	REQUIRE(!__alloc_percpu_gfp(8, 8, GFP_ATOMIC));
	REQUIRE(!pcpu.nr_chunks);
	take(4, 4);
	REQUIRE(pcpu.nr_empty_pop_pages == PCPU_EMPTY_POP_PAGES_HIGH);
	calls = os_mem_calls;
	while ((p = __alloc_percpu_gfp(2048, 2048, GFP_ATOMIC))) {
		struct pcpu_chunk *chunk = chunk_of(p);

		REQUIRE(test_bit((unsigned int)(offset_of(p) >> PAGE_SHIFT),
				 chunk->populated));
		REQUIRE(copies_hold(p, 2048, 0));
		fill_copies(p, 2048, 1);
		check_percpu();
		nr++;
	}
	REQUIRE(nr == 1 + 2 * PCPU_EMPTY_POP_PAGES_HIGH);
	REQUIRE(os_mem_calls == calls && pcpu.balance_due);
	REQUIRE(!pcpu.nr_empty_pop_pages);
}

/* What an atomic allocation found missing. Expect it to be there after the next
 * tick, in a new chunk if need be, or after an allocation that may wait. */
static void child_refilled(void *arg)
{
	(void)arg;
	start_percpu("");
	take(PCPU_MIN_UNIT_SIZE - 8, 4);
	while (__alloc_percpu_gfp(4096, 4, GFP_NOWAIT))
		;
	REQUIRE(pcpu.balance_due);
	tick();
	REQUIRE(pcpu.nr_empty_pop_pages == PCPU_EMPTY_POP_PAGES_HIGH);
	REQUIRE(!pcpu.balance_due);
	while (__alloc_percpu_gfp(4096, 4, GFP_NOWAIT))
		;
	take(4, 4);
	REQUIRE(pcpu.nr_empty_pop_pages == PCPU_EMPTY_POP_PAGES_HIGH);
	REQUIRE(__alloc_percpu_gfp(3 * PAGE_SIZE, 4, GFP_NOWAIT));
	tick();
	REQUIRE(pcpu.nr_empty_pop_pages == PCPU_EMPTY_POP_PAGES_HIGH);
	REQUIRE(__alloc_percpu_gfp(3 * PAGE_SIZE, 4, GFP_NOWAIT));
}

/* An atomic allocation finds too few pages, though not less than are kept.
 * Expect more after the next allocation that may wait. */
static void child_asked(void *arg)
{
	(void)arg;
	start_percpu("");
	take(4, 4);
	REQUIRE(__alloc_percpu_gfp(2 * PAGE_SIZE, 4, GFP_NOWAIT));
	REQUIRE(pcpu.nr_empty_pop_pages == PCPU_EMPTY_POP_PAGES_LOW);
	REQUIRE(!__alloc_percpu_gfp(3 * PAGE_SIZE, 4, GFP_NOWAIT));
	take(4, 4);
	REQUIRE(pcpu.nr_empty_pop_pages == PCPU_EMPTY_POP_PAGES_HIGH);
}

/* Two chunks made at once, as by two threads that both found none. Expect one
 * of them to go at the next allocation. */
static void child_two_makers(void *arg)
{
	struct pcpu_chunk *chunk;

	(void)arg;
	start_percpu("");
	for (int i = 0; i < 3; i++) {
		chunk = pcpu_create_chunk(GFP_KERNEL);
		REQUIRE(chunk);
		spin_lock(&pcpu_lock);
		pcpu_chunk_add(chunk);
		spin_unlock(&pcpu_lock);
	}
	tick();
	REQUIRE(pcpu.nr_chunks == 1);
	chunk = pcpu_create_chunk(GFP_KERNEL);
	spin_lock(&pcpu_lock);
	pcpu_chunk_add(chunk);
	spin_unlock(&pcpu_lock);
	REQUIRE(pcpu.balance_due);
	chunk = chunk_of(take(4, 4));
	REQUIRE(pcpu.nr_chunks == 2); /* one in use, one free */
}

/* Allocations of all sizes that may wait. Expect two to four empty populated
 * pages after each. */
static void child_kept(void *arg)
{
	u64 seed = 0x2545f4914f6cdd1d;

	(void)arg;
	start_percpu("");
	for (int i = 0; i < 500; i++) {
		REQUIRE(__alloc_percpu(1 + test_below(&seed, 20000), 4));
		REQUIRE(pcpu.nr_empty_pop_pages >= PCPU_EMPTY_POP_PAGES_LOW);
		REQUIRE(pcpu.nr_empty_pop_pages <= PCPU_EMPTY_POP_PAGES_HIGH);
	}
	check_percpu();
}

/* Chunks that are emptied but for one object each. Expect their pages to go
 * long before a tick, and down to four by then, with what is live untouched. */
static void child_depopulate(void *arg)
{
	char *small[10], *large[10];

	(void)arg;
	start_percpu("");
	for (int i = 0; i < 10; i++) {
		small[i] = take(100, 4);
		large[i] = take(PCPU_MIN_UNIT_SIZE - 100, 4);
		fill_copies(small[i], 100, i + 1);
		fill_copies(large[i], PCPU_MIN_UNIT_SIZE - 100, 0xff);
	}
	for (int i = 0; i < 10; i++) {
		give(large[i]);
		REQUIRE(pcpu.nr_empty_pop_pages <=
			PCPU_EMPTY_POP_PAGES_HIGH + PCPU_UNIT_PAGES);
	}
	tick();
	REQUIRE(pcpu.nr_empty_pop_pages == PCPU_EMPTY_POP_PAGES_HIGH);
	for (int i = 0; i < 10; i++) {
		struct pcpu_chunk *chunk = chunk_of(small[i]);

		REQUIRE(copies_hold(small[i], 100, i + 1));
		for (unsigned int page = 0; page < PCPU_UNIT_PAGES; page++)
			if (!test_bit(page, chunk->populated))
				REQUIRE(!*pcpu_chunk_addr(
					chunk, 1,
					page * PCPU_BLOCK_BITS + 512));
	}
}

/* The OS refuses to take pages back. Expect them to stay populated, and to go
 * with a later tick. */
static void child_refused(void *arg)
{
	void *p;

	(void)arg;
	start_percpu("");
	take(4, 4);
	p = take(7 * PAGE_SIZE, 4);
	free_percpu(p);
	REQUIRE(pcpu.nr_empty_pop_pages > PCPU_EMPTY_POP_PAGES_HIGH);
	for (unsigned int n = 1; n <= nr_cpu_ids; n++) {
		unsigned int nr = pcpu.nr_empty_pop_pages;

		os_fail_calls(n, 1);
		tick();
		os_fail_calls(0, 0);
		REQUIRE(pcpu.nr_empty_pop_pages == nr);
	}
	tick();
	REQUIRE(pcpu.nr_empty_pop_pages == PCPU_EMPTY_POP_PAGES_HIGH);
}

/* A chunk in an area that was used and is lazy. Expect no page of it to hold
 * what was there. */
static void child_lazy(void *arg)
{
	size_t size;
	struct large_area *area;
	struct pcpu_chunk *chunk;

	(void)arg;
	start_percpu("");
	size = nr_cpu_ids * PCPU_MIN_UNIT_SIZE;
	area = large_area_alloc(size, PAGE_SIZE);
	memset((void *)area->va.va_start, 0xff, size);
	REQUIRE(large_area_unlink((void *)area->va.va_start) == area);
	large_area_free(area);
	chunk = chunk_of(take(4, 4));
	for (size_t at = 0; at < size; at += 8)
		REQUIRE(!*(u64 *)(chunk->base_addr + at));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slots), child_test(child_fullest),
		child_test(child_order),      child_test(child_give_back),
		child_test(child_populated),  child_test(child_asked),
		child_test(child_two_makers), child_test(child_atomic),
		child_test(child_refilled),   child_test(child_kept),
		child_test(child_depopulate), child_test(child_refused),
		child_test(child_lazy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
