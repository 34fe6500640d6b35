/* SPDX-License-Identifier: MIT */
/*
 * tests/support/check.h - checks without a test framework
 *
 * For programs that run under the preload library, where a framework's own
 * mallocs would blur what is tested, and for children of a cmocka test, where
 * its asserts would jump into the parent's copy. A check that fails prints one
 * line on stderr.
 *
 * Locking	none: the counter of failures is atomic.
 */
#ifndef TEST_CHECK_H
#define TEST_CHECK_H

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

/* Past so many failed checks the program ends: the cause is clear by then. */
#define CHECK_MOST 20

static int check_failures __attribute__((unused)); /* so far; atomic */

/* Prints one failed check. fmt begins with ": ", and with no more if the check
 * has no message. */
__attribute__((format(printf, 4, 5), unused)) static void
check_failed(const char *file, int line, const char *expr, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	dprintf(2, "%s:%d: failed: %s%s\n", file, line, expr,
		text[2] ? text : "");
	if (__atomic_add_fetch(&check_failures, 1, __ATOMIC_RELAXED) >
	    CHECK_MOST)
		_exit(1);
}

/* CHECK(cond, format, ...): goes on if cond is false. */
#define CHECK(cond, ...)                                        \
	do {                                                    \
		if (!(cond))                                    \
			check_failed(__FILE__, __LINE__, #cond, \
				     ": " __VA_ARGS__);         \
	} while (0)

/* REQUIRE(cond) or REQUIRE(cond, format, ...): ends the process, status 1. */
#define REQUIRE(cond, ...)                                      \
	do {                                                    \
		if (!(cond)) {                                  \
			check_failed(__FILE__, __LINE__, #cond, \
				     ": " __VA_ARGS__);         \
			_exit(1);                               \
		}                                               \
	} while (0)

/* Returns the exit status that the checks so far ask for. */
__attribute__((unused)) static inline int check_status(void)
{
	return __atomic_load_n(&check_failures, __ATOMIC_RELAXED) ? 1 : 0;
}

/* In a child of fork(): what failed in the parent is the parent's to report. */
__attribute__((unused)) static inline void check_reset(void)
{
	__atomic_store_n(&check_failures, 0, __ATOMIC_RELAXED);
}

#endif /* TEST_CHECK_H */
