// SPDX-License-Identifier: MIT
/*
 * test_percpu.c - what callers of __alloc_percpu() and free_percpu() see
 */
#include <signal.h>
#include <sys/wait.h>

#include <kmalloc/scope.h>

#include "support/percpu.h"

static void *take(size_t size, size_t align)
{
	void *p = __alloc_percpu(size, align);

	REQUIRE(p);
	check_percpu();
	return p;
}

static void give(void *p)
{
	free_percpu(p);
	check_percpu();
}

/* Every alignment, after odd sizes. Expect the copy of each CPU aligned and
 * zero, and no copy over another. */
static void child_align(void *arg)
{
	unsigned int cpu;

	(void)arg;
	start_percpu("");
	for (size_t align = 1; align <= PAGE_SIZE; align *= 2) {
		char *p = take(align + 1, align), *small = take(3, 1);

		for_each_possible_cpu(cpu)
		{
			uintptr_t at = (uintptr_t)per_cpu_ptr(p, cpu);

			REQUIRE(at % align == 0 && at % 4 == 0);
			REQUIRE((uintptr_t)per_cpu_ptr(p, 0) +
					cpu * PCPU_MIN_UNIT_SIZE ==
				at);
		}
		REQUIRE(copies_hold(p, align + 1, 0));
		fill_copies(p, align + 1, 0xff);
		REQUIRE(copies_hold(small, 3, 0));
	}
	REQUIRE(take(1, 0)); /* less than 4 means 4 */
}

/* The whole of a unit, and types by macro. Expect both to be served. */
static void child_sizes(void *arg)
{
	struct pair {
		long a;
		char b;
	} * pair;
	long *sum;
	void *all;

	(void)arg;
	start_percpu("");
	all = take(PCPU_MIN_UNIT_SIZE, PAGE_SIZE);
	REQUIRE(copies_hold(all, PCPU_MIN_UNIT_SIZE, 0));
	REQUIRE(pcpu_alloc_size(all) == PCPU_MIN_UNIT_SIZE);
	pair = alloc_percpu(struct pair);
	sum = alloc_percpu_gfp(long, GFP_KERNEL);
	REQUIRE(pair && sum && chunk_of(pair) != chunk_of(all));
	REQUIRE(pcpu_alloc_size(pair) == sizeof(*pair));
	per_cpu_ptr(pair, 1)->a = 7;
	REQUIRE(*per_cpu_ptr(&pair->a, 1) == 7 && !*per_cpu_ptr(&pair->a, 0));
	REQUIRE(pcpu_alloc_size(&pair->b) == 0);
	REQUIRE(pcpu_alloc_size(NULL) == 0);
	free_percpu(sum);
	free_percpu(pair);
	give(all);
}

/* A thread that is said to be on one CPU, then on the other. Expect the copies
 * of these, and a sum over all CPUs. */
static void child_this_cpu(void *arg)
{
	unsigned int cpu;
	long *p, sum = 0;

	(void)arg;
	start_percpu("");
	REQUIRE(num_possible_cpus() == nr_cpu_ids);
	p = alloc_percpu(long);
	for (int turn = 0; turn < 10; turn++) {
		cpu = (unsigned int)turn % nr_cpu_ids;
		REQUIRE(!km_set_cpu((int)cpu));
		REQUIRE(raw_smp_processor_id() == cpu);
		REQUIRE(this_cpu_ptr(p) == per_cpu_ptr(p, cpu));
		*raw_cpu_ptr(p) += turn;
	}
	for_each_possible_cpu(cpu) sum += *per_cpu_ptr(p, cpu);
	REQUIRE(sum == 45);
	free_percpu(p);
	REQUIRE(!km_set_cpu(-1) && raw_smp_processor_id() < nr_cpu_ids);
}

/* Memory that was written and freed. Expect the same place, and zeros. */
static void child_zero(void *arg)
{
	size_t offset;
	void *p;

	(void)arg;
	start_percpu("");
	take(12, 4);
	for (size_t size = 1; size <= PCPU_MIN_UNIT_SIZE / 2; size *= 3) {
		p = take(size, 8);
		offset = offset_of(p);
		fill_copies(p, size, 0xa5);
		free_percpu(p);
		p = take(size, 8);
		REQUIRE(offset_of(p) == offset && copies_hold(p, size, 0));
		free_percpu(p);
	}
}

static void refused(void *arg)
{
	(void)arg;
	REQUIRE(!__alloc_percpu(0, 8));
	REQUIRE(!__alloc_percpu(PCPU_MIN_UNIT_SIZE + 1, 8));
	REQUIRE(!__alloc_percpu(SIZE_MAX, 8));
	REQUIRE(!__alloc_percpu(8, 24));
	REQUIRE(!__alloc_percpu_gfp(8, 8192, GFP_ATOMIC));
	REQUIRE(!__alloc_percpu_gfp(0, 8, GFP_KERNEL | __GFP_NOWARN));
	REQUIRE(!__alloc_percpu_gfp(8, 3 * PAGE_SIZE, GFP_NOWAIT));
}

/* Sizes and alignments that cannot be. Expect NULL and the kernel's line, but
 * none with __GFP_NOWARN, and nothing made. */
