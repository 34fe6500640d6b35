// SPDX-License-Identifier: MIT
/*
 * test_debug_report.c - the words of slab_debug's reports, and when there are
 * none (docs/kernel.md D3, D4)
 */
#include "diag/param.h"
#include "fake.h"
#include "kmem/debug.h"
#include "sys/os.h"

static struct kmem_cache cache = { .name = "reported" };
static const struct slab_caller nowhere;
static unsigned int errors;

static int setup(void **state)
{
	(void)state;
	cache.debug_errors = 0;
	cache.flags = 0;
	errors = 0;
	slab_kunit_errors = NULL;
	return 0;
}

static void bug(void *arg)
{
	slab_bug(arg, "Object %s, byte %d", "damaged", 7);
}

static void bug_to_end(void *arg)
{
	bug(arg);
	slab_bug_end(&nowhere);
}

static void fix(void *arg)
{
	slab_fix(arg, "Restoring %d bytes", 8);
}

static void bad_free(void *arg)
{
	slab_bad_free(arg, (void *)0x1230, &nowhere);
}

static const char *said(void (*fn)(void *), void *arg)
{
	static char text[4096];

	capture_stderr(fn, arg, text, sizeof(text));
	return text;
}

/* Reports in a process, of a cache and of none. Expect the kernel's heads, and
 * "Tainted" from the end of the first report on. */
static void child_head(void *arg)
{
	char line[79];

	(void)arg;
	memset(line, '=', 77);
	line[77] = '\n';
	line[78] = '\0';
	REQUIRE(strstr(said(bug, &cache), line));
	memset(line, '-', 77);
	REQUIRE(strstr(said(bug, &cache), line));
	REQUIRE(strstr(said(bug, &cache), "\nBUG reported (Not tainted): "
					  "Object damaged, byte 7\n"));
	REQUIRE(strstr(said(bug_to_end, NULL), "\nBUG <unknown> (Not tainted): "
					       "Object damaged, byte 7\n"));
	REQUIRE(strstr(said(bug_to_end, &cache),
		       "\nBUG reported (Tainted: G    B): Object damaged"));
}

/* panic_on_warn. Expect the end of a report to end the program, and no report
 * that has not ended. */
static void child_panic(void *arg)
{
	(void)arg;
	parse_args("panic_on_warn=1");
	REQUIRE(strstr(said(bug, &cache), "Not tainted"));
	REQUIRE(child_aborts(bug_to_end, &cache, "panic_on_warn set"));
}

/* A fix, a free of what is in no slab. Expect a line of each, and one error of
 * the cache counted for it. */
static void test_lines(void **state)
{
	(void)state;
	assert_string_equal(said(fix, &cache),
			    "FIX reported: Restoring 8 bytes\n");
	assert_int_equal(cache.debug_errors, 1);
	assert_non_null(strstr(said(bad_free, &cache),
			       "Attempt to free object(0x1230) outside of "
			       "slab\n"));
	assert_int_equal(cache.debug_errors, 2);
}

/* A test counts errors. Expect none to be printed, and each to be counted by
 * the test and in the cache. */
static void test_counted(void **state)
{
	(void)state;
	slab_kunit_errors = &errors;
	assert_string_equal(said(fix, &cache), "");
	assert_string_equal(said(bad_free, &cache), "");
	assert_true(slab_add_kunit_errors(&cache));
	assert_int_equal(errors, 3);
	assert_int_equal(cache.debug_errors, 3);
	slab_kunit_errors = NULL;
	assert_false(slab_add_kunit_errors(&cache));
	assert_int_equal(errors, 3);
	assert_int_equal(cache.debug_errors, 4);
}

/* Calls of caches without debug flags, with some, and with a stack kept. Expect
 * the call and its thread in each, a stack in the second and third, and a
 * handle of it in the third alone. */
static void test_caller(void **state)
{
	uintptr_t here = (uintptr_t)__builtin_return_address(0);
	const unsigned long *entries;
	struct slab_caller who;

	(void)state;
	slab_caller_init(&who, &cache, here);
	assert_int_equal(who.track.addr, here);
	assert_int_equal(who.track.pid, os_tid());
	assert_int_equal(who.nr, 0);
	assert_int_equal(who.track.handle, 0);
	cache.flags = SLAB_POISON;
	slab_caller_init(&who, &cache, here);
	assert_true(who.nr >= 1 && who.nr <= TRACK_ADDRS_COUNT);
	assert_int_equal(who.entries[0], here);
	assert_int_equal(who.track.handle, 0);
	cache.flags = SLAB_STORE_USER;
	slab_caller_init(&who, &cache, here);
	assert_int_not_equal(who.track.handle, 0);
	assert_int_equal(stack_depot_fetch(who.track.handle, &entries), who.nr);
	assert_memory_equal(entries, who.entries,
			    who.nr * sizeof(who.entries[0]));
}

static void track(void *arg)
{
	print_track("Allocated", arg);
}

/* A track of this call, and one that was never set. Expect a line with what it
 * knows, and nothing. */
static void test_track(void **state)
{
	struct track none = { .cpu = 3 };
	struct track t = { .addr = (unsigned long)(uintptr_t)test_track + 4,
			   .cpu = 3,
			   .pid = 4711,
			   .when = os_now_ms() };
	const char *text;

	(void)state;
	assert_string_equal(said(track, &none), "");
	text = said(track, &t);
	assert_int_equal(strncmp(text, "Allocated in ", 13), 0);
	assert_non_null(strstr(text, " age="));
	assert_non_null(strstr(text, " cpu=3 pid=4711\n"));
	assert_int_equal(count_phrase(text, "\n"), 1);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup(fn, setup)
	const struct CMUnitTest tests[] = {
		child_test(child_head), child_test(child_panic),
		TEST(test_lines),	TEST(test_counted),
		TEST(test_caller),	TEST(test_track),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
