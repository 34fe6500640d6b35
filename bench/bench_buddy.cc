// SPDX-License-Identifier: MIT
/*
 * bench_buddy.cc - the page allocator under google-benchmark
 *
 *	build/bench/bin/bench_buddy
 *
 * Pages are not touched: what is measured is the allocator, not the operating
 * system's page faults. Pairs of small orders are served by the per-CPU lists,
 * those above order 3 by the zone; batches are longer than those lists.
 */
#include <benchmark/benchmark.h>

#include <kmalloc/kmalloc.h>

#include <vector>

namespace
{

constexpr size_t BATCH_PAGES = 1 << 14;

void pages_pair(benchmark::State &state)
{
	unsigned int order = static_cast<unsigned int>(state.range(0));

	for (auto _ : state) {
		page *p = alloc_pages(GFP_KERNEL, order);

		benchmark::DoNotOptimize(p);
		__free_pages(p, order);
	}
}

/* Allocates 64 MiB in blocks of one order, and frees them in that order. */
void pages_batch(benchmark::State &state)
{
	unsigned int order = static_cast<unsigned int>(state.range(0));
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

} // namespace

BENCHMARK(pages_pair)->DenseRange(0, KM_MAX_PAGE_ORDER);
BENCHMARK(pages_batch)->DenseRange(0, KM_MAX_PAGE_ORDER);
BENCHMARK(pages_exact)->DenseRange(0, KM_MAX_PAGE_ORDER - 1, 3);
BENCHMARK(pages_pair)->Arg(0)->Threads(2)->UseRealTime();
