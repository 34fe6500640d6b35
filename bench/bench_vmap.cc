// SPDX-License-Identifier: MIT
/*
 * bench_vmap.cc - vmalloc space under google-benchmark
 *
 *	build/bench/bin/bench_vmap
 *	/usr/bin/python3 bench/vmap.py		medians, both backends, bounds
 *
 * Sizes are pages of 4 KiB. Pages are not touched but where it says so.
 *
 *	vmalloc		vmalloc, vfree: the pool gives the area back
 *	vmalloc_fresh	vmalloc, vfree, vm_unmap_aliases: frames from the page
 *			allocator, mapped, unmapped
 *	os_calls	the calls that vmalloc_fresh makes alone: mmap of a file
 *			of memory for each run of frames, as many as an area
 *			of vmalloc has now, madvise, mmap of nothing
 *	os_mmap		mmap, munmap of private memory
 *	jemalloc	its malloc, free of as much
 *	mix		2000 areas of 1 to 100 pages, one at random replaced
 *	long_list	100 pages and one page, beside 15000 areas of a page
 *	place		get_vm_area, free_vm_area beside so many live areas: the
 *			address allocator alone, nothing is mapped
 *	fork		fork, exit, wait with so many MiB of written areas
 */
#include <benchmark/benchmark.h>

#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kmalloc/kmalloc.h>

#include <cstdio>
#include <cstring>
#include <random>
#include <vector>

namespace
{

constexpr size_t PAGE = 4096;

size_t bytes_of(const benchmark::State &state)
{
	return static_cast<size_t>(state.range(0)) * PAGE;
}

void vmalloc_pair(benchmark::State &state)
{
	size_t size = bytes_of(state);

	for (auto _ : state) {
		void *p = vmalloc(size);

		benchmark::DoNotOptimize(p);
		vfree(p);
	}
}

void vmalloc_fresh(benchmark::State &state)
{
	size_t size = bytes_of(state);

	vm_unmap_aliases();
	for (auto _ : state) {
		void *p = vmalloc(size);

		benchmark::DoNotOptimize(p);
		vfree(p);
		vm_unmap_aliases();
	}
}

/* Runs of frames that an area has. */
size_t runs_of(size_t size)
{
	char *p = static_cast<char *>(vmalloc(size));
	size_t runs = 0;

	for (size_t at = 0; at < size; at += PAGE)
		if (!at ||
		    vmalloc_to_pfn(p + at) != vmalloc_to_pfn(p + at - PAGE) + 1)
			runs++;
	vfree(p);
	vm_unmap_aliases();
	return runs;
}

void os_calls(benchmark::State &state)
{
	size_t size = bytes_of(state), runs = runs_of(size);
	size_t run = (size / PAGE + runs - 1) / runs * PAGE;
	int fd = memfd_create("bench_vmap", MFD_CLOEXEC);
	char *at = static_cast<char *>(
		mmap(nullptr, size + PAGE, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));

	if (fd < 0 || ftruncate(fd, static_cast<off_t>(4 * size))) {
		state.SkipWithError("no file of memory");
		return;
	}
	for (auto _ : state) {
		for (size_t n = 0; n < size; n += run) {
			size_t len = size - n < run ? size - n : run;

			/* Apart in the file, so that they are not joined. */
			mmap(at + n, len, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_FIXED, fd,
			     static_cast<off_t>(2 * n));
		}
		madvise(at, size, MADV_DONTFORK);
		mmap(at, size + PAGE, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED,
		     -1, 0);
	}
	munmap(at, size + PAGE);
	close(fd);
}

void os_mmap(benchmark::State &state)
{
	size_t size = bytes_of(state);

	for (auto _ : state) {
		void *p = mmap(nullptr, size, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		benchmark::DoNotOptimize(p);
		munmap(p, size);
	}
}

void *(*volatile je_malloc)(size_t);
void (*volatile je_free)(void *);

void jemalloc_pair(benchmark::State &state)
{
	size_t size = bytes_of(state);

	for (auto _ : state) {
		void *p = je_malloc(size);

		benchmark::DoNotOptimize(p);
		je_free(p);
	}
}

void mix(benchmark::State &state)
{
	std::mt19937 random(1);
	std::vector<void *> areas(2000);

	for (void *&p : areas)
		p = vmalloc((random() % 100 + 1) * PAGE);
	for (auto _ : state) {
		void *&p = areas[random() % areas.size()];

		vfree(p);
		p = vmalloc((random() % 100 + 1) * PAGE);
	}
	for (void *p : areas)
		vfree(p);
}

void long_list(benchmark::State &state)
{
	std::vector<void *> areas(static_cast<size_t>(state.range(0)));

	for (void *&p : areas)
		p = vmalloc(PAGE);
	for (auto _ : state) {
		void *p = vmalloc(100 * PAGE), *q = vmalloc(PAGE);

		*static_cast<volatile char *>(p) = 1;
		*static_cast<volatile char *>(q) = 1;
		vfree(p);
		vfree(q);
	}
	for (void *p : areas)
		vfree(p);
}

void place(benchmark::State &state)
{
	std::vector<vm_struct *> areas(static_cast<size_t>(state.range(0)));
	std::mt19937 random(1);

	for (vm_struct *&vm : areas)
		vm = get_vm_area((random() % 8 + 1) * PAGE, VM_MAP);
	for (auto _ : state) {
		vm_struct *&vm = areas[random() % areas.size()];

		free_vm_area(vm);
		vm = get_vm_area((random() % 8 + 1) * PAGE, VM_MAP);
	}
	for (vm_struct *vm : areas)
		free_vm_area(vm);
}

void fork_copies(benchmark::State &state)
{
	size_t size = static_cast<size_t>(state.range(0)) << 20;
	void *p = size ? vmalloc(size) : nullptr;

	if (p)
		memset(p, 1, size);
	for (auto _ : state) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		waitpid(pid, nullptr, 0);
	}
	vfree(p);
	vm_unmap_aliases();
}

void sizes(benchmark::internal::Benchmark *b)
{
	b->RangeMultiplier(4)->Range(1, 16384);
}

} // namespace

BENCHMARK(vmalloc_pair)->Name("vmalloc")->Apply(sizes);
BENCHMARK(vmalloc_pair)
	->Name("vmalloc")
	->Arg(1)
	->Arg(64)
	->Threads(2)
	->UseRealTime();
BENCHMARK(vmalloc_fresh)->Apply(sizes);
BENCHMARK(os_calls)->Apply(sizes);
BENCHMARK(os_mmap)->Apply(sizes);
BENCHMARK(mix);
BENCHMARK(long_list)->Arg(15000);
BENCHMARK(place)->Arg(100)->Arg(100000);
BENCHMARK(fork_copies)
	->Name("fork")
	->Arg(0)
	->Arg(64)
	->UseRealTime()
	->Unit(benchmark::kMicrosecond);

int main(int argc, char **argv)
{
	void *lib = dlopen("libjemalloc.so.2", RTLD_NOW | RTLD_LOCAL);

	if (lib) {
		je_malloc = reinterpret_cast<void *(*)(size_t)>(
			dlsym(lib, "malloc"));
		je_free = reinterpret_cast<void (*)(void *)>(
			dlsym(lib, "free"));
		benchmark::RegisterBenchmark("jemalloc", jemalloc_pair)
			->Apply(sizes);
	} else {
		fprintf(stderr, "bench_vmap: no jemalloc: %s\n", dlerror());
	}
	benchmark::Initialize(&argc, argv);
	benchmark::RunSpecifiedBenchmarks();
	return 0;
}
