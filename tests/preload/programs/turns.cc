// SPDX-License-Identifier: MIT
/*
 * turns.cc - turns of one kind of call and the free behind it: turns KIND COUNT
 *
 * For callgrind: what COUNT and 2 * COUNT differ by is the cost of COUNT turns
 * with their loop and PLT calls, and nothing of the start. The calls in-place
 * are those of one block. `turns list` prints the kinds.
 */
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <new>

extern "C" void free_sized(void *p, std::size_t size) __attribute__((weak));

static long count;
static void *block;

template <std::size_t size>
static void run_malloc()
{
	for (long i = 0; i < count; i++)
		free(malloc(size));
}

template <std::size_t size>
static void run_calloc()
{
	for (long i = 0; i < count; i++)
		free(calloc(1, size));
}

static void run_new()
{
	for (long i = 0; i < count; i++)
		::operator delete(::operator new(64));
}

static void run_new_sized()
{
	for (long i = 0; i < count; i++)
		::operator delete (::operator new(64), std::size_t{ 64 });
}

static void run_free_sized()
{
	for (long i = 0; i < count; i++)
		free_sized(malloc(64), 64);
}

static void run_realloc()
{
	for (long i = 0; i < count; i++)
		block = realloc(block, 50 + (i & 1));
}

static void run_usable()
{
	for (long i = 0; i < count; i++)
		malloc_usable_size(block);
}

static void run_aligned()
{
	for (long i = 0; i < count; i++)
		free(aligned_alloc(64, 64));
}

static const struct kind {
	const char *name;
	void (*run)();
} kinds[] = {
	{ "malloc64", run_malloc<64> },	    { "malloc1024", run_malloc<1024> },
	{ "malloc4096", run_malloc<4096> }, { "calloc64", run_calloc<64> },
	{ "calloc128", run_calloc<128> },   { "new64", run_new },
	{ "new_sized64", run_new_sized },   { "free_sized64", run_free_sized },
	{ "realloc_here", run_realloc },    { "usable_size", run_usable },
	{ "aligned64", run_aligned },
};

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "list";

	count = argc > 2 ? std::strtol(argv[2], nullptr, 10) : 1;
	block = malloc(50);
	for (const struct kind &kind : kinds) {
		if (!std::strcmp(name, "list"))
			std::puts(kind.name);
		else if (!std::strcmp(name, kind.name))
			kind.run();
	}
	free(block);
	return 0;
}
