/* SPDX-License-Identifier: MIT */
/*
 * tests/support/ktest.h - what the programs run under the preload library share
 *
 * The programs are plain C without a test framework, whose own mallocs would
 * blur what is tested. A check that fails prints one line and the program goes
 * on; kt_run() returns the exit status. When KTEST_LIB is set, kt_run() checks
 * first that malloc comes from a library of that name.
 *
 * Locking	none: the counter of failures is atomic, all else is constant.
 */
#ifndef KTEST_H
#define KTEST_H

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define KIB 1024UL
#define MIB (1024UL * KIB)
#define GIB (1024UL * MIB)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
/* An errno that no call sets: seen after a call, the call left errno alone. */
#define ERRNO_MARK 4711

struct kt_case {
	const char *name;
	void (*run)(void);
};

static atomic_int kt_failures;

/* Print one failed check; past 20 of them stop, the cause is clear by then. */
__attribute__((format(printf, 4, 5), unused)) static void
kt_fail(const char *file, int line, const char *expr, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	dprintf(2, "%s:%d: failed: %s: %s\n", file, line, expr, text);
	if (atomic_fetch_add(&kt_failures, 1) >= 20)
		_exit(1);
}

/* The message is a format with its arguments, and is not optional. */
#define CHECK(cond, ...)                                                 \
	do {                                                             \
		if (!(cond))                                             \
			kt_fail(__FILE__, __LINE__, #cond, __VA_ARGS__); \
	} while (0)

/* A check without which the rest makes no sense. */
#define REQUIRE(cond, ...)                                               \
	do {                                                             \
		if (!(cond)) {                                           \
			kt_fail(__FILE__, __LINE__, #cond, __VA_ARGS__); \
			_exit(1);                                        \
		}                                                        \
	} while (0)

/* Keep the compiler from reasoning about where a pointer came from. */
static inline void *hide(const void *p)
{
	uintptr_t v = (uintptr_t)p;

	__asm__ volatile("" : "+r"(v) : : "memory");
	return (void *)v;
}

/* The same for a size, so that absurd ones compile without a warning. */
static inline size_t hide_size(size_t n)
{
	__asm__ volatile("" : "+r"(n));
	return n;
}

static inline uint64_t kt_mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/* xorshift: @state must not be zero. */
static inline uint64_t kt_rand(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Write a pattern that depends on @seed and the place. */
static inline void fill(void *p, size_t n, uint64_t seed)
{
	unsigned char *b = p;
	uint64_t v = kt_mix(seed);
	size_t i;

	for (i = 0; i + 8 <= n; i += 8) {
		uint64_t w = v + i;

		memcpy(b + i, &w, 8);
	}
	for (; i < n; i++)
		b[i] = (unsigned char)(v + i);
}

/* The offset of the first byte that is not as fill() wrote it, or @n. */
static inline size_t verify(const void *p, size_t n, uint64_t seed)
{
	const unsigned char *b = p;
	uint64_t v = kt_mix(seed);
	size_t i;

	for (i = 0; i + 8 <= n; i += 8) {
		uint64_t w = v + i;

		if (memcmp(b + i, &w, 8))
			return i;
	}
	for (; i < n; i++)
		if (b[i] != (unsigned char)(v + i))
			return i;
	return n;
}

/* The offset of the first byte that is not zero, or @n. */
static inline size_t first_nonzero(const void *p, size_t n)
{
	const unsigned char *b = p;
	size_t i;

	for (i = 0; i < n; i++)
		if (b[i])
			return i;
	return n;
}

static inline double kt_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* How long a bounded loop runs: @seconds, twenty times that when soaking. */
static inline double kt_seconds(double seconds)
{
	return getenv("KM_SOAK") ? seconds * 20 : seconds;
}

#ifndef KT_STATIC
/* Check that malloc is served by the library named in KTEST_LIB, if any. */
static inline void kt_prove_library(void)
{
	const char *want = getenv("KTEST_LIB");
	Dl_info info;
	void *sym = dlsym(RTLD_DEFAULT, "malloc");

	if (!want)
		return;
	REQUIRE(sym && dladdr(sym, &info), "malloc has no home");
	REQUIRE(strstr(info.dli_fname, want), "malloc is served by %s, not %s",
		info.dli_fname, want);
}
#else
static inline void kt_prove_library(void)
{
}
#endif

/* Run all cases, or those named on the command line; 0 when all checks hold. */
__attribute__((unused)) static int kt_run(const struct kt_case *cases, size_t n,
					  int argc, char **argv)
{
	size_t i, ran = 0;

	kt_prove_library();
	for (i = 0; i < n; i++) {
		if (argc > 1 && strcmp(argv[1], cases[i].name))
			continue;
		cases[i].run();
		ran++;
	}
	REQUIRE(ran, "no case of that name");
	return atomic_load(&kt_failures) ? 1 : 0;
}

#endif /* KTEST_H */
