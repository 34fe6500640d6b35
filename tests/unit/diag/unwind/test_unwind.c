// SPDX-License-Identifier: MIT
/*
 * test_unwind.c - our unwinder beside libgcc's: both walk the same stack
 *
 *	look()		[unwind_here, unwind_step ...]   [_Unwind_Backtrace]
 *	  |			pc, stack pointer and the registers that calls
 *	  |			preserve, in each frame
 *	shapes, up to 1000 of them, in an order by chance: functions of
 *	different optimisation, with frames of all kinds, called by libc too
 *
 * Expect the same frames from both, as many and in the same places.
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <ucontext.h>
#include <unwind.h>

#include "config.h"
#include "diag/unwind/unwind.h"
#include "support/child.h"
#include "support/single_step.h"

#if defined(__x86_64__)
#define MOST 2048 /* frames */
#define PRESERVED 6 /* registers that a call leaves as they are */

struct frame {
	uintptr_t pc, sp, preserved[PRESERVED];
};

struct walk {
	unsigned int nr;
	struct frame frame[MOST];
};

/* rbx rbp r12 r13 r14 r15, as DWARF counts them */
static const unsigned char preserved[PRESERVED] = { 3, 6, 12, 13, 14, 15 };

static struct {
	unsigned long walks, frames; /* that were the same */
	unsigned int at, ours, theirs; /* where and of how many they differed */
	int differ;
} result;

/* Behind a call: it is not the last thing that the function does. */
#define KEEP_FRAME() __asm__ volatile("" ::: "memory")

static inline void keep(void *p)
{
	__asm__ volatile("" : : "r"(p) : "memory");
}

/* The place of the next frame; libgcc's last frame may have no pc. */
static struct frame *next_frame(struct walk *walk, uintptr_t pc)
{
	return pc && walk->nr < MOST ? &walk->frame[walk->nr++] : NULL;
}

static void note(const struct unwind_cursor *c, struct walk *walk)
{
	struct frame *f = next_frame(walk, c->reg[UNWIND_PC]);

	if (!f)
		return;
	f->pc = c->reg[UNWIND_PC];
	f->sp = c->reg[UNWIND_SP];
	for (unsigned int i = 0; i < PRESERVED; i++)
		f->preserved[i] = c->reg[preserved[i]];
}

static _Unwind_Reason_Code on_frame(struct _Unwind_Context *context, void *walk)
{
	struct frame *f = next_frame(walk, _Unwind_GetIP(context));

	if (!f)
		return _URC_NO_REASON;
	f->pc = _Unwind_GetIP(context);
	f->sp = _Unwind_GetCFA(context);
	for (unsigned int i = 0; i < PRESERVED; i++)
		f->preserved[i] = _Unwind_GetGR(context, preserved[i]);
	return _URC_NO_REASON;
}

/*
 * Walks the stack twice and compares. The first frame is this function, which
 * makes the two calls in two places.
 */
__attribute__((__noinline__)) static void look(void)
{
	static struct walk ours, theirs; /* one thread at a time looks */
	struct unwind_cursor c;
	unsigned int at = 1;

	ours.nr = theirs.nr = 0;
	if (!unwind_here(&c))
		do
			note(&c, &ours);
		while (!unwind_step(&c));
	_Unwind_Backtrace(on_frame, &theirs);
	while (at < ours.nr && at < theirs.nr &&
	       !memcmp(&ours.frame[at], &theirs.frame[at], sizeof(*ours.frame)))
		at++;
	if ((at < ours.nr || at < theirs.nr || at < 3) && !result.differ) {
		result.differ = 1;
		result.at = at;
		result.ours = ours.nr;
		result.theirs = theirs.nr;
	}
	result.walks++;
	result.frames += at;
}

static void expect_same(unsigned long walks, unsigned long frames)
{
	if (result.differ)
		fail_msg("frame %u differs, ours %u frames, theirs %u",
			 result.at, result.ours, result.theirs);
	assert_in_range(result.walks, walks, ~0UL);
	assert_in_range(result.frames, frames, ~0UL);
	memset(&result, 0, sizeof(result));
}

/* ---- shapes -------------------------------------------------------------- */

#define SHAPE(how) __attribute__((__noinline__, optimize how)) static void

static unsigned long seed = 1;
static void (*at_the_end)(void) = look;
static void descend(unsigned int depth);

SHAPE(("O2", "omit-frame-pointer")) plain(unsigned int depth)
{
	descend(depth);
	KEEP_FRAME();
}

SHAPE(("O0")) unoptimised(unsigned int depth)
{
	volatile unsigned int copy = depth;

	descend(copy);
}

SHAPE(("O3", "no-omit-frame-pointer")) framed(unsigned int depth)
{
	descend(depth);
	KEEP_FRAME();
}

SHAPE(("Os")) small(unsigned int depth)
{
	char pad[200];

	keep(pad);
	descend(depth);
	keep(pad);
}

SHAPE(("O2")) of_any_size(unsigned int depth)
{
	char *p = __builtin_alloca(16 + depth % 7 * 100);

	keep(p);
	descend(depth);
	keep(p);
}

SHAPE(("O2")) aligned(unsigned int depth)
{
	char buf[256] __attribute__((aligned(128)));

	keep(buf);
	descend(depth);
	keep(buf);
}

