// SPDX-License-Identifier: MIT
/*
 * test_symbol.c - the function that holds an address
 */
#include <errno.h>
#include <stdlib.h>

#include "diag/unwind/symbol.h"
#include "support/child.h"

/*
 * Functions of this program and of libc. Expect their names, their objects, and
 * a first address and size that hold what was looked for.
 */
static void test_functions(void **state)
{
	uintptr_t here = (uintptr_t)&test_functions, there = (uintptr_t)&daemon;
	struct symbol symbol;

	(void)state;
	assert_int_equal(symbol_find(here + 5, &symbol), 0);
	assert_string_equal(symbol.name, "test_functions");
	assert_string_equal(symbol.object, "");
	assert_true(symbol.start == here - symbol.bias);
	assert_true(symbol.size > 5);
	assert_int_equal(symbol_find(there + 3, &symbol), 0);
	assert_string_equal(symbol.name, "daemon");
	assert_non_null(strstr(symbol.object, "/libc.so.6"));
	assert_true(symbol.start == there - symbol.bias);
}

/*
 * The last byte of a function, the first behind it, and addresses in no code.
 * Expect its name for the first alone, and -ENOENT where no object is.
 */
static void test_edges(void **state)
{
	uintptr_t here = (uintptr_t)&test_edges;
	struct symbol symbol;

	(void)state;
	assert_int_equal(symbol_find(here, &symbol), 0);
	assert_string_equal(symbol.name, "test_edges");
	assert_int_equal(symbol_find(here + symbol.size - 1, &symbol), 0);
	assert_string_equal(symbol.name, "test_edges");
	assert_int_equal(symbol_find(here + symbol.size, &symbol), 0);
	assert_string_not_equal(symbol.name, "test_edges");
	assert_int_equal(symbol_find(16, &symbol), -ENOENT);
	assert_string_equal(symbol.name, "");
	assert_int_equal(symbol_find((uintptr_t)&symbol, &symbol), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
