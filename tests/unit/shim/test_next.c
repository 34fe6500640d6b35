// SPDX-License-Identifier: MIT
/*
 * test_next.c - the functions of the allocator behind this library
 */
#include <string.h>

#include "shim/next.h"
#include "support/child.h"

static struct scope_object libc;

static void see(const struct scope_object *object, void *arg)
{
	(void)arg;
	if (!strcmp(object->soname, "libc.so.6"))
		libc = *object;
}

static void free_of_test(void *p)
{
	(void)p;
}

/* libc, with nothing noted before. Expect all three functions of libc. */
static void child_libc(void *arg)
{
	struct next_malloc next = { 0 };

	(void)arg;
	REQUIRE(!scope_walk(see, NULL));
	next_note(&next, &libc);
	REQUIRE(next.free && next.realloc && next.usable_size);
	REQUIRE((void *)next.free == scope_versioned(&libc, "free"));
	REQUIRE(next.is_glibc);
	REQUIRE((void *)next.realloc == scope_versioned(&libc, "realloc"));
}

/* An object behind another that has free() alone. Expect that one's free(), and
 * what it lacks of the next. */
static void child_partly(void *arg)
{
	struct next_malloc next = { .free = free_of_test };

	(void)arg;
	REQUIRE(!scope_walk(see, NULL));
	next_note(&next, &libc);
	REQUIRE(next.free == free_of_test && !next.is_glibc);
	REQUIRE(next.realloc && next.usable_size);
}

/* glibc's functions under another name. Expect them not to be taken for it. */
static void child_other(void *arg)
{
	struct next_malloc next = { 0 };

	(void)arg;
	REQUIRE(!scope_walk(see, NULL));
	libc.soname = "libother.so.1";
	next_note(&next, &libc);
	REQUIRE(next.free && !next.is_glibc);
}

/* Nothing was kept. Expect the objects to be walked, and what is found to
 * serve: a block of libc goes through its own functions. */
static void child_walk(void *arg)
{
	const struct next_malloc *next = next_malloc();
	void *p;

	(void)arg;
	REQUIRE(next->free && next->realloc && next->usable_size);
	p = next->realloc(NULL, 100);
	REQUIRE(p && next->usable_size(p) >= 100);
	next->free(p);
	REQUIRE(next_malloc() == next);
}

/* A walk has noted some already. Expect these, without another walk. */
static void child_kept(void *arg)
{
	const struct next_malloc some = { .free = free_of_test };

	(void)arg;
	next_keep(&some);
	REQUIRE(next_malloc()->free == free_of_test);
	REQUIRE(!next_malloc()->realloc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_libc),	 child_test(child_partly),
		child_test(child_other), child_test(child_walk),
		child_test(child_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
