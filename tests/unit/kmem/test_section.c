// SPDX-License-Identifier: MIT
/*
 * test_section.c - each instruction of each section on a CPU's table is aborted
 *
 * First the section is stepped through, with rseq given up, so that it is known
 * where its instructions begin. Then each of these gets a breakpoint, one after
 * the other: its signal makes the kernel abort the section there.
 */
#include "fake.h"
#include "kmem/cache.h"
#include "kmem/cpu_owner.h"
#include "kmem/internal.h"
#include "kmem/section.h"
#include "kmem/sheaf.h"

/* ThreadSanitizer puts signals off. */
#if defined(__x86_64__) && !defined(SECTION_TSAN)
#include "support/rseq.h"

#define CAPACITY 16U
#define SLOT 300UL
#define SPARE 301UL

static struct slab_sheaf sheaf __aligned(SHEAF_SIZE);
static struct kmem_owner *table;
static unsigned int cpu;
static uintptr_t result;

static void *object(unsigned int nr)
{
	return (void *)(0x10000UL + 64 * nr);
}

/* Main gets objects 1 to nr. */
static void fill(unsigned int nr)
{
	sheaf_set_capacity(&sheaf, CAPACITY);
	for (unsigned int i = 0; i < nr; i++)
		sheaf_objects(&sheaf)[i] = object(i + 1);
	table->cursor[SLOT] = sheaf_bottom(&sheaf) + nr * sizeof(void *);
	table->cursor[SPARE] = 0;
	kmem_cpus.owner[cpu] = table;
}

static unsigned int count(void)
{
	return (unsigned int)((table->cursor[SLOT] - sheaf_bottom(&sheaf)) /
			      sizeof(void *));
}

/* ---- what is aborted ----------------------------------------------------- */

static noinline void pop(void)
{
	result = (uintptr_t)section_pop(kmem_rseq, section_slot(SLOT));
}

static noinline void push(void)
{
	result = section_push(kmem_rseq, section_slot(SLOT), object(9));
}

static noinline void fast_pop(void)
{
	result = (uintptr_t)section_fast_pop(SLOT);
}

static noinline void fast_push(void)
{
	result = section_fast_push(SLOT, object(9));
}

static noinline void try_pop(void)
{
	result = (uintptr_t)section_try_pop(kmem_rseq, SLOT);
}

static noinline void try_push(void)
{
	result = section_try_push(kmem_rseq, SLOT, object(9));
}

static noinline void take(void)
{
	result = section_take(kmem_rseq, section_slot(SLOT), MISSING);
}

static noinline void put(void)
{
	result = section_put(kmem_rseq, section_slot(SPARE), 0, 4711);
}

static void prepare(void)
{
	fill(5);
}

static void popped(void)
{
	assert_int_equal(result, object(5));
	assert_int_equal(count(), 4);
}

static void pushed(void)
{
	assert_true(result);
	assert_int_equal(count(), 6);
	assert_ptr_equal(sheaf_objects(&sheaf)[5], object(9));
}

static void taken(void)
{
	assert_int_equal(result, sheaf_bottom(&sheaf) + 5 * sizeof(void *));
	assert_int_equal(table->cursor[SLOT], MISSING);
}

static void was_put(void)
{
	assert_true(result);
	assert_int_equal(table->cursor[SPARE], 4711);
}

static const struct section {
	const char *name;
	void (*run)(void);
	void (*check)(void); /* that it was done, once */
	unsigned int least; /* instructions */
	unsigned int tries;
} sections[] = {
	{ "pop", pop, popped, 7, SECTION_TRIES },
	{ "push", push, pushed, 10, SECTION_TRIES },
	{ "fast pop", fast_pop, popped, 7, 1 },
	{ "fast push", fast_push, pushed, 11, 1 },
	{ "one pop", try_pop, popped, 7, 1 },
	{ "one push", try_push, pushed, 11, 1 },
	{ "take", take, taken, 6, SECTION_TRIES },
	{ "put", put, was_put, 8, SECTION_TRIES },
};

/* Nothing of it was done. */
static void check_miss(void)
{
	assert_int_equal(result, 0);
	assert_int_equal(count(), 5);
	assert_int_equal(table->cursor[SPARE], 0);
}

