// SPDX-License-Identifier: MIT
/*
 * test_os_wp.c - writes that wait by mprotect(), and faults that are not about
 * it
 */
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>

#include "support/child.h"
#include "sys/os.h"

static volatile char *page; /* two of them, writable */
#define AT(offset) ((void *)((uintptr_t)page + (offset)))
static volatile int chained; /* calls of the program's handler */
static int written; /* atomic */

static void of_program(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context;
	chained++;
	REQUIRE(!mprotect(AT(0), 2 * PAGE_SIZE, PROT_READ | PROT_WRITE));
}

static void set_handler(void (*fn)(int, siginfo_t *, void *))
{
	struct sigaction action = { .sa_sigaction = fn,
				    .sa_flags = SA_SIGINFO };

	REQUIRE(!sigaction(SIGSEGV, &action, NULL));
}

static struct sigaction handler(void)
{
	struct sigaction now;

	REQUIRE(!sigaction(SIGSEGV, NULL, &now));
	return now;
}

static void start(void)
{
	page = mmap(NULL, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(page != MAP_FAILED);
	set_handler(of_program);
}

static struct os_wp_range range_at(void *at)
{
	return (struct os_wp_range){ .addr = at,
				     .size = PAGE_SIZE,
				     .prot = OS_PROT_RW,
				     .how = OS_WP_MPROTECT };
}

static void protect_once(void *at)
{
	struct os_wp_range range = range_at(at);

	REQUIRE(!os_wp_begin(&range));
	os_wp_cancel(&range);
}

static void *writer(void *arg)
{
	WRITE_ONCE(page[1], (char)1);
	__atomic_store_n(&written, 1, __ATOMIC_SEQ_CST);
	return arg;
}

/* A thread writes meanwhile. Expect it to wait, and the program's handler not
 * to hear of it. */
static void child_waits(void *arg)
{
	struct os_wp_range range;
	pthread_t thread;

	(void)arg;
	start();
	range = range_at(AT(0));
	REQUIRE(!os_wp_begin(&range));
	REQUIRE(!pthread_create(&thread, NULL, writer, NULL));
	usleep(20000);
	REQUIRE(!__atomic_load_n(&written, __ATOMIC_SEQ_CST) &&
		!READ_ONCE(page[1]));
	os_wp_cancel(&range);
	REQUIRE(!pthread_join(thread, NULL));
	REQUIRE(written && page[1] == 1 && !chained);
}

/* A fault whose handler runs when all is over, or when another page is the one.
 * Expect it to go back. */
static void child_late(void *arg)
{
	siginfo_t info = { .si_signo = SIGSEGV, .si_code = SEGV_ACCERR };
	struct os_wp_range range;
	struct sigaction ours;

	(void)arg;
	start();
	protect_once(AT(0));
	ours = handler();
	REQUIRE(ours.sa_sigaction != of_program);
	info.si_addr = AT(5);
	ours.sa_sigaction(SIGSEGV, &info, NULL);
	range = range_at(AT(PAGE_SIZE));
	REQUIRE(!os_wp_begin(&range));
	ours.sa_sigaction(SIGSEGV, &info, NULL);
	os_wp_cancel(&range);
	REQUIRE(!chained && !page[5]);
}

/* The program writes to what is not writable, where pages were moved before and
 * elsewhere. Expect its own handler. */
static void child_chained(void *arg)
{
	(void)arg;
	start();
	protect_once(AT(0));
	REQUIRE(!mprotect(AT(0), 2 * PAGE_SIZE, PROT_READ));
	page[0] = 1;
	REQUIRE(chained == 1);
	REQUIRE(!mprotect(AT(0), 2 * PAGE_SIZE, PROT_NONE));
	page[PAGE_SIZE] = 1;
	REQUIRE(chained == 2);
}

static void another(int sig, siginfo_t *info, void *context)
{
	of_program(sig, info, context);
}

/* Two ticks without a move. Expect the program's handler to be back, and one
 * that it has set meanwhile to stay. */
static void child_rests(void *arg)
{
	(void)arg;
	start();
	protect_once(AT(0));
	os_wp_rest();
	REQUIRE(handler().sa_sigaction != of_program);
	protect_once(AT(0));
	os_wp_rest();
	REQUIRE(handler().sa_sigaction != of_program);
	os_wp_rest();
	REQUIRE(handler().sa_sigaction == of_program);
	protect_once(AT(0));
	set_handler(another);
	os_wp_rest();
	os_wp_rest();
	REQUIRE(handler().sa_sigaction == another);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_waits),
		child_test(child_late),
		child_test(child_chained),
		child_test(child_rests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
