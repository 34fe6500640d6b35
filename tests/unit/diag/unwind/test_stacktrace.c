// SPDX-License-Identifier: MIT
/*
 * test_stacktrace.c - walking stacks without frame pointers
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "diag/unwind/stacktrace.h"
#include "diag/unwind/symbol.h"
#include "diag/unwind/symbol.h"
#include "support/child.h"

#if defined(__x86_64__)
#define FAST __attribute__((__noinline__, optimize("O2", "omit-frame-pointer")))
#else
#define FAST __attribute__((__noinline__))
#endif
#define DEEP 64

static unsigned long entries[DEEP];
static unsigned int nr;

/* Behind a call: it is not the last thing that the function does. */
#define KEEP_FRAME() __asm__ volatile("" ::: "memory")

/* The compiler is to believe that these bytes are used. */
static inline void keep(void *p)
{
	__asm__ volatile("" : : "r"(p) : "memory");
}

static const struct symbol *symbol_of(unsigned int i)
{
	static struct symbol symbol;

	assert_true(i < nr);
	assert_int_equal(symbol_find(entries[i] - 1, &symbol), 0);
	return &symbol;
}

/* Is entry i in the function of that name? */
static void expect_in(unsigned int i, const char *function)
{
	assert_string_equal(symbol_of(i)->name, function);
}

/* Is some entry in that function? */
static int has_frame(const char *function)
{
	struct symbol symbol;

	for (unsigned int i = 0; i < nr; i++)
		if (!symbol_find(entries[i] - 1, &symbol) &&
		    !strcmp(symbol.name, function))
			return 1;
	return 0;
}

FAST static void leaf(unsigned int skip)
{
	nr = stack_trace_save(entries, DEEP, skip);
	KEEP_FRAME();
}

FAST static void middle(unsigned int skip, volatile int *numbers)
{
	char pad[1000];

	keep(pad);
	leaf(skip + (unsigned int)numbers[0]);
	keep(pad);
}

FAST static void root(unsigned int skip)
{
	volatile int numbers[4] = { 0 };

	middle(skip, numbers);
	KEEP_FRAME();
}

/* Functions without frame pointers. Expect each of them, innermost first, and
 * main() further out. */
static void test_plain(void **state)
{
	(void)state;
	root(0);
	expect_in(0, "leaf");
	expect_in(1, "middle");
	expect_in(2, "root");
	expect_in(3, "test_plain");
	assert_true(has_frame("main"));
}

/* Two frames to be skipped, room for one. Expect the third alone. */
static void test_skip_and_room(void **state)
{
	(void)state;
	nr = 0;
	root(2);
	expect_in(0, "root");
	nr = stack_trace_save(entries, 1, 0);
	assert_int_equal(nr, 1);
	expect_in(0, "test_skip_and_room");
	assert_int_equal(stack_trace_save(entries, 0, 0), 0);
}

FAST static void api_inside(uintptr_t caller)
{
	nr = stack_trace_save_from(entries, DEEP, caller);
	KEEP_FRAME();
}

FAST static void api(void)
{
	api_inside((uintptr_t)__builtin_return_address(0));
	KEEP_FRAME();
}

/* A trace from the caller of a function on. Expect its first frame to be that
 * caller's; and the caller alone if it is nowhere on the stack. */
static void test_from(void **state)
{
	(void)state;
	api();
	expect_in(0, "test_from");
	assert_true(nr > 1);
	nr = stack_trace_save_from(entries, DEEP, 0x1234);
	assert_int_equal(nr, 1);
	assert_int_equal(entries[0], 0x1234);
}

FAST static int compare(const void *a, const void *b)
{
	if (!nr)
		leaf(0);
	return *(const int *)a - *(const int *)b;
}

