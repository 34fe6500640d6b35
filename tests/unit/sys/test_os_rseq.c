// SPDX-License-Identifier: MIT
/*
 * test_os_rseq.c - where glibc's rseq area is, and the fence
 */
#include <errno.h>
#include <stdlib.h>

#include "support/child.h"
#include "support/cpu.h"
#include "sys/os.h"

static int cpu_in_area(void)
{
	const char *area = (char *)__builtin_thread_pointer() +
			   os_rseq_offset();

	return ((const int *)area)[1];
}

/* On one CPU, then on another. Expect the area to name it. */
static void test_area(void **state)
{
	(void)state;
	if (!os_rseq_offset())
		skip();
	pin_to_first_cpu();
	assert_int_equal(cpu_in_area(), sched_getcpu());
	unpin();
	pin_to_last_cpu();
	assert_int_equal(cpu_in_area(), sched_getcpu());
	unpin();
}

/* Before it is allowed, after, and in a child. Expect it refused, then done. */
static void allow(void *arg)
{
	int status;

	(void)arg;
	REQUIRE(os_rseq_fence(OS_ALL_CPUS) == -EPERM);
	REQUIRE(!os_rseq_fence_allow());
	REQUIRE(!os_rseq_fence(OS_ALL_CPUS));
	REQUIRE(!os_rseq_fence(0));
	if (!fork())
		_exit(-os_rseq_fence(OS_ALL_CPUS));
	REQUIRE(wait(&status) > 0 && !status);
}

static void test_fence(void **state)
{
	struct child_end end;

	(void)state;
	if (!os_rseq_offset())
		skip();
	child_run(allow, NULL, &end);
	expect_quiet(&end);
}

/* glibc is told not to register. Expect that there is no area. */
static void test_none(void **state)
{
	struct child_end end;

	(void)state;
	setenv("GLIBC_TUNABLES", "glibc.pthread.rseq=0", 1);
	child_again("none", "", &end);
	unsetenv("GLIBC_TUNABLES");
	expect_quiet(&end);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_area),
		cmocka_unit_test(test_fence),
		cmocka_unit_test(test_none),
	};

	if (argc > 1 && !strcmp(argv[1], "none"))
		return os_rseq_offset() != 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
