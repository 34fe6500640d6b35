// SPDX-License-Identifier: MIT
/*
 * bench_caches.h - object caches of one backend beside malloc and free
 *
 *	build/bench/bin/bench_slub, bench_slab
 *	/usr/bin/python3 bench/caches.py	medians of both, and the bounds
 *
 * glibc's malloc and jemalloc's, which is loaded beside it, are measured in the
 * same run; everything is called through a pointer that the compiler cannot
 * see through. jemalloc needs
 * GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384 to be loaded; without it
 * its rows are left out, which is said.
 *
 *	pair	one object, again and again: the fast path
 *	bulk	32 objects by one call, or by 32 of malloc
 *	flood	8192 objects, then all of them freed: to the slabs and back
 *	cross	one thread allocates, another frees, 256 at a time
 */
#ifndef BENCH_CACHES_H
#define BENCH_CACHES_H

#include <benchmark/benchmark.h>

#include <dlfcn.h>
#include <sched.h>

#include <kmalloc/kmalloc.h>

#include <atomic>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

namespace bench
{

constexpr size_t BULK = 32;
constexpr size_t FLOOD = 8192;
constexpr double FLOOD_WARM_UP = 1; /* seconds: heaps learn what to keep */
constexpr size_t BATCH = 256;
constexpr size_t SLOTS = 16;

using size_type = unsigned int;

inline void touch(void *p)
{
	*static_cast<volatile char *>(p) = 1;
}

inline void construct(void *p)
{
	*static_cast<char *>(p) = 7;
}

/* An object cache as a heap: one size, called by pointers. */
class cache_heap
{
	kmem_cache *s;
	void *(*volatile alloc_fn)(kmem_cache *, gfp_t) = kmem_cache_alloc;
	void (*volatile free_fn)(kmem_cache *, void *) = kmem_cache_free;
	int (*volatile alloc_bulk_fn)(kmem_cache *, gfp_t, size_t,
				      void **) = kmem_cache_alloc_bulk;
	void (*volatile free_bulk_fn)(kmem_cache *, size_t,
				      void **) = kmem_cache_free_bulk;

public:
	cache_heap(size_type size, slab_flags_t flags, void (*ctor)(void *))
		: s(kmem_cache_create("bench", size, 0, flags | SLAB_NO_MERGE,
				      ctor))
	{
	}
	~cache_heap()
	{
		kmem_cache_destroy(s);
	}
	cache_heap(const cache_heap &) = delete;
	cache_heap &operator=(const cache_heap &) = delete;

