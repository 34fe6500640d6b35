// SPDX-License-Identifier: MIT
/*
 * test_stacktrace.c - walking stacks without frame pointers, and their text
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>

#include "diag/fmt.h"
#include "diag/unwind/stacktrace.h"
#include "diag/unwind/symbol.h"
#include "support/child.h"
#include "sys/os.h"

#if defined(__x86_64__)
#define FAST __attribute__((__noinline__, optimize("O2", "omit-frame-pointer")))
#else
#define FAST __attribute__((__noinline__))
#endif
#define DEEP 64

static unsigned long entries[DEEP];
static unsigned int nr;
static char text[KSYM_SYMBOL_LEN];

/* Behind a call: it is not the last thing that the function does. */
#define KEEP_FRAME() __asm__ volatile("" ::: "memory")

/* The compiler is to believe that these bytes are used. */
static inline void keep(void *p)
{
	__asm__ volatile("" : : "r"(p) : "memory");
}

static const char *name_of(unsigned int i)
{
	assert_true(i < nr);
	sprint_symbol(text, entries[i]);
	return text;
}

/* Is entry i in the function of that name? */
static void expect_in(unsigned int i, const char *function)
{
	size_t len = strlen(function);

	if (strncmp(name_of(i), function, len) || text[len] != '+')
		fail_msg("frame %u is %s, not %s", i, text, function);
}

/* Is some entry in that function? */
static int has_frame(const char *function)
{
	size_t len = strlen(function);

	for (unsigned int i = 0; i < nr; i++) {
		sprint_symbol(text, entries[i]);
		if (!strncmp(text, function, len) && text[len] == '+')
			return 1;
	}
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
		libc += strstr(name_of(i), "[libc.so.6") != NULL;
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

/* Addresses in nothing, in data, in libc. Expect hexadecimal, and names with
 * offset, size and library. */
static void test_symbols(void **state)
{
	char want[64];
	uintptr_t fn = (uintptr_t)&leaf;

	(void)state;
	sprint_symbol(text, 0x10);
	assert_string_equal(text, "0x10");
	sprint_symbol(text, fn + 5);
	assert_int_equal(strncmp(text, "leaf+0x5/0x", 11), 0);
	assert_null(strchr(text, '['));
	km_snprintf(want, sizeof(want), "<%pS>", (void *)(fn + 5));
	assert_int_equal(strncmp(want, "<leaf+0x5/0x", 12), 0);
	sprint_symbol(text, (uintptr_t)&daemon + 3);
	assert_int_equal(strncmp(text, "daemon+0x3/0x", 13), 0);
	assert_non_null(strstr(text, " [libc.so.6]"));
}

static void say_where(void *arg)
{
	(void)arg;
	dump_stack();
}

/* dump_stack(). Expect one line that says who, and one for each frame. */
static void test_dump(void **state)
{
	char said[4096];

	(void)state;
	capture_stderr(say_where, NULL, said, sizeof(said));
	assert_int_equal(strncmp(said, "CPU: ", 5), 0);
	assert_non_null(strstr(said, " Comm: "));
	assert_non_null(strstr(said, "\nCall Trace:\n say_where+0x"));
	assert_non_null(strstr(said, "\n test_dump+0x"));
}

/* Addresses that may be read, and not. Expect true for these alone. */
static void test_readable(void **state)
{
	char *p = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);

	(void)state;
	assert_true(os_readable(&p));
	assert_false(os_readable(p));
	assert_int_equal(munmap(p, 4096), 0);
	assert_false(os_readable(p));
	assert_false(os_readable(NULL));
}

/* Addresses in the loader and elsewhere. Expect only the first to be in it. */
static void test_in_loader(void **state)
{
	uintptr_t base = getauxval(AT_BASE);

	(void)state;
	assert_int_not_equal(base, 0);
	assert_true(os_in_loader(base));
	assert_true(os_in_loader(base + 4096));
	assert_false(os_in_loader(base - 1));
	assert_false(os_in_loader((uintptr_t)&qsort));
	assert_false(os_in_loader((uintptr_t)&test_in_loader));
	assert_false(os_in_loader(0));
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
		cmocka_unit_test(test_symbols),
		cmocka_unit_test(test_dump),
		cmocka_unit_test(test_readable),
		cmocka_unit_test(test_in_loader),
	};

#if !defined(__x86_64__)
	return 77; /* only x86-64 has an unwinder */
#endif
	return cmocka_run_group_tests(tests, NULL, NULL);
}