static void child_refuse(void *arg)
{
	char text[1024];

	(void)arg;
	start_percpu("");
	capture_stderr(refused, NULL, text, sizeof(text));
	REQUIRE(!strcmp(
		text,
		"illegal size (0) or align (8) for percpu allocation\n"
		"illegal size (32769) or align (8) for percpu allocation\n"
		"illegal size (18446744073709551615) or align (8) for percpu "
		"allocation\n"
		"illegal size (8) or align (24) for percpu allocation\n"
		"illegal size (8) or align (8192) for percpu allocation\n"));
	REQUIRE(!pcpu.nr_chunks && !vm_space.areas);
	check_percpu();
}

static char *victim;

static void free_badly(void *arg)
{
	static int variable;

	(void)arg;
	free_percpu(NULL);
	free_percpu(&variable);
	free_percpu(per_cpu_ptr(victim, 0)); /* no cookie */
	free_percpu(victim + 4); /* inside */
	free_percpu(victim + 1);
	free_percpu(victim + PCPU_MIN_UNIT_SIZE); /* CPU 1's */
	free_percpu((void *)UINTPTR_MAX);
	free_percpu(victim + 64); /* free */
	REQUIRE(pcpu_alloc_size(victim) == 16);
	free_percpu(victim);
	free_percpu(victim); /* again */
}

/* Pointers that are no cookies, or no more. Expect a line for each, and all
 * as it was. */
static void child_bad_free(void *arg)
{
	char text[16384];
	void *other;

	(void)arg;
	start_percpu("");
	victim = take(16, 64);
	other = take(4, 4);
	fill_copies(other, 4, 0x11);
	capture_stderr(free_badly, NULL, text, sizeof(text));
	REQUIRE(count_phrase(text, "Trying to free_percpu() bad pointer (0x") ==
		8);
	REQUIRE(count_phrase(text, "WARNING: ") == 8);
	check_percpu();
	REQUIRE(copies_hold(other, 4, 0x11));
	REQUIRE(pcpu_alloc_size(other) == 4 && !pcpu_alloc_size(victim));
}

static void read_cookie(void *arg)
{
	volatile char *p;

	(void)arg;
	start_percpu("");
	signal(SIGSEGV, SIG_DFL); /* cmocka has a handler */
	p = __alloc_percpu(8, 8);
	REQUIRE(p && (uintptr_t)p - KM_PERCPU_COOKIE ==
			     (uintptr_t)per_cpu_ptr(p, 0));
	dprintf(2, "reading\n");
	(void)*p;
	dprintf(2, "has read\n");
}

/* A cookie taken for an address. Expect the program to end there. */
static void test_cookie(void **state)
{
	struct child_end end;

	(void)state;
	child_run(read_cookie, NULL, &end);
	assert_true(WIFSIGNALED(end.status));
	assert_int_equal(WTERMSIG(end.status), SIGSEGV);
	assert_int_equal(count_phrase(end.err, "reading"), 1);
	assert_int_equal(count_phrase(end.err, "has read"), 0);
}

static void fail_twelve(void *arg)
{
	(void)arg;
	for (int i = 0; i < 12; i++) {
		os_fail_calls(1, 100);
		REQUIRE(!__alloc_percpu(100, 16));
	}
	REQUIRE(!__alloc_percpu_gfp(100, 16, QUIETLY));
	os_fail_calls(0, 0);
}

/* No memory for a chunk, again and again. Expect NULL, ten lines and that
 * there will be no more; then an allocation like any other. */
static void child_no_memory(void *arg)
{
	char text[2048];

	(void)arg;
	start_percpu("");
	capture_stderr(fail_twelve, NULL, text, sizeof(text));
	REQUIRE(count_phrase(text, "percpu: allocation failed, size=100 "
				   "align=16 atomic=0, failed to allocate new "
				   "chunk\n") == 10);
	REQUIRE(count_phrase(text, "percpu: limit reached, disable "
				   "warning\n") == 1);
	REQUIRE(count_phrase(text, "\n") == 11);
	REQUIRE(!pcpu.nr_chunks && !vm_space.areas);
	take(100, 16);
}

/* Every memory call and every object that allocations need fails once. Expect
 * NULL or a block, and nothing lost. */
static void child_unwind(void *arg)
{
	unsigned long areas, failed = 0;

	(void)arg;
	start_percpu("vmap.lazy_max=1M");
	give(take(PCPU_MIN_UNIT_SIZE, 4));
	areas = vm_space.areas;
	for (unsigned int n = 0; n < 40; n++) {
		void *p[3];

		if (n % 2)
			backend_left = n / 2;
		else
			os_fail_calls(n / 2 + 1, 1);
		for (int i = 0; i < 3; i++) {
			p[i] = __alloc_percpu_gfp(PCPU_MIN_UNIT_SIZE, 4,
						  QUIETLY);
			failed += !p[i];
			check_percpu();
		}
		for (int i = 0; i < 3; i++)
			free_percpu(p[i]);
		backend_left = -1;
		os_fail_calls(0, 0);
		pcpu_balance();
		large_purge(PURGE_ALL);
		check_percpu();
		REQUIRE(vm_space.areas == areas && pcpu.nr_chunks == 1);
	}
	REQUIRE(failed > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_align),       child_test(child_sizes),
		child_test(child_this_cpu),    child_test(child_zero),
		child_test(child_refuse),      child_test(child_bad_free),
		cmocka_unit_test(test_cookie), child_test(child_no_memory),
		child_test(child_unwind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
