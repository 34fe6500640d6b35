/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/oom.h - what happens when memory has run out
 *
 *	1  notifiers: everybody who registered may give memory up
 *	2  vm.panic_on_oom
 *	3  the handler, if one is set; else the boot parameter oom=
 *		null	the request fails
 *		abort	the kernel's report on stderr, then SIGABRT
 *
 * That is for blocks of at most 8 pages; larger ones fail without it. What is made
 * of single pages (vmalloc(), and large blocks of malloc) asks for one of them,
 * so order 0, unless it is more than there can ever be. Nobody calls these functions
 * from fork handlers.
 *
 * Source: Linux v6.12 mm/oom_kill.c for names and order.
 */
#ifndef KMALLOC_OOM_H
#define KMALLOC_OOM_H

#include <kmalloc/gfp.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct notifier_block {
	/*
	 * data is an unsigned long *: add to it what was freed, in pages. The
	 * result is 0, or NOTIFY_STOP: ask nobody else.
	 */
	int (*notifier_call)(struct notifier_block *nb, unsigned long action,
			     void *data);
	struct notifier_block *next; /* the library's */
	int priority; /* higher ones are asked first */
};

#define NOTIFY_DONE 0x0000
#define NOTIFY_OK 0x0001
#define NOTIFY_STOP 0x8001

/* 0; -EEXIST: it is registered already. */
int register_oom_notifier(struct notifier_block *nb);
/* 0; -ENOENT: it is not registered. Nobody is in it when this returns. */
int unregister_oom_notifier(struct notifier_block *nb);

#define KM_OOM_FAIL 0 /* the request fails */
#define KM_OOM_RETRY 1 /* something was given up: try again */
#define KM_OOM_ABORT 2 /* the report, then SIGABRT */

/*
 * Called in the thread whose request found no memory, with no lock held and
 * one at a time; its own requests use the reserves. It may free memory, longjmp
 * is not allowed. A request asks at most 17 times.
 */
typedef int (*km_oom_handler)(gfp_t gfp, unsigned int order, void *arg);
/* Set it, or with NULL go back to what oom= says. */
void km_set_oom_handler(km_oom_handler handler, void *arg);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