/* Each section, aborted once at each of its instructions. Expect each abort to
 * be seen, and the section to have been done once all the same; one that is
 * tried once misses, and nothing was done. */
static void test_abort_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		const struct section *at = &sections[i];
		unsigned int aborted = 0;

		prepare();
		rseq_walk(at->run, cpu);
		at->check();
		print_message("%s: %u instructions\n", at->name, rseq_steps.nr);
		assert_in_range(rseq_steps.nr, at->least, RSEQ_STEPS_MAX - 1);
		for (unsigned int step = 0; step < rseq_steps.nr; step++) {
			prepare();
			rseq_plant(step, false);
			at->run();
			assert_int_equal(rseq_steps.traps, 1);
			aborted += rseq_steps.aborts;
			if (at->tries > 1)
				at->check();
			else
				check_miss();
			rseq_unplant();
		}
		assert_int_equal(aborted, rseq_steps.nr);
	}
}

/* Each section, aborted at one instruction whenever it comes there. Expect a
 * miss after all tries, and nothing done. */
static void test_abort_always(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		prepare();
		rseq_walk(sections[i].run, cpu);
		for (unsigned int step = 0; step < rseq_steps.nr; step++) {
			prepare();
			rseq_plant(step, true);
			sections[i].run();
			rseq_unplant();
			assert_int_equal(rseq_steps.aborts, sections[i].tries);
			check_miss();
		}
	}
}

/* A thread whose area says no CPU, or one that has no table; a table that is
 * hidden. Expect that each section misses. */
static void test_no_table(void **state)
{
	static const unsigned int cpus[] = { KMEM_CPU_IDS - 1, (unsigned int)-1,
					     (unsigned int)-2 };

	(void)state;
	prepare();
	kmem_cpus.owner[KMEM_CPU_IDS - 1] = kmem_no_owner;
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		for (size_t c = 0; c < ARRAY_SIZE(cpus); c++) {
			rseq_forget(cpus[c]);
			sections[i].run();
			rseq_again();
			check_miss();
		}
		kmem_cpus.owner[cpu] = kmem_no_owner;
		sections[i].run();
		kmem_cpus.owner[cpu] = table;
		check_miss();
	}
	assert_int_equal(kmem_no_owner->cursor[SLOT], MISSING);
}

static void miss_pop(void (*pop_one)(void))
{
	fill(0);
	pop_one();
	assert_int_equal(result, 0);
	assert_int_equal(count(), 0);
}

static void miss_push(void (*push_one)(void))
{
	fill(CAPACITY);
	push_one();
	assert_int_equal(result, 0);
	assert_int_equal(count(), CAPACITY);
	for (unsigned int below = 1; below <= 3; below++) {
		fill(5);
		sheaf_objects(&sheaf)[5 - below] = object(9);
		push_one();
		assert_int_equal(result, below == 3);
		assert_int_equal(count(), below == 3 ? 6 : 5);
	}
}

/* An empty and a full main, and an object that is one of the two newest. Expect
 * that pop and push leave them as they are. */
static void test_miss(void **state)
{
	(void)state;
	miss_pop(pop);
	miss_pop(fast_pop);
	miss_pop(try_pop);
	miss_push(push);
	miss_push(fast_push);
	miss_push(try_push);
	fill(5);
	table->cursor[SPARE] = 1;
	put();
	assert_int_equal(result, 0);
	assert_int_equal(table->cursor[SPARE], 1);
}

static int start(void **state)
{
	if (kmem_cpu_owners_start(true) || fake_start(state))
		return -1;
	pin_to_first_cpu();
	cpu = (unsigned int)os_cpu();
	if (!kmem_cpu_table[cpu] && !kmem_cpu_owner_make(&cache_cache))
		return -1;
	table = kmem_cpu_table[cpu];
	section_fast_start();
	rseq_steps_init();
	return 0;
}

/* The words of the test are no sheaves. */
static int end(void **state)
{
	(void)state;
	table->cursor[SLOT] = MISSING;
	table->cursor[SPARE] = MISSING;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_abort_once),
		cmocka_unit_test(test_abort_always),
		cmocka_unit_test(test_no_table),
		cmocka_unit_test(test_miss),
	};

	if (!os_rseq_offset())
		return 77;
	return cmocka_run_group_tests(tests, start, end);
}
#else
int main(void)
{
	return 77;
}
#endif
