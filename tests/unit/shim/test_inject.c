// SPDX-License-Identifier: MIT
/*
 * test_inject.c - requests of malloc that fail on purpose, one question each
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/auxv.h>

#include "diag/fault.h"
#include "shim/exports.h"
#include "shim/shim.h"
#include "support/child.h"

#define MIB (1UL << 20)

/* The next question of this thread is answered with no. */
static void fail_next(void)
{
	fault_set_nth(1);
	errno = 0;
}

/* Did the last call fail as it was to, and is nothing left to fail? */
static int failed(const void *p)
{
	return !p && errno == ENOMEM && !fault_nth();
}

/* Large requests of every call. Expect NULL and ENOMEM, and the next served. */
static void child_large(void *arg)
{
	void *p = malloc(50000);

	(void)arg;
	fail_next();
	REQUIRE(failed(malloc(50000)));
	fail_next();
	REQUIRE(failed(malloc(6 * MIB)));
	fail_next();
	REQUIRE(failed(calloc(1, 50000)));
	fail_next();
	REQUIRE(failed(aligned_alloc(8192, 50000)));
	fail_next();
	REQUIRE(failed(valloc(50000)));
	fail_next();
	REQUIRE(failed(realloc(p, 9 * MIB)));
	REQUIRE(malloc_usable_size(p) == 13 * PAGE_SIZE); /* still there */
	p = realloc(p, 9 * MIB);
	REQUIRE(p && malloc(50000));
}

/* realloc that needs no memory. Expect no question whether it shall fail. */
static void child_not_asked(void *arg)
{
	char *p = malloc(9 * MIB), *q = malloc(1000);

	(void)arg;
	fault_set_nth(1);
	REQUIRE(realloc(p, 5 * MIB) == p);
	REQUIRE(realloc(q, 1024) == q);
	REQUIRE(fault_nth() == 1);
	free(p);
	free(q);
	REQUIRE(fault_nth() == 1);
}

/* posix_memalign that fails. Expect ENOMEM, the pointer and errno untouched. */
static void child_posix_memalign(void *arg)
{
	void *p = (void *)0x1234;

	(void)arg;
	errno = 77;
	fault_set_nth(1);
	REQUIRE(posix_memalign(&p, 64, 60000) == ENOMEM);
	REQUIRE(errno == 77 && p == (void *)0x1234);
	REQUIRE(!posix_memalign(&p, 64, 60000));
}

/* Two questions for each request of an area, whatever it takes: failslab's and
 * fail_page_alloc's. Expect the fifth question to be the third request's. */
static void child_one_each(void *arg)
{
	(void)arg;
	free(malloc(5 * MIB)); /* there is a struct for the next area */
	fault_set_nth(5);
	for (unsigned int i = 1; i <= 4; i++) {
		void *p = i & 1 ? malloc(7 * MIB) : calloc(100, 100000);

		REQUIRE(!p == (i == 3));
		free(p);
	}
}

/* The loader's requests, and those of others. Expect the loader's never to
 * fail, nor what is asked inside one. */
static void child_loader(void *arg)
{
	uintptr_t loader = getauxval(AT_BASE);
	uintptr_t here = (uintptr_t)child_loader;

	(void)arg;
	REQUIRE(!inject_begin(10, here)); /* nothing was asked for yet */
	fault_set_nth(1);
	REQUIRE(!inject_begin(10, loader));
	REQUIRE(!inject_begin(10, here));
	inject_end(here);
	inject_end(loader);
	REQUIRE(fault_nth() == 1);
	REQUIRE(inject_begin(10, here) == -ENOMEM);
	fault_set_nth(1);
	REQUIRE(inject_begin(100000, here) == -ENOMEM);
	REQUIRE(!inject_begin(100000, here));
	inject_end(here);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_large),	  child_test(child_not_asked),
		child_test(child_posix_memalign), child_test(child_one_each),
		child_test(child_loader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
