/* SPDX-License-Identifier: MIT */
/*
 * tests/support/program.h - a program that runs under the preload library
 *
 * Its main() gives its cases to kt_run(), which returns the exit status. When
 * KTEST_LIB is set, kt_run() checks first that malloc comes from a library of
 * that name. A program that is linked statically defines KT_STATIC: it has no
 * library to ask for.
 */
#ifndef TEST_PROGRAM_H
#define TEST_PROGRAM_H

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/bytes.h"
#include "support/check.h"

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif
#define KIB 1024UL
#define MIB (1UL << 20) /* as in sys/compiler.h */
#define GIB (1UL << 30)
/* An errno that no call sets: seen after a call, the call left errno alone. */
#define ERRNO_MARK 4711

struct kt_case {
	const char *name;
	void (*run)(void);
};

/* Returns the seconds of a clock that only goes forward. */
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

/* Run all cases, or the one named on the command line; 0 if all checks hold. */
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
	return check_status();
}

#endif /* TEST_PROGRAM_H */
