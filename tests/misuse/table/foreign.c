// SPDX-License-Identifier: MIT
/*
 * misuse/table/foreign.c - free() and realloc() of what malloc never gave
 *
 *	foreign-WHAT	free() of an address in WHAT
 *	realloc-stack	realloc() of one on the stack
 */
#include "world.h"

#include <gnu/libc-version.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum what {
	STACK,
	STATIC,
	LITERAL,
	CODE,
	LIBC,
	TLS,
	ENVIRON,
	MMAP,
	BRK,
	LOW,
	WILD,
};

static _Thread_local char tls[4096] __attribute__((aligned(64)));
static char data[4096] __attribute__((aligned(64)));

static void *mapped(size_t size)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		saw("no mapping");
	own(p, size);
	return p + 64;
}

static void *broken(void)
{
	char *p = sbrk(64 * (long)KIB);

	if (p == (void *)-1)
		saw("no brk");
	own(p, 64 * KIB);
	return (void *)(((uintptr_t)p + 79) & ~15UL);
}

/* Returns an aligned address of that kind, which the ledger knows. */
static void *address(enum what what)
{
	switch (what) {
	case STATIC:
		own(data, sizeof(data));
		return data + 64;
	case LITERAL:
		return (void *)((uintptr_t) "sixteen bytes or more, literally" &
				~15UL);
	case CODE:
		return (void *)((uintptr_t)address & ~15UL);
	case LIBC:
		return (void *)((uintptr_t)gnu_get_libc_version() & ~15UL);
	case TLS:
		own(tls, sizeof(tls));
		return tls + 64;
	case ENVIRON:
		return (void *)((uintptr_t)getenv("PATH") & ~15UL);
	case MMAP:
		return mapped(64 * KIB);
	case BRK:
		return broken();
	case LOW:
		return (void *)0x120;
	default:
		return (void *)0x4141414141414140;
	}
}

static void run_foreign(size_t size, long what, long m)
{
	char stack[4096] __attribute__((aligned(64)));

	(void)m;
	settle(size);
	memset(stack, 0, sizeof(stack));
	own(hidden(stack), sizeof(stack));
	misfree(what == STACK ? stack + 64 : address((enum what)what));
	go_on(size);
}

static void run_realloc(size_t size, long n, long m)
{
	char stack[4096] __attribute__((aligned(64)));

	(void)n, (void)m;
	settle(size);
	memset(stack, 0, sizeof(stack));
	own(hidden(stack), sizeof(stack));
	enter(hidden(realloc(hidden(stack + 64), size)), size);
	go_on(size);
}

/* What is freed has no size that matters: one size, a small one, is enough. */
#define ONCE 48, 48

const struct kind foreign_kinds[] = {
	{ "foreign-stack", run_foreign, STACK, 0, ONCE },
	{ "foreign-static", run_foreign, STATIC, 0, ONCE },
	{ "foreign-literal", run_foreign, LITERAL, 0, ONCE },
	{ "foreign-code", run_foreign, CODE, 0, ONCE },
	{ "foreign-libc", run_foreign, LIBC, 0, ONCE },
	{ "foreign-tls", run_foreign, TLS, 0, ONCE },
	{ "foreign-environ", run_foreign, ENVIRON, 0, ONCE },
	{ "foreign-mmap", run_foreign, MMAP, 0, ONCE },
	{ "foreign-brk", run_foreign, BRK, 0, ONCE },
	{ "foreign-low", run_foreign, LOW, 0, ONCE },
	{ "foreign-wild", run_foreign, WILD, 0, ONCE },
	{ "realloc-stack", run_realloc, 0, 0, ONCE },
	{ NULL, NULL, 0, 0, 0, 0 },
};
