// SPDX-License-Identifier: MIT
/*
 * test_inside.c - which threads are in a slow path, and the gate that fork
 * closes
 */
#include <pthread.h>
#include <sched.h>

#include "fake.h"
#include "kmem/inside.h"
#include "kmem/owner.h"
#include "kmem/thread.h"
#include "sys/os.h"

static unsigned int drained;

static void drain(void)
{
	drained++;
}

/* A visit in a visit. Expect the second to be refused, until the first ends. */
static void test_nested(void **state)
{
	(void)state;
	assert_true(kmem_enter());
	assert_true(kmem_is_inside());
	assert_false(kmem_enter());
	assert_true(kmem_is_inside());
	kmem_leave();
	assert_false(kmem_is_inside());
	assert_true(kmem_enter());
	kmem_leave();
}

/* Something is put off. Expect it to be done when the visit ends, and once. */
static void test_drain(void **state)
{
	unsigned int before = drained;

	(void)state;
	assert_true(kmem_enter());
	kmem_visit.queued = 1;
	assert_int_equal(drained, before);
	kmem_leave();
	assert_int_equal(drained, before + 1);
	assert_true(kmem_enter());
	kmem_leave();
	assert_int_equal(drained, before + 1);
}

static bool entered;

static void handler(int sig)
{
	(void)sig;
	entered = kmem_enter();
	if (entered)
		kmem_leave();
}

static void raise_inside(void)
{
	assert_true(kmem_enter());
	entered = true;
	raise(SIGUSR1);
	kmem_leave();
	assert_false(entered);
	raise(SIGUSR1);
	assert_true(entered);
}

/* A handler on the same stack, and on one of its own that lies above. Expect
 * both to be refused inside, and let in outside. */
static void test_handler(void **state)
{
	char *stack = malloc((size_t)SIGSTKSZ);
	stack_t on = { .ss_sp = stack, .ss_size = (size_t)SIGSTKSZ };
	stack_t old; /* a sanitizer's */
	struct sigaction sa = { .sa_handler = handler };

	(void)state;
	assert_int_equal(sigaction(SIGUSR1, &sa, NULL), 0);
	raise_inside();
	assert_int_equal(sigaltstack(&on, &old), 0);
	sa.sa_flags = SA_ONSTACK;
	assert_int_equal(sigaction(SIGUSR1, &sa, NULL), 0);
	raise_inside();
	assert_int_equal(sigaltstack(&old, NULL), 0);
	free(stack);
}

static char thread_stack[4 << 20] __attribute__((aligned(4096)));
static char signal_stack[64 << 10];

static void *raise_on_low_stack(void *arg)
{
	stack_t on = { .ss_sp = signal_stack, .ss_size = sizeof(signal_stack) };
	stack_t old; /* a sanitizer's */

	assert_int_equal(sigaltstack(&on, &old), 0);
	raise_inside();
	assert_int_equal(sigaltstack(&old, NULL), 0);
	return arg;
}

/* The stack of the handler lies above that of its thread, or below. Expect it
 * to be refused either way. */
static void test_handler_of_thread(void **state)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_ONSTACK };
	pthread_attr_t attr;
	pthread_t t;

	(void)state;
	assert_int_equal(sigaction(SIGUSR1, &sa, NULL), 0);
	pthread_attr_init(&attr);
	assert_int_equal(pthread_create(&t, NULL, raise_on_low_stack, NULL), 0);
	pthread_join(t, NULL);
	assert_int_equal(pthread_attr_setstack(&attr, thread_stack,
					       sizeof(thread_stack)),
			 0);
	assert_int_equal(pthread_create(&t, &attr, raise_on_low_stack, NULL),
			 0);
	pthread_join(t, NULL);
	pthread_attr_destroy(&attr);
}

static jmp_buf out;

static noinline void enter_and_jump(void)
{
	volatile char room[4096];

	room[0] = 0;
	assert_true(kmem_enter());
	longjmp(out, 1 + room[0]);
}

/* A visit that longjmp() has left. Expect the next one to be let in. */
static void test_abandoned(void **state)
{
	(void)state;
	if (!setjmp(out))
		enter_and_jump();
	assert_true(kmem_is_inside());
	assert_true(kmem_enter());
	kmem_leave();
	assert_false(kmem_is_inside());
}

static int stage; /* atomic */

static void reach(int n)
{
	__atomic_store_n(&stage, n, __ATOMIC_SEQ_CST);
}

static int at_stage(void)
{
	return __atomic_load_n(&stage, __ATOMIC_SEQ_CST);
}

static void wait_for(int n)
{
	while (at_stage() < n)
		sched_yield();
}

static void use_table(void)
{
	struct kmem_cache *s = kmem_cache_create("inside", 64, 0, 0, NULL);

	kmem_cache_free(s, kmem_cache_alloc(s, 0));
	kmem_cache_destroy(s);
}

