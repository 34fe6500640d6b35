// SPDX-License-Identifier: MIT
/*
 * test_foreign.c - pointers that are not ours: forwarded, kept, or the end
 *
 * The next allocator is libc's own malloc, which lies behind this program.
 */
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "diag/param.h"
#include "shim/next.h"
#include "shim/shim.h"
#include "support/child.h"

static void *libc_malloc(size_t size)
{
	void *(*next)(size_t) = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");

	assert_non_null(next);
	assert_ptr_not_equal(next, malloc);
	return next(size);
}

static size_t libc_usable(void *p)
{
	return ((size_t(*)(void *))dlsym(RTLD_NEXT, "malloc_usable_size"))(p);
}

/* A block of libc's. Expect its size told, realloc by its owner, and free with
 * errno as it was. */
static void test_forward(void **state)
{
	char *p = libc_malloc(100);
	void *q;
	size_t usable = libc_usable(p), room;

	(void)state;
	strcpy(p, "kept");
	assert_int_equal(foreign_usable_size(p), usable);
	assert_int_equal(malloc_usable_size(p), usable);
	assert_int_equal(foreign_realloc(p, 5000, &q, &room), 0);
	p = q;
	assert_string_equal(p, "kept");
	assert_null(shim_cache_of(p));
	assert_true(libc_usable(p) >= 5000);
	p = realloc(p, 60);
	assert_string_equal(p, "kept");
	errno = 77;
	foreign_free(p);
	assert_int_equal(errno, 77);
	q = libc_malloc(60);
	assert_ptr_equal(q, p); /* so it was given back */
	free(q);
	assert_int_equal(errno, 77);
}

/* foreign=leak. Expect such a block left alone, and a copy that is ours. */
static void child_leak(void *arg)
{
	char *p = libc_malloc(100);
	void *q;
	size_t room;

	(void)arg;
	strcpy(p, "kept");
	parse_args("foreign=leak");
	foreign_free(p);
	free(p);
	REQUIRE(libc_malloc(100) != p);
	REQUIRE(!strcmp(p, "kept"));
	REQUIRE(!foreign_usable_size(p));
	REQUIRE(foreign_realloc(p, 50, &q, &room) == -ENOENT && room >= 100);
	q = realloc(p, 50);
	REQUIRE(q != p && shim_cache_of(q) == shim_cache_for(50));
	REQUIRE(!strcmp(q, "kept"));
	REQUIRE(!realloc(p, 0));
}

/* A value that there is not. Expect it reported, and nothing changed. */
static void child_unknown(void *arg)
{
	(void)arg;
	parse_args("foreign=perhaps");
	free(libc_malloc(100));
}

static void test_unknown(void **state)
{
	struct child_end end;

	(void)state;
	child_run(child_unknown, NULL, &end);
	assert_int_equal(end.status, 0);
	assert_string_equal(end.err, "kmalloc: malformed boot parameter "
				     "'foreign=perhaps' ignored, "
				     "allowed: forward, abort, leak\n");
}

/* ---- the end ------------------------------------------------------------- */

enum call { FREE, REALLOC, USABLE };

struct bad {
	const char *cmdline;
	void *p;
	enum call call;
};

static void child_bad(void *arg)
{
	const struct bad *bad = arg;
	char local[64];
	size_t room;
	void *q, *p = bad->p ? bad->p : local;

	parse_args(bad->cmdline);
	if (bad->call == FREE)
		foreign_free(p);
	else if (bad->call == REALLOC)
		foreign_realloc(p, 10, &q, &room);
	else
		foreign_usable_size(p);
}

/* All three calls end with this line. */
static void expect_end(const char *cmdline, void *p, const char *phrase)
{
	static const char *const names[] = { "free", "realloc",
					     "malloc_usable_size" };
	char text[128];

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		struct bad bad = { cmdline, p, (enum call)i };

		if (p)
			snprintf(text, sizeof(text), "kmalloc: %s(): %p %s\n",
				 names[i], p, phrase);
		else
			snprintf(text, sizeof(text), "%s\n", phrase);
		assert_true(child_aborts(child_bad, &bad, text));
	}
}

static void expect_double_free(void *p)
{
	struct bad bad = { "", p, FREE };

	assert_true(child_aborts(child_bad, &bad, "free(): double free of"));
}

/* Places that no allocator gives out. Expect one line, whatever foreign= is. */
static void test_no_owner(void **state)
{
	static char object[64];
	void *gap = mmap(NULL, PAGE_SIZE, PROT_READ,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	munmap(gap, PAGE_SIZE);
	expect_end("foreign=leak", object, "is inside a loaded object");
	expect_end("", object, "is inside a loaded object");
	expect_end("foreign=leak", gap, "is in no mapping");
	freed_note(gap); /* an area outside of vmalloc space was there */
	expect_double_free(gap);
	expect_end("foreign=leak", NULL, "is on a stack");
}

/* foreign=abort. Expect it to be the end for others' blocks too. */
static void test_abort(void **state)
{
	void *p = libc_malloc(100);

	(void)state;
	expect_end("foreign=abort", p, "belongs to another allocator");
	free(p);
}

/* A mapping of the program: its start, with nothing in front, and addresses
 * behind words that are no size. Expect a line, unless foreign=leak says that
 * it may have an owner. */
static void child_leaks(void *p)
{
	parse_args("foreign=leak");
	foreign_free(p);
	exit(0);
}

static void test_mapping(void **state)
{
	static const size_t words[] = { 0, 7, 16, 31 };
	static const char phrase[] = "is in a mapping of the program, not "
				     "malloc's";
	char *p = mmap(NULL, 3 * PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct child_end end;

	(void)state;
	munmap(p, PAGE_SIZE);
	p += PAGE_SIZE;
	expect_end("", p, phrase);
	expect_end("foreign=abort", p, phrase);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		memcpy(p + 56, &words[i], sizeof(words[i]));
		expect_end("", p + 64, phrase);
	}
	memcpy(p + 56, &(size_t){ 33 }, sizeof(size_t));
	expect_end("foreign=abort", p + 64, "belongs to another allocator");
	child_run(child_leaks, p, &end);
	assert_int_equal(end.status, 0);
	munmap(p, 2 * PAGE_SIZE);
}

/* The same where another allocator than glibc's is next. Expect it to get the
 * pointer. */
static void *given;

static void take(void *p)
{
	given = p;
}

static void child_other_next(void *arg)
{
	const struct next_malloc other = { .free = take };
	char *p = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)arg;
	next_keep(&other);
	foreign_free(p + 64);
	REQUIRE(given == p + 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forward), child_test(child_leak),
		cmocka_unit_test(test_unknown), cmocka_unit_test(test_no_owner),
		cmocka_unit_test(test_abort),	cmocka_unit_test(test_mapping),
		child_test(child_other_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
