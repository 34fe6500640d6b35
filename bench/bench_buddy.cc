// SPDX-License-Identifier: MIT
/*
 * bench_buddy.cc - the page allocator under google-benchmark
 *
 *	build/bench/bin/bench_buddy
 *	/usr/bin/python3 bench/pages.py		medians, beside locks and mmap
 *
 * Pages are not touched: what is measured is the allocator, not the operating
 * system's page faults. Beside it, in the same run, stand what a page cost
 * without it (mmap and munmap of the same size) and what its two lock
 * operations cost (two uncontended pairs of lock and unlock).
 *
 *	pages_hot	allocate, free: the per-CPU list, or above order 3 the
 *			zone, gives the block that it was just given
 *	pages_cold	64 MiB in blocks of one order, then all of them freed:
 *			longer than any per-CPU list
 *	pages_broken	pages_hot while every second page of 256 MiB is in use
 */
#include <benchmark/benchmark.h>

#include <sys/mman.h>

#include <kmalloc/kmalloc.h>

#include <atomic>
#include <vector>

namespace
{

constexpr size_t BATCH_PAGES = 1 << 14;
constexpr size_t BROKEN_PAGES = 1 << 16;

unsigned int order_of(const benchmark::State &state)
{
	return static_cast<unsigned int>(state.range(0));
}

void pair(benchmark::State &state)
{
	unsigned int order = order_of(state);

	for (auto _ : state) {
		page *p = alloc_pages(GFP_KERNEL, order);

		benchmark::DoNotOptimize(p);
		__free_pages(p, order);
	}
}

void pages_hot(benchmark::State &state)
{
	pair(state);
}

void pages_cold(benchmark::State &state)
{
	unsigned int order = order_of(state);
	std::vector<page *> p(BATCH_PAGES >> order);

	for (auto _ : state) {
		for (page *&q : p)
			q = alloc_pages(GFP_KERNEL, order);
		for (page *q : p)
			__free_pages(q, order);
	}
	state.SetItemsProcessed(state.iterations() *
				static_cast<int64_t>(p.size()));
}

void pages_broken(benchmark::State &state)
{
	std::vector<page *> p(BROKEN_PAGES);

	for (page *&q : p)
		q = alloc_pages(GFP_KERNEL, 0);
	for (size_t i = 0; i < BROKEN_PAGES; i += 2)
		__free_pages(p[i], 0);
	pair(state);
	for (size_t i = 1; i < BROKEN_PAGES; i += 2)
		__free_pages(p[i], 0);
}

/* 2^order pages and one more, so that a tail goes back at once. */
void pages_exact(benchmark::State &state)
{
	size_t size = (4096UL << state.range(0)) + 1;

	for (auto _ : state) {
		void *p = alloc_pages_exact(size, GFP_KERNEL);

		benchmark::DoNotOptimize(p);
		free_pages_exact(p, size);
	}
}

void pages_bulk(benchmark::State &state)
{
	std::vector<page *> p(static_cast<size_t>(state.range(0)));

	for (auto _ : state) {
		alloc_pages_bulk(GFP_KERNEL, p.size(), p.data());
		for (page *&q : p) {
			__free_pages(q, 0);
			q = nullptr;
		}
	}
	state.SetItemsProcessed(state.iterations() * state.range(0));
}

/* What the same block costs from the operating system, untouched. */
void os_mmap(benchmark::State &state)
{
	size_t size = 4096UL << state.range(0);

	for (auto _ : state) {
		void *p = mmap(nullptr, size, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		benchmark::DoNotOptimize(p);
		munmap(p, size);
	}
}

/* The cheapest lock there is: one exchange each way, as the library's own. */
class lock
{
	std::atomic<unsigned> word{ 0 };

public:
	void take()
	{
		unsigned expected = 0;

		while (!word.compare_exchange_weak(expected, 1,
						   std::memory_order_acquire))
			expected = 0;
	}
	void give()
	{
		benchmark::DoNotOptimize(
			word.exchange(0, std::memory_order_release));
	}
};

void two_lock_pairs(benchmark::State &state)
{
	lock a, b;

	for (auto _ : state) {
		a.take();
		a.give();
		b.take();
		b.give();
	}
}

} // namespace

BENCHMARK(two_lock_pairs);
BENCHMARK(pages_hot)->DenseRange(0, KM_MAX_PAGE_ORDER);
BENCHMARK(pages_hot)->DenseRange(0, 3)->Threads(2)->UseRealTime();
BENCHMARK(pages_cold)->DenseRange(0, KM_MAX_PAGE_ORDER);
BENCHMARK(pages_cold)->Arg(0)->Arg(3)->Threads(2)->UseRealTime();
BENCHMARK(pages_broken)->Arg(0)->Arg(3)->Arg(9);
BENCHMARK(pages_exact)->DenseRange(0, KM_MAX_PAGE_ORDER - 1, 3);
BENCHMARK(pages_bulk)->Arg(16)->Arg(512);
BENCHMARK(os_mmap)->DenseRange(0, KM_MAX_PAGE_ORDER);
