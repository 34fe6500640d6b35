// SPDX-License-Identifier: MIT
/*
 * bench_shim.cc - the malloc family, call by call, under google-benchmark
 *
 *	LD_PRELOAD=build/bench/lib/libkmalloc-preload.so
 *	build/bench/bin/bench_shim
 *
 * Measures whichever malloc the process has. The functions are called through
 * volatile pointers, so the compiler folds nothing away, and each price holds
 * one indirect call more than a program pays.
 */
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace
{

void *(*volatile call_malloc)(size_t) = malloc;
void (*volatile call_free)(void *) = free;
void *(*volatile call_calloc)(size_t, size_t) = calloc;
void *(*volatile call_realloc)(void *, size_t) = realloc;
void *(*volatile call_aligned_alloc)(size_t, size_t) = aligned_alloc;

constexpr int BULK = 100;

void touch(void *p)
{
	*static_cast<volatile char *>(p) = 1;
}

void malloc_free(benchmark::State &state)
{
	size_t size = state.range(0);

	for (auto _ : state) {
		void *p = call_malloc(size);

		touch(p);
		call_free(p);
	}
}

/* Allocates 100, frees them in the order of allocation (1) or reversed (0). */
void malloc_free_bulk(benchmark::State &state)
{
	size_t size = state.range(0);
	bool fifo = state.range(1);
	void *p[BULK];

	for (auto _ : state) {
		for (auto &q : p)
			touch(q = call_malloc(size));
		for (int i = 0; i < BULK; i++)
			call_free(p[fifo ? i : BULK - 1 - i]);
	}
	state.SetItemsProcessed(state.iterations() * BULK);
}

void calloc_free(benchmark::State &state)
{
	size_t size = state.range(0);

	for (auto _ : state) {
		void *p = call_calloc(1, size);

		touch(p);
		call_free(p);
	}
}

void aligned_alloc_free(benchmark::State &state)
{
	size_t align = state.range(0), size = state.range(1);

	for (auto _ : state) {
		void *p = call_aligned_alloc(align, size);

		touch(p);
		call_free(p);
	}
}

/* A buffer that doubles from 16 bytes up to the size, then goes. */
void realloc_grow(benchmark::State &state)
{
	size_t limit = state.range(0);

	for (auto _ : state) {
		void *p = nullptr;

		for (size_t size = 16; size <= limit; size *= 2)
			touch(p = call_realloc(p, size));
		call_free(p);
	}
}

/* Realloc between two sizes of one class or block: nothing should move. */
void realloc_same(benchmark::State &state)
{
	size_t size = state.range(0);
	void *p = call_malloc(size);

	for (auto _ : state) {
		p = call_realloc(p, size - 1);
		p = call_realloc(p, size);
	}
	call_free(p);
}

void sizes(benchmark::internal::Benchmark *b)
{
	for (long size : { 16L, 64L, 256L, 1024L, 8192L, 32L << 10, 64L << 10,
			   1L << 20, 8L << 20 })
		b->Arg(size);
}

} // namespace

BENCHMARK(malloc_free)->Apply(sizes);
BENCHMARK(malloc_free)->Arg(64)->Arg(1024)->Threads(2)->UseRealTime();
BENCHMARK(malloc_free_bulk)
	->ArgsProduct({ { 16, 64, 256, 1024, 8192 }, { 0, 1 } });
BENCHMARK(malloc_free_bulk)->Args({ 64, 1 })->Threads(2)->UseRealTime();
BENCHMARK(calloc_free)->Arg(64)->Arg(1024)->Arg(64 << 10)->Arg(8 << 20);
BENCHMARK(aligned_alloc_free)
	->ArgsProduct({ { 64, 4096 }, { 64, 1024, 64 << 10 } });
BENCHMARK(realloc_grow)->Arg(4096)->Arg(64 << 10)->Arg(8 << 20);
BENCHMARK(realloc_same)->Arg(64)->Arg(8192)->Arg(1 << 20);
