/* SPDX-License-Identifier: MIT */
/*
 * tests/support/child.h - run tests in children of their own
 *
 * The engine starts once in a process, and some tests end theirs on purpose.
 * So a test may be a plain function that runs in a child: it says REQUIRE()
 * instead of cmocka's asserts, which would jump into the parent's copy.
 */
#ifndef TEST_CHILD_H
#define TEST_CHILD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* In a child: say where and end it. */
#define REQUIRE(cond)                                                         \
	do {                                                                  \
		if (!(cond)) {                                                \
			dprintf(2, "%s:%d: failed: %s\n", __FILE__, __LINE__, \
				#cond);                                       \
			_exit(1);                                             \
		}                                                             \
	} while (0)

struct child_end {
	int status; /* as of waitpid() */
	char err[4096]; /* what it said on stderr */
};

/* Run fn(arg) in a child to its end; 300 seconds of CPU time are the most. */
void child_run(void (*fn)(void *arg), void *arg, struct child_end *end);

/* Did fn(arg) abort after a message with `phrase` in it? 0 if not. */
int child_aborts(void (*fn)(void *arg), void *arg, const char *phrase);

/* The number of times that `phrase` is in `text`. */
int count_phrase(const char *text, const char *phrase);

/* The cmocka test whose state is a void (*)(void *) to run in a child. */
void child_test_run(void **state);
#define child_test(fn)                                        \
	{                                                     \
#fn, child_test_run, NULL, NULL, (void *)(fn) \
	}

/* What fn(arg) writes on stderr, without a child. */
void capture_stderr(void (*fn)(void *arg), void *arg, char *text, size_t size);

/* xorshift: *state must not be zero. */
static inline uint64_t test_rand(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* A number below n. */
static inline unsigned long test_below(uint64_t *state, unsigned long n)
{
	return (unsigned long)(test_rand(state) >> 11) % n;
}

#endif
