// SPDX-License-Identifier: MIT
/*
 * test_scope.c - names looked up in the loaded objects, without the loader
 */
#include <dlfcn.h>
#include <string.h>

#include "shim/scope.h"
#include "support/child.h"

struct seen {
	const char *name;
	void *plain, *versioned; /* in libc.so.6 */
	unsigned int objects, front;
	unsigned int libc; /* its place, from 1 on */
};

static void see(const struct scope_object *object, void *arg)
{
	struct seen *seen = arg;

	seen->objects++;
	seen->front += object->front;
	if (strcmp(object->soname, "libc.so.6"))
		return;
	seen->libc = seen->objects;
	seen->plain = scope_function(object, seen->name);
	seen->versioned = scope_versioned(object, seen->name);
}

static struct seen walk(const char *name)
{
	struct seen seen = { .name = name };

	assert_int_equal(scope_walk(see, &seen), 0);
	return seen;
}

/* Functions of libc. Expect what dlsym() finds, under their versions alone. */
static void test_libc(void **state)
{
	static const char *const names[] = { "qsort", "fopen", "malloc_info",
					     "pthread_create" };
	void *libc = dlopen("libc.so.6", RTLD_NOW);

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		struct seen seen = walk(names[i]);

		assert_true(seen.libc);
		assert_null(seen.plain);
		assert_ptr_equal(seen.versioned, dlsym(libc, names[i]));
	}
}

/* What is no function there, or a variable. Expect nothing. */
static void test_absent(void **state)
{
	(void)state;
	assert_null(walk("no_function_of_this_name").versioned);
	assert_null(walk("").versioned);
	assert_null(walk("stdout").versioned);
	assert_null(walk("main").versioned);
}

/* This program is the one that looks. Expect nothing in front of it. */
static void test_order(void **state)
{
	struct seen seen = walk("qsort");

	(void)state;
	assert_true(seen.objects >= 2);
	assert_int_equal(seen.front, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_libc),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