/* All registers that a call preserves are in use. */
SHAPE(("O2")) full_registers(unsigned int depth)
{
	unsigned long a = depth, b = a * 3, c = b ^ 5, d = c + a, e = d * b;
	unsigned long f = e - c;

	__asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c));
	__asm__ volatile("" : "+r"(d), "+r"(e), "+r"(f));
	descend(depth);
	__asm__ volatile("" : : "r"(a), "r"(b), "r"(c), "r"(d), "r"(e), "r"(f));
}

/* The frame is made on one of two ways alone. */
SHAPE(("O2", "shrink-wrap")) wrapped(unsigned int depth)
{
	char pad[72];

	if (depth == ~0U)
		return;
	keep(pad);
	descend(depth);
	keep(pad);
}

static unsigned int below_libc;

static int compare(const void *a, const void *b)
{
	descend(below_libc);
	return *(const char *)a - *(const char *)b;
}

SHAPE(("O2")) by_libc(unsigned int depth)
{
	char letters[] = "ba";

	below_libc = depth;
	qsort(letters, 2, 1, compare);
	keep(letters);
}

static void (*const shapes[])(unsigned int depth) = {
	plain,	 unoptimised,	 framed,  small,   of_any_size,
	aligned, full_registers, wrapped, by_libc,
};

__attribute__((__noinline__)) static void descend(unsigned int depth)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	if (depth)
		shapes[(seed >> 33) % ARRAY_SIZE(shapes)](depth - 1);
	else
		at_the_end();
	KEEP_FRAME();
}

/* ---- tests --------------------------------------------------------------- */

/* 100 stacks of up to 60 functions, each walked twice, so that the second walk
 * finds its rows in the cache. Expect the same frames. */
static void test_shapes(void **state)
{
	unsigned long before;

	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		before = seed;
		descend(i % 60);
		seed = before;
		descend(i % 60);
	}
	expect_same(200, 200 * 30);
}

/* 500 functions deep, with two frames or more each. Expect all of them. */
static void test_deep(void **state)
{
	(void)state;
	descend(500);
	expect_same(1, 1000);
}

static jmp_buf back;

__attribute__((__noreturn__, __noinline__)) static void look_and_jump(void)
{
	look();
	longjmp(back, 1);
}

__attribute__((__noinline__)) static void ends_with_a_call(void)
{
	char pad[40];

	keep(pad);
	look_and_jump();
}

/* A function whose last instruction is a call: the return address is behind
 * it. Expect the function all the same, not its neighbour. */
static void test_last_call(void **state)
{
	(void)state;
	if (!setjmp(back))
		ends_with_a_call();
	expect_same(1, 4);
}

static void *thread(void *arg)
{
	(void)arg;
	descend(20);
	return NULL;
}

/* A thread. Expect both walks to end where it starts. */
static void test_thread(void **state)
{
	pthread_t t;

	(void)state;
	assert_int_equal(pthread_create(&t, NULL, thread, NULL), 0);
	pthread_join(t, NULL);
	expect_same(1, 40);
}

static void on_signal(int sig)
{
	(void)sig;
	at_the_end = look;
	descend(10);
}

static void raise_signal(void)
{
	raise(SIGUSR1);
	KEEP_FRAME();
}

static void handle(int sig, int flags, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
	static char own_stack[1 << 18];
	stack_t stack = { .ss_sp = own_stack, .ss_size = sizeof(own_stack) };

	assert_int_equal(sigaltstack(&stack, NULL), 0);
	assert_int_equal(sigaction(sig, &action, NULL), 0);
}

static void no_signals(int sig)
{
	stack_t none = { .ss_flags = SS_DISABLE };

	signal(sig, SIG_DFL);
	assert_int_equal(sigaltstack(&none, NULL), 0);
}

/* Signal handlers, on the stack and on one of their own. Expect the frames of
 * the handler, of the signal, and of what was interrupted. */
static void test_signal(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++) {
		handle(SIGUSR1, i % 2 ? SA_ONSTACK : 0, on_signal);
		at_the_end = raise_signal;
		descend((unsigned int)i);
		at_the_end = look;
	}
	no_signals(SIGUSR1);
	expect_same(40, 40 * 40);
}

/* ---- at each instruction ------------------------------------------------- */

static volatile int stepping;
static unsigned long steps;

static void on_step(int sig)
{
	(void)sig;
	steps++;
	if (stepping)
		look();
}

static void nothing(void)
{
}

/* Without by_libc(): tables of libc's assembly code are written by hand and
 * need not be right at each instruction. */
__attribute__((__noinline__)) static void step_through(void)
{
	at_the_end = nothing;
	single_step_on();
	stepping = 1;
	for (unsigned int i = 0; i + 1 < ARRAY_SIZE(shapes); i++)
		shapes[i](0);
	stepping = 0;
	single_step_off();
	at_the_end = look;
}

/* A signal behind each instruction of each shape but that in libc, on the stack
 * and on one of the handler's own. Expect the same frames, also where a frame
 * is half made. */
static void test_each_instruction(void **state)
{
	(void)state;
	/* the code of these sanitizers would be stepped through too */
	if (KM_SANITIZE_ADDRESS || KM_SANITIZE_THREAD)
		skip();
	for (int own = 0; own < 2; own++) {
		handle(SIGTRAP, own ? SA_ONSTACK : 0, on_step);
		step_through();
	}
	no_signals(SIGTRAP);
	if (!steps)
		skip(); /* an emulator without single steps */
	expect_same(200, 200 * 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_last_call),
		cmocka_unit_test(test_thread),
		cmocka_unit_test(test_signal),
		cmocka_unit_test(test_each_instruction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int main(void)
{
	return 77; /* only x86-64 has an unwinder */
}
#endif
