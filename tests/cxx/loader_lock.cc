// SPDX-License-Identifier: MIT
/*
 * cxx/loader_lock.cc - all operators, while the loader's lock is held elsewhere
 *
 * A library. A thread of it is inside dlopen(), in the constructor of a plug-in
 * that waits for the first thread, which meanwhile uses each operator for the
 * first time, also for what there is no memory for, and frees blocks of libc's
 * malloc, which are handed on to libc. Run from the constructor of
 * this library if KM_EARLY is set, which comes before that of the preloaded
 * one, else from main(). Expect it to come to an end.
 */
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <malloc.h>
#include <new>
#include <pthread.h>
#include <unistd.h>

extern "C" void loader_lock_inside();
extern "C" int loader_lock_run();

static std::atomic<bool> inside, done;
static volatile std::size_t huge = std::size_t(-1) / 2 - 4096;
static const std::align_val_t al{ 128 };
static int failures;

/* The plug-in's constructor: until the other thread has done its work. */
void loader_lock_inside()
{
	inside = true;
	while (!done)
		usleep(1000);
}

static void *open_plugin(void *)
{
	if (!dlopen(std::getenv("KM_PLUGIN"), RTLD_NOW)) {
		std::fprintf(stderr, "%s\n", dlerror());
		failures++;
		inside = true;
	}
	return nullptr;
}

static void give_up()
{
	std::set_new_handler(nullptr);
}

static void pairs()
{
	::operator delete(::operator new(10));
	::operator delete(::operator new(10), 10);
	::operator delete(::operator new(10, std::nothrow), std::nothrow);
	::operator delete[](::operator new[](10));
	::operator delete[](::operator new[](10), 10);
	::operator delete[](::operator new[](10, std::nothrow), std::nothrow);
	::operator delete(::operator new(10, al), al);
	::operator delete(::operator new(10, al), 10, al);
	::operator delete(::operator new(10, al, std::nothrow), al,
			  std::nothrow);
	::operator delete[](::operator new[](10, al), al);
	::operator delete[](::operator new[](10, al), 10, al);
	::operator delete[](::operator new[](10, al, std::nothrow), al,
			    std::nothrow);
}

static void failing()
{
	std::set_new_handler(give_up);
	if (::operator new(huge, std::nothrow))
		failures++;
	std::set_new_handler(give_up);
	if (::operator new[](huge, al, std::nothrow))
		failures++;
	try {
		::operator new(huge);
		failures++;
	} catch (const std::bad_alloc &) {
	}
}

/* Blocks that are not of the library's malloc, if there is one in front. */
static void *(*libc_malloc)(std::size_t);

static void foreign()
{
	void *p = libc_malloc(100);

	if (malloc_usable_size(p) < 100)
		failures++;
	p = std::realloc(p, 5000);
	std::free(p);
}

int loader_lock_run()
{
	pthread_t thread;
	void *libc = dlopen("libc.so.6", RTLD_NOW);

	libc_malloc = (void *(*)(std::size_t))dlsym(libc, "malloc");

	if (pthread_create(&thread, nullptr, open_plugin, nullptr))
		return 1;
	while (!inside)
		usleep(1000);
	pairs();
	failing();
	foreign();
	done = true;
	pthread_join(thread, nullptr);
	return failures;
}

__attribute__((constructor)) static void early()
{
	if (std::getenv("KM_EARLY"))
		std::_Exit(loader_lock_run() ? 1 : 0);
}
