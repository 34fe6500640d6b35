// SPDX-License-Identifier: MIT
/*
 * test_start.c - a room asks for the engine, and a library's starter is called
 *
 * This program is a library with a starter. One without is any other test of
 * core: there is nothing to call, and nothing to see.
 */
#include <errno.h>

#include "core/start.h"
#include "support/child.h"

static int result; /* of the starter */
static unsigned int calls;

static int start(void)
{
	calls++;
	return result;
}

static const struct engine_starter starter __engine_starter = {
	.start = start,
};

static int setup(void **state)
{
	(void)state;
	result = 0;
	calls = 0;
	engine_up = 0;
	return 0;
}

/* The engine is down. Expect each request for it to call the starter, and to be
 * told its result. */
static void test_down(void **state)
{
	(void)state;
	assert_int_equal(engine_need(), 0);
	assert_int_equal(calls, 1);
	result = -ENOMEM;
	assert_int_equal(engine_need(), -ENOMEM);
	assert_int_equal(engine_start(), -ENOMEM);
	assert_int_equal(calls, 3);
}

/* The engine is up. Expect no call. */
static void test_up(void **state)
{
	(void)state;
	engine_up = 1;
	result = -ENOMEM;
	assert_int_equal(engine_need(), 0);
	assert_int_equal(calls, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_down, setup),
		cmocka_unit_test_setup(test_up, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
