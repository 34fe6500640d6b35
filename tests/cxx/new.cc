// SPDX-License-Identifier: MIT
/*
 * cxx/new.cc - the C++ operators of a program that has a C++ runtime
 *
 * Built twice: against the shared libstdc++ and with -static-libstdc++.
 */
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <new>
#include <sys/resource.h>
#include <unistd.h>

static int failures;
static int calls;
static void *reserve;

#define CHECK(cond, what)                                                    \
	do {                                                                 \
		if (!(cond)) {                                               \
			fprintf(stderr, "%s:%d: failed: %s: %s\n", __FILE__, \
				__LINE__, #cond, what);                      \
			if (++failures == 20)                                \
				std::_Exit(1);                               \
		}                                                            \
	} while (0)

static const std::size_t huge_size = std::size_t(-1) / 2 - 4096;
static volatile std::size_t huge_v = huge_size;
using al = std::align_val_t;

/* The eight operators new by number; the last four do not throw. */
static void *make(int which, std::size_t n)
{
	switch (which) {
	case 0:
		return ::operator new(n);
	case 1:
		return ::operator new[](n);
	case 2:
		return ::operator new(n, al(128));
	case 3:
		return ::operator new[](n, al(128));
	case 4:
		return ::operator new(n, std::nothrow);
	case 5:
		return ::operator new[](n, std::nothrow);
	case 6:
		return ::operator new(n, al(128), std::nothrow);
	default:
		return ::operator new[](n, al(128), std::nothrow);
	}
}

/* The twelve operators delete by number. */
static void drop(int which, void *p, std::size_t n)
{
	switch (which) {
	case 0:
		return ::operator delete(p);
	case 1:
		return ::operator delete[](p);
	case 2:
		return ::operator delete(p, n);
	case 3:
		return ::operator delete[](p, n);
	case 4:
		return ::operator delete(p, std::nothrow);
	case 5:
		return ::operator delete[](p, std::nothrow);
	case 6:
		return ::operator delete(p, al(128));
	case 7:
		return ::operator delete[](p, al(128));
	case 8:
		return ::operator delete(p, n, al(128));
	case 9:
		return ::operator delete[](p, n, al(128));
	case 10:
		return ::operator delete(p, al(128), std::nothrow);
	default:
		return ::operator delete[](p, al(128), std::nothrow);
	}
}

/* How a request for @n ends: 0 a block, 1 NULL, 2 bad_alloc, 3 another. */
static int outcome(int which, std::size_t n)
{
	try {
		void *p = make(which, n);

		if (!p)
			return 1;
		drop(0, p, n);
		return 0;
	} catch (const std::bad_alloc &) {
		return 2;
	} catch (...) {
		return 3;
	}
}

/* Each new with each delete, sizes wrong too. Expect blocks, aligned. */
static void pairs()
{
	static const std::size_t sizes[] = { 0, 1, 100, 5000, 100000, 8u << 20 };

	for (int w = 0; w < 8; w++)
		for (int d = 0; d < 12; d++)
			for (std::size_t n : sizes) {
				auto p = static_cast<char *>(make(w, n));
				std::uintptr_t mask = w % 4 < 2 ? 15 : 127;

				CHECK(p, "new gave NULL");
				CHECK(!(std::uintptr_t(p) & mask), "alignment");
				std::memset(p, 1, n);
				drop(d, p, d % 2 ? n : n / 2 + 3);
			}
	for (int d = 0; d < 12; d++)
		drop(d, nullptr, 0);
	char *q = static_cast<char *>(std::realloc(::operator new(100), 5000));

	::operator delete(q, std::size_t(100));
	std::free(::operator new(50));
	::operator delete(std::malloc(50));
}

/* A huge size and no handler. Expect bad_alloc, or NULL from nothrow. */
static void no_handler()
{
	std::set_new_handler(nullptr);
	for (int w = 0; w < 8; w++)
		CHECK(outcome(w, huge_v) == (w < 4 ? 2 : 1), "huge size");
}

static void count_then_give_up()
{
	if (++calls == 3)
		std::set_new_handler(nullptr);
}

/* A handler that gives up the third time. Expect 3 calls, then failure. */
static void handler_loop()
{
	for (int w = 0; w < 8; w++) {
		calls = 0;
		std::set_new_handler(count_then_give_up);
		CHECK(outcome(w, huge_v) == (w < 4 ? 2 : 1), "huge size");
		CHECK(calls == 3, "the handler was not called three times");
	}
	std::set_new_handler(nullptr);
}

struct other_error {
};

static void throw_other()
{
	calls++;
	throw other_error();
}

/* A handler that throws. Expect its exception; NULL from nothrow. */
static void handler_throws()
{
	std::set_new_handler(throw_other);
	for (int w = 0; w < 4; w++) {
		calls = 0;
		CHECK(outcome(w, huge_v) == 3, "not the handler's exception");
		CHECK(calls == 1, "the handler was not called once");
	}
	std::set_new_handler(nullptr);
}

static void throw_bad_alloc()
{
	calls++;
	throw std::bad_alloc();
}

/* The same under nothrow. Expect the exception caught and NULL. */
static void nothrow_handler_throws()
{
	std::set_new_handler(throw_bad_alloc);
	for (int w = 4; w < 8; w++) {
		calls = 0;
		CHECK(outcome(w, huge_v) == 1, "not NULL");
		CHECK(calls == 1, "the handler was not called once");
	}
	std::set_new_handler(nullptr);
}

/* A request that only fits after the handler freed its reserve. */
static void free_reserve()
{
	calls++;
	std::free(reserve);
	reserve = nullptr;
	std::set_new_handler(nullptr);
}

static std::size_t largest()
{
	std::size_t n = std::size_t(1) << 46;
	void *p;

	while (!(p = std::malloc(n)) && n > 4096)
		n -= n / 8;
	std::free(p);
	return n;
}

/* A handler that frees 15/16 of what can be had. Expect the retry to
 * succeed. */
static void handler_frees()
{
	std::size_t n = largest();

	reserve = std::malloc(n / 16 * 15);
	CHECK(reserve && !std::malloc(n / 4), "the reserve leaves room");
	calls = 0;
	std::set_new_handler(free_reserve);
	void *p = ::operator new(n / 4);

	CHECK(p && calls == 1 && !reserve, "the handler freed nothing");
	::operator delete(p);
}

/* errno and ordinary work after all that. Expect both in order. */
static void afterwards()
{
	errno = 4711;
	delete[] new int[1000];
	CHECK(errno == 4711, "errno changed");
}

/* Start again with 1 GiB of address space, or return when that is so. */
static void limit_memory(char **argv)
{
	struct rlimit limit;

	getrlimit(RLIMIT_AS, &limit);
	if (limit.rlim_cur == rlim_t(1) << 30)
		return;
	limit.rlim_cur = rlim_t(1) << 30;
	setrlimit(RLIMIT_AS, &limit);
	execv("/proc/self/exe", argv);
	std::_Exit(2);
}

static void prove_library()
{
	const char *want = std::getenv("KTEST_LIB");
	void *sym = dlsym(RTLD_DEFAULT, "malloc");
	Dl_info info;

	CHECK(!want ||
		      (dladdr(sym, &info) && std::strstr(info.dli_fname, want)),
	      "malloc is not served by the library");
}

int main(int argc, char **argv)
{
	prove_library();
	if (argc > 1 && !std::strcmp(argv[1], "nothrow_handler_throws")) {
		nothrow_handler_throws();
		return failures ? 1 : 0;
	}
	if (argc > 1 && !std::strcmp(argv[1], "handler_frees")) {
		limit_memory(argv);
		handler_frees();
		return failures ? 1 : 0;
	}
	pairs();
	no_handler();
	handler_loop();
	handler_throws();
	afterwards();
	return failures ? 1 : 0;
}
