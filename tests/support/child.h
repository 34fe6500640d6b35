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
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/check.h"
#include "support/random.h"

struct child_end {
	int status; /* as of waitpid() */
	char err[8192]; /* what it said on stderr */
};

/* Runs fn(arg) in a child to its end; 300 seconds of CPU time are the most. */
void child_run(void (*fn)(void *arg), void *arg, struct child_end *end);

/*
 * Runs this program once more as a child, with the one argument mode. Boot
 * parameters are added to those of KMALLOC_CMDLINE.
 */
void child_again(const char *mode, const char *parameters,
		 struct child_end *end);

/*
 * Fails the test unless the child ended with status 0. All that it said goes to
 * stderr, for cmocka's messages end after 1,024 bytes.
 */
void expect_success(const struct child_end *end);

/* Fails the test unless the child ended with status 0 and said nothing. */
void expect_quiet(const struct child_end *end);

/* Returns 1 if fn(arg) aborts after a message with `phrase` in it, else 0. */
int child_aborts(void (*fn)(void *arg), void *arg, const char *phrase);

/*
 * Fails the test unless fn(arg) aborts, and says before that one line of the
 * library's, with `phrase` in it.
 */
void expect_abort(void (*fn)(void *arg), void *arg, const char *phrase);

/* Returns the number of times that `phrase` is in `text`. */
int count_phrase(const char *text, const char *phrase);

/* The cmocka test whose state is a void (*)(void *) to run in a child. */
void child_test_run(void **state);
#define child_test(fn)                                        \
	{                                                     \
#fn, child_test_run, NULL, NULL, (void *)(fn) \
	}

/* Stores what fn(arg) writes on stderr, without a child. */
void capture_stderr(void (*fn)(void *arg), void *arg, char *text, size_t size);

#endif