/* arg: has it a table? */
static void *visit(void *arg)
{
	bool let_in;

	if (arg)
		use_table();
	let_in = kmem_enter();
	reach(1);
	wait_for(2);
	for (int i = 0; i < 100; i++)
		sched_yield();
	if (at_stage() != 2 || !let_in)
		return (void *)1; /* the gate did not wait for this */
	kmem_leave();
	wait_for(3); /* closed */
	if (kmem_enter() || kmem_is_inside())
		return (void *)2;
	if (kmem_enter()) /* and now at once */
		return (void *)3;
	reach(4);
	wait_for(5); /* open again */
	if (!kmem_enter())
		return (void *)4;
	kmem_leave();
	return NULL;
}

/* The gate is closed while a thread is inside. Expect that to wait for it, the
 * thread to be refused then, but not the one that closed, and all to be let in
 * when it is open. */
static void close_on(void *has_table)
{
	pthread_t t;
	void *ret;

	reach(0);
	use_table();
	assert_int_equal(pthread_create(&t, NULL, visit, has_table), 0);
	wait_for(1);
	reach(2);
	kmem_gate_close();
	assert_true(kmem_gate_is_mine());
	reach(3);
	assert_true(kmem_enter());
	kmem_leave();
	wait_for(4);
	kmem_gate_open();
	assert_false(kmem_gate_is_mine());
	reach(5);
	pthread_join(t, &ret);
	assert_ptr_equal(ret, NULL);
}

static void test_gate(void **state)
{
	(void)state;
	close_on(&stage);
}

static void test_gate_without_table(void **state)
{
	(void)state;
	close_on(NULL);
}

/* ---- VISIT3 -------------------------------------------------------------- */

#define RACES 400000U
#define RACE_MS 2000 /* at most */
#define RACE_OVER 0

static struct {
	u32 round __attribute__((aligned(64))); /* atomic: the forker's */
	u32 done __attribute__((aligned(64))); /* atomic: the visitor's */
	uintptr_t *inside; /* of the visitor's table */
	bool entered; /* did the visitor see no gate? */
} race;

/* Waits until the word is no longer `old`. Returns it. */
static u32 race_wait(const u32 *at, u32 old)
{
	u32 now;

	for (int i = 0; (now = __atomic_load_n(at, __ATOMIC_ACQUIRE)) == old;
	     i++)
		if (i > 1000) /* one CPU */
			sched_yield();
	return now;
}

/* The fast half of a visit, with the gate as kmem_enter() reads it. */
static void *visit_often(void *arg)
{
	u32 n = 1;

	use_table();
	race.inside = kmem_visit.inside;
	__atomic_store_n(&race.done, n, __ATOMIC_RELEASE);
	while ((n = race_wait(&race.round, n)) != RACE_OVER) {
		kmem_visit_begin(1);
		race.entered = !kmem_visit_is_odd();
		__atomic_store_n(&race.done, n, __ATOMIC_RELEASE);
	}
	kmem_visit_end();
	return arg;
}

/* Returns true if neither saw the other. */
static bool race_once(u32 n)
{
	bool seen;

	__atomic_store_n(race.inside, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&kmem_gate_closed, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&race.round, n, __ATOMIC_RELEASE);
	for (volatile u32 i = 0; i < n % 64; i++)
		;
	__atomic_store_n(&kmem_gate_closed, 1, __ATOMIC_SEQ_CST);
	seen = __atomic_load_n(race.inside, __ATOMIC_SEQ_CST);
	race_wait(&race.done, n - 1);
	return !seen && race.entered;
}

/* A thread goes in while another closes the gate. Expect that at least one of
 * them sees what the other did. */
static void test_race(void **state)
{
	unsigned long end = os_now_ms() + RACE_MS;
	unsigned int missed = 0, n;
	pthread_t t;

	(void)state;
	race.round = 1;
	assert_int_equal(pthread_create(&t, NULL, visit_often, NULL), 0);
	race_wait(&race.done, 0);
	for (n = 2; n < RACES && os_now_ms() < end; n++)
		missed += race_once(n);
	__atomic_store_n(&race.round, RACE_OVER, __ATOMIC_RELEASE);
	pthread_join(t, NULL);
	kmem_gate_closed = 0;
	print_message("%u of %u races missed\n", missed, n - 2);
	assert_int_equal(missed, 0);
}

static void *get_table_inside(void *arg)
{
	if (!kmem_enter())
		return NULL;
	kmem_owner_get();
	kmem_leave();
	return kmem_this_owner == kmem_owner_get() ? arg : NULL;
}

/* A thread gets its table inside, and ends. Expect the table to be retired: the
 * key was set when it left. */
static void test_table_inside(void **state)
{
	unsigned int before = kmem_owners_number();
	pthread_t t;
	void *ret;

	(void)state;
	assert_int_equal(pthread_create(&t, NULL, get_table_inside, &before),
			 0);
	pthread_join(t, &ret);
	assert_ptr_equal(ret, &before);
	assert_int_equal(kmem_owners_number(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_drain),
		cmocka_unit_test(test_handler),
		cmocka_unit_test(test_handler_of_thread),
		cmocka_unit_test(test_abandoned),
		cmocka_unit_test(test_gate),
		cmocka_unit_test(test_gate_without_table),
		cmocka_unit_test(test_race),
		cmocka_unit_test(test_table_inside),
	};
	static const struct kmem_aside aside = { .drain = drain };

	kmem_aside_register(&aside);
	return cmocka_run_group_tests(tests, fake_start, NULL);
}
