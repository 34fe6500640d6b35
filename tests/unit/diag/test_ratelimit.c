// SPDX-License-Identifier: MIT
/*
 * test_ratelimit.c - a thing is said so often in so long, and no more
 */
#include "diag/ratelimit.h"
#include "support/child.h"

/* Asked ten times within an interval. Expect yes as often as the burst is. */
static void test_burst(void **state)
{
	struct ratelimit_state rs = RATELIMIT_STATE_INIT(3600000, 3);
	unsigned int yes = 0;

	(void)state;
	for (unsigned int i = 0; i < 10; i++) {
		bool may = __ratelimit(&rs, "test");

		assert_int_equal(may, i < 3);
		yes += may;
	}
	assert_int_equal(yes, 3);
	assert_int_equal(rs.missed, 7);
}

static void ask(void *arg)
{
	assert_true(__ratelimit(arg, "a thing"));
}

/* The interval is over. Expect yes again, and one line with how often it was
 * no; nothing if it never was. */
static void test_next(void **state)
{
	struct ratelimit_state rs = RATELIMIT_STATE_INIT(1000, 1);
	char text[128];

	(void)state;
	assert_true(__ratelimit(&rs, "a thing"));
	assert_false(__ratelimit(&rs, "a thing"));
	assert_false(__ratelimit(&rs, "a thing"));
	rs.begin -= 5000; /* it began five seconds earlier */
	capture_stderr(ask, &rs, text, sizeof(text));
	assert_string_equal(text, "a thing: 2 callbacks suppressed\n");
	rs.begin -= 5000;
	capture_stderr(ask, &rs, text, sizeof(text));
	assert_string_equal(text, "");
}

/* An interval of 0. Expect no limit. */
static void test_none(void **state)
{
	struct ratelimit_state rs = RATELIMIT_STATE_INIT(0, 1);

	(void)state;
	for (unsigned int i = 0; i < 10; i++)
		assert_true(__ratelimit(&rs, "test"));
	assert_int_equal(rs.missed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_burst),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
