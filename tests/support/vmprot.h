/* SPDX-License-Identifier: MIT */
/*
 * tests/support/vmprot.h - which accesses to a mapping fault
 */
#ifndef TEST_VMPROT_H
#define TEST_VMPROT_H

#include <setjmp.h>
#include <signal.h>

#include "support/vmtest.h"

static sigjmp_buf before_fault;
static volatile sig_atomic_t code; /* si_code of the last fault */

static void on_segv(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	code = info->si_code;
	siglongjmp(before_fault, 1);
}

static inline void catch_faults(void)
{
	struct sigaction action = { .sa_sigaction = on_segv,
				    .sa_flags = SA_SIGINFO };

	REQUIRE(!sigaction(SIGSEGV, &action, NULL));
}

/* Returns true if this access ends with SIGSEGV, on a page that is there. */
static inline bool write_faults(void *at)
{
	if (sigsetjmp(before_fault, 1))
		return code == SEGV_ACCERR;
	WRITE_ONCE(*(u64 *)at, 1UL);
	return false;
}

static inline bool read_faults(const void *at)
{
	if (sigsetjmp(before_fault, 1))
		return code == SEGV_ACCERR;
	(void)READ_ONCE(*(const u64 *)at);
	return false;
}

/* The first and the last word of each page can be read, and not be written. */
static inline void read_only(char *p, unsigned long nr)
{
	for (unsigned long n = 0; n < nr; n++) {
		char *page = p + n * PAGE_SIZE;

		REQUIRE(!read_faults(page));
		REQUIRE(write_faults(page));
		REQUIRE(write_faults(page + PAGE_SIZE - 8));
	}
}

/* mov $42, %eax; ret */
static const unsigned char answer[] __maybe_unused = { 0xb8, 42, 0, 0, 0, 0xc3 };

static inline int call(const void *at)
{
	int (*fn)(void) = (int (*)(void))(uintptr_t)at;

	return fn();
}

#endif