/* A callback of libc. Expect qsort() between it and us, with its library. */
static void test_through_libc(void **state)
{
	int numbers[] = { 3, 1, 2 };
	unsigned int libc = 0;

	(void)state;
	nr = 0;
	qsort(numbers, 3, sizeof(int), compare);
	expect_in(1, "compare");
	for (unsigned int i = 2; i < nr; i++)
		libc += strstr(symbol_of(i)->object, "/libc.so.6") != NULL;
	assert_true(libc);
	assert_true(has_frame("test_through_libc"));
}

FAST static void with_alloca(size_t size)
{
	char *p = __builtin_alloca(size);

	keep(p);
	leaf(0);
	keep(p);
}

FAST static void with_aligned(void)
{
	char buf[256] __attribute__((aligned(128)));

	keep(buf);
	with_alloca(nr * 16 + 100);
	keep(buf);
}

/* A frame of a size known at run time, and one aligned anew. Expect the walk
 * to go through both. */
static void test_odd_frames(void **state)
{
	(void)state;
	with_aligned();
	expect_in(0, "leaf");
	expect_in(1, "with_alloca");
	expect_in(2, "with_aligned");
	expect_in(3, "test_odd_frames");
	assert_true(has_frame("main"));
}

static void on_signal(int sig)
{
	(void)sig;
	leaf(0);
}

FAST static void interrupted(void)
{
	raise(SIGUSR1);
	KEEP_FRAME();
}

/* A signal handler, on its own stack too. Expect the walk to go on in what
 * was interrupted. */
static void test_signal(void **state)
{
	struct sigaction action = { .sa_handler = on_signal };
	static char own_stack[65536];
	stack_t stack = { .ss_size = sizeof(own_stack) };

	(void)state;
	for (int own = 0; own < 2; own++) {
		nr = 0;
		assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
		interrupted();
		expect_in(1, "on_signal");
		assert_true(has_frame("interrupted"));
		assert_true(has_frame("main"));
		stack.ss_sp = own_stack;
		assert_int_equal(sigaltstack(&stack, NULL), 0);
		action.sa_flags = SA_ONSTACK;
	}
	stack.ss_flags = SS_DISABLE;
	assert_int_equal(sigaltstack(&stack, NULL), 0);
}

static void *thread(void *arg)
{
	(void)arg;
	leaf(0);
	return NULL;
}

/* A thread. Expect the trace to end with its start, not to run on. */
static void test_thread(void **state)
{
	pthread_t t;

	(void)state;
	assert_int_equal(pthread_create(&t, NULL, thread, NULL), 0);
	pthread_join(t, NULL);
	expect_in(0, "leaf");
	expect_in(1, "thread");
	assert_true(nr >= 2 && nr < 8);
}

static ucontext_t outside, inside;

static void on_own_stack(void)
{
	leaf(0);
	swapcontext(&inside, &outside);
}

/* A stack that a program made for itself, with nothing mapped above it. Expect
 * the trace to end there, and the program to live. */
static void test_own_stack(void **state)
{
	size_t size = 65536;
	char *stack = mmap(NULL, size + 4096, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_true(stack != MAP_FAILED);
	assert_int_equal(munmap(stack + size, 4096), 0);
	assert_int_equal(getcontext(&inside), 0);
	inside.uc_stack.ss_sp = stack;
	inside.uc_stack.ss_size = size;
	inside.uc_link = NULL;
	makecontext(&inside, on_own_stack, 0);
	swapcontext(&outside, &inside);
	expect_in(0, "leaf");
	expect_in(1, "on_own_stack");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_skip_and_room),
		cmocka_unit_test(test_from),
		cmocka_unit_test(test_through_libc),
		cmocka_unit_test(test_odd_frames),
		cmocka_unit_test(test_signal),
		cmocka_unit_test(test_thread),
		cmocka_unit_test(test_own_stack),
	};

#if !defined(__x86_64__)
	return 77; /* only x86-64 has an unwinder */
#endif
	return cmocka_run_group_tests(tests, NULL, NULL);
}
