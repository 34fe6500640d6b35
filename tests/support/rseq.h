/* SPDX-License-Identifier: MIT */
/*
 * tests/support/rseq.h - a restartable sequence, instruction by instruction
 *
 * rseq_forget() takes this thread's area from the kernel: then nothing restarts
 * a sequence, and one can be stepped through. x86-64 alone.
 */
#ifndef TEST_RSEQ_H
#define TEST_RSEQ_H

#include <linux/rseq.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "support/check.h"
#include "support/single_step.h"

#define RSEQ_SIGNATURE 0x53053053
#define RSEQ_BYTES 32 /* that glibc registers */
#define RSEQ_STEPS_MAX 64

static inline struct rseq *rseq_area(void)
{
	extern const ptrdiff_t __rseq_offset __attribute__((weak));

	return (struct rseq *)(void *)((char *)__builtin_thread_pointer() +
				       __rseq_offset);
}

/* The area then says this CPU until it is registered again. */
static inline void rseq_forget(unsigned int cpu)
{
	REQUIRE(!syscall(SYS_rseq, rseq_area(), RSEQ_BYTES,
			 RSEQ_FLAG_UNREGISTER, RSEQ_SIGNATURE));
	rseq_area()->cpu_id = cpu;
}

static inline void rseq_again(void)
{
	rseq_area()->rseq_cs = 0;
	REQUIRE(!syscall(SYS_rseq, rseq_area(), RSEQ_BYTES, 0, RSEQ_SIGNATURE));
}

/* Where the instructions of a sequence begin, and what the traps saw. */
struct rseq_steps {
	const struct rseq_cs *cs;
	uintptr_t at[RSEQ_STEPS_MAX];
	unsigned int nr;
	unsigned long all; /* instructions, of the whole call */
	uintptr_t planted; /* a breakpoint; 0: none */
	unsigned char byte; /* what was there */
	bool stays; /* it is not taken away */
	unsigned int traps, aborts;
};

static struct rseq_steps rseq_steps;

static inline bool in_sequence(uintptr_t ip)
{
	const struct rseq_cs *cs =
		(const struct rseq_cs *)(uintptr_t)rseq_area()->rseq_cs;

	return cs && ip - cs->start_ip < cs->post_commit_offset;
}

static inline void on_rseq_step(int sig, siginfo_t *info, void *arg)
{
	ucontext_t *context = arg;
	uintptr_t ip = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
	struct rseq_steps *steps = &rseq_steps;

	(void)sig;
	(void)info;
	if (steps->planted) {
		steps->traps++;
		steps->aborts += ip == steps->cs->abort_ip;
		if (!steps->stays)
			*(volatile unsigned char *)steps->planted = steps->byte;
		return;
	}
	steps->all++;
	if (in_sequence(ip) && steps->nr < RSEQ_STEPS_MAX) {
		steps->cs =
			(const struct rseq_cs *)(uintptr_t)rseq_area()->rseq_cs;
		steps->at[steps->nr++] = ip;
	}
}

static inline void rseq_steps_init(void)
{
	struct sigaction sa = { .sa_sigaction = on_rseq_step,
				.sa_flags = SA_SIGINFO };

	REQUIRE(!sigaction(SIGTRAP, &sa, NULL));
}

/* Steps through fn(), which runs to its end. Finds the steps in it. */
static inline void rseq_walk(void (*fn)(void), unsigned int cpu)
{
	memset(&rseq_steps, 0, sizeof(rseq_steps));
	rseq_forget(cpu);
	single_step_on();
	fn();
	single_step_off();
	rseq_again();
}

/* Puts a breakpoint on a step that rseq_walk() found. */
static inline void rseq_plant(unsigned int step, bool stays)
{
	struct rseq_steps *steps = &rseq_steps;
	uintptr_t page = steps->at[step] & ~4095UL;

	REQUIRE(!mprotect((void *)page, 8192,
			  PROT_READ | PROT_WRITE | PROT_EXEC));
	steps->byte = *(unsigned char *)steps->at[step];
	steps->stays = stays;
	steps->traps = 0;
	steps->aborts = 0;
	steps->planted = steps->at[step];
	*(volatile unsigned char *)steps->planted = 0xcc;
}

static inline void rseq_unplant(void)
{
	*(volatile unsigned char *)rseq_steps.planted = rseq_steps.byte;
	rseq_steps.planted = 0;
}

#endif
