/* SPDX-License-Identifier: MIT */
/*
 * support/single_step.h - a SIGTRAP behind each instruction
 *
 * Between single_step_on() and single_step_off() the processor traps behind
 * each instruction, system calls included. x86-64 alone.
 */
#ifndef TEST_SINGLE_STEP_H
#define TEST_SINGLE_STEP_H

#if defined(__x86_64__)
#define SINGLE_STEP_FLAG 0x100 /* in the flags register */

/* Below the 128 bytes that a function may use without saying so. */
static inline void single_step_on(void)
{
	__asm__ volatile("leaq -128(%%rsp), %%rsp\n\t"
			 "pushfq\n\t"
			 "orq $0x100, (%%rsp)\n\t"
			 "popfq\n\t"
			 "leaq 128(%%rsp), %%rsp" ::
				 : "cc", "memory");
}

static inline void single_step_off(void)
{
	__asm__ volatile("leaq -128(%%rsp), %%rsp\n\t"
			 "pushfq\n\t"
			 "andq $~0x100, (%%rsp)\n\t"
			 "popfq\n\t"
			 "leaq 128(%%rsp), %%rsp" ::
				 : "cc", "memory");
}
#endif

#endif