	void *alloc()
	{
		return alloc_fn(s, GFP_KERNEL);
	}
	void free(void *p)
	{
		free_fn(s, p);
	}
	void alloc_bulk(void **p)
	{
		alloc_bulk_fn(s, GFP_KERNEL, BULK, p);
	}
	void free_bulk(void **p)
	{
		free_bulk_fn(s, BULK, p);
	}
};

/* malloc and free of some library. */
class malloc_heap
{
	size_type size;
	void *(*volatile malloc_fn)(size_t);
	void (*volatile free_fn)(void *);

public:
	malloc_heap(size_type size, void *library)
		: size(size)
		, malloc_fn(reinterpret_cast<void *(*)(size_t)>(
			  dlsym(library, "malloc")))
		, free_fn(reinterpret_cast<void (*)(void *)>(
			  dlsym(library, "free")))
	{
	}
	void *alloc()
	{
		return malloc_fn(size);
	}
	void free(void *p)
	{
		free_fn(p);
	}
	void alloc_bulk(void **p)
	{
		for (size_t i = 0; i < BULK; i++)
			p[i] = malloc_fn(size);
	}
	void free_bulk(void **p)
	{
		for (size_t i = 0; i < BULK; i++)
			free_fn(p[i]);
	}
};

template <class Heap>
void pair(benchmark::State &state, Heap &heap)
{
	for (auto _ : state) {
		void *p = heap.alloc();

		touch(p);
		heap.free(p);
	}
}

template <class Heap>
void bulk(benchmark::State &state, Heap &heap)
{
	void *p[BULK];

	for (auto _ : state) {
		heap.alloc_bulk(p);
		benchmark::DoNotOptimize(p[0]);
		heap.free_bulk(p);
	}
	state.SetItemsProcessed(state.iterations() * BULK);
}

template <class Heap>
void flood(benchmark::State &state, Heap &heap)
{
	std::vector<void *> p(FLOOD);

	for (auto _ : state) {
		for (void *&q : p)
			touch(q = heap.alloc());
		for (void *q : p)
			heap.free(q);
	}
	state.SetItemsProcessed(state.iterations() *
				static_cast<int64_t>(FLOOD));
}

/* Batches from one thread to another, which frees them. */
struct hand_over {
	void *batch[SLOTS][BATCH];
	alignas(64) std::atomic<size_t> made{ 0 };
	alignas(64) std::atomic<size_t> freed{ 0 };
	alignas(64) std::atomic<bool> done{ false };
};

template <class Heap>
void take_all(hand_over &h, Heap &heap)
{
	for (size_t n = 0;;) {
		if (h.made.load(std::memory_order_acquire) == n) {
			if (h.done.load(std::memory_order_acquire) &&
			    h.made.load(std::memory_order_acquire) == n)
				return;
			sched_yield();
			continue;
		}
		for (void *p : h.batch[n % SLOTS])
			heap.free(p);
		h.freed.store(++n, std::memory_order_release);
	}
}

template <class Heap>
void cross(benchmark::State &state, Heap &heap)
{
	hand_over h;
	std::thread taker([&] { take_all(h, heap); });
	size_t n = 0;

	for (auto _ : state) {
		while (n - h.freed.load(std::memory_order_acquire) == SLOTS)
			sched_yield();
		for (void *&p : h.batch[n % SLOTS])
			touch(p = heap.alloc());
		h.made.store(++n, std::memory_order_release);
	}
	h.done.store(true, std::memory_order_release);
	taker.join();
	state.SetItemsProcessed(state.iterations() *
				static_cast<int64_t>(BATCH));
}

enum class kind { pair, bulk, flood, cross };

template <class Heap>
void run(benchmark::State &state, kind k, Heap &heap)
{
	switch (k) {
	case kind::pair:
		return pair(state, heap);
	case kind::bulk:
		return bulk(state, heap);
	case kind::flood:
		return flood(state, heap);
	case kind::cross:
		return cross(state, heap);
	}
}

inline const char *name_of(kind k)
{
	static const char *const names[] = { "pair", "bulk", "flood", "cross" };

	return names[static_cast<int>(k)];
}

/* One row: this kind of work, this size, for each of the heaps. */
inline void add(kind k, size_type size, const char *backend, slab_flags_t flags,
		void *glibc, void *jemalloc)
{
	auto name = [&](const char *heap) {
		return std::string(name_of(k)) + "/" + heap + "/" +
		       std::to_string(size);
	};
	auto add_one = [&](const char *heap, auto body) {
		auto *row = benchmark::RegisterBenchmark(name(heap).c_str(),
							 body)
				    ->UseRealTime();

		if (k == kind::flood)
			row->MinWarmUpTime(FLOOD_WARM_UP);
	};

	add_one(backend, [=](benchmark::State &state) {
		cache_heap heap(size, flags, nullptr);

		run(state, k, heap);
	});
	if (k == kind::pair)
		add_one((std::string(backend) + "-ctor").c_str(),
			[=](benchmark::State &state) {
				cache_heap heap(size, flags, construct);

				run(state, k, heap);
			});
	for (auto [heap_name, library] :
	     { std::pair<const char *, void *>{ "glibc", glibc },
	       { "jemalloc", jemalloc } }) {
		if (!library)
			continue;
		add_one(heap_name,
			[=, library = library](benchmark::State &state) {
				malloc_heap heap(size, library);

				run(state, k, heap);
			});
	}
}

inline int bench_main(int argc, char **argv, const char *backend,
		      slab_flags_t flags)
{
	void *glibc = dlopen("libc.so.6", RTLD_NOW);
	void *jemalloc = dlopen("libjemalloc.so.2", RTLD_NOW | RTLD_LOCAL);

	if (!jemalloc)
		std::fprintf(stderr, "no jemalloc: %s\n", dlerror());
	for (kind k : { kind::pair, kind::bulk, kind::flood, kind::cross })
		for (size_type size : { 16, 64, 256, 1024, 4096, 8192 })
			add(k, size, backend, flags, glibc, jemalloc);
	benchmark::Initialize(&argc, argv);
	benchmark::RunSpecifiedBenchmarks();
	return 0;
}

} // namespace bench

#endif
