// SPDX-License-Identifier: MIT
/*
 * bench_slub.cc - object caches and kmalloc under google-benchmark
 *
 *	build/bench/bin/bench_slub
 *
 * One cache for each size, made once. Pairs show the fast path; bulk by 32 the
 * same with its loop inside the library; floods, more than sheaves and barn
 * hold, show the way to the slabs and back.
 */
#include <benchmark/benchmark.h>

#include <kmalloc/kmalloc.h>

#include <vector>

namespace
{

constexpr size_t BULK = 32;
constexpr size_t FLOOD = 8192;

void touch(void *p)
{
	*static_cast<volatile char *>(p) = 1;
}

class Cache
{
public:
	explicit Cache(benchmark::State &state)
		: s(kmem_cache_create("bench",
				      static_cast<unsigned int>(state.range(0)),
				      0, 0, nullptr))
	{
		if (!s)
			state.SkipWithError("no cache");
	}
	~Cache()
	{
		kmem_cache_destroy(s);
	}
	Cache(const Cache &) = delete;
	Cache &operator=(const Cache &) = delete;

	kmem_cache *s;
};

void cache_pair(benchmark::State &state)
{
	Cache cache(state);

	for (auto _ : state) {
		void *p = kmem_cache_alloc(cache.s, GFP_KERNEL);

		touch(p);
		kmem_cache_free(cache.s, p);
	}
}

void cache_bulk(benchmark::State &state)
{
	Cache cache(state);
	void *p[BULK];

	for (auto _ : state) {
		if (!kmem_cache_alloc_bulk(cache.s, GFP_KERNEL, BULK, p)) {
			state.SkipWithError("no memory");
			break;
		}
		benchmark::DoNotOptimize(p[0]);
		kmem_cache_free_bulk(cache.s, BULK, p);
	}
	state.SetItemsProcessed(state.iterations() * BULK);
}

void cache_flood(benchmark::State &state)
{
	Cache cache(state);
	std::vector<void *> p(FLOOD);

	for (auto _ : state) {
		for (void *&q : p)
			touch(q = kmem_cache_alloc(cache.s, GFP_KERNEL));
		for (void *q : p)
			kmem_cache_free(cache.s, q);
	}
	state.SetItemsProcessed(state.iterations() *
				static_cast<int64_t>(FLOOD));
}

void kmalloc_pair(benchmark::State &state)
{
	size_t size = static_cast<size_t>(state.range(0));

	for (auto _ : state) {
		void *p = kmalloc(size, GFP_KERNEL);

		touch(p);
		kfree(p);
	}
}

void sizes(benchmark::internal::Benchmark *b)
{
	for (int64_t size : { 8, 64, 256, 1024, 4096, 32768 })
		b->Arg(size);
}

} // namespace

BENCHMARK(cache_pair)->Apply(sizes);
BENCHMARK(cache_bulk)->Apply(sizes);
BENCHMARK(cache_flood)->Arg(64)->Arg(256)->Arg(1024);
BENCHMARK(kmalloc_pair)->Apply(sizes)->Arg(1 << 20);
BENCHMARK(kmalloc_pair)->Arg(64)->Threads(2)->UseRealTime();
