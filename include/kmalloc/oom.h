/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/oom.h - what happens when memory has run out
 *
 *	1  notifiers: functions that the program registered free memory
 *	2  vm.panic_on_oom
 *	3  the handler, if one is set; else the boot parameter oom=
 *		null	the request fails
 *		abort	the kernel's report on stderr, then SIGABRT
 *
 * These steps are for requests of at most 8 pages; larger ones fail without
 * them. vmalloc() and large blocks of malloc are made of single pages, so they
 * count as requests of one page, unless they are larger than memory can ever
 * be. Do not call these functions from fork handlers.
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
	 * data is an unsigned long *: the function adds the pages it freed.
	 * Returns 0, or NOTIFY_STOP to end the round.
	 */
	int (*notifier_call)(struct notifier_block *nb, unsigned long action,
			     void *data);
	struct notifier_block *next; /* the library's */
	int priority; /* higher ones are called first */
};

#define NOTIFY_DONE 0x0000
#define NOTIFY_OK 0x0001
#define NOTIFY_STOP 0x8001

/* Returns 0, or -EEXIST if nb is registered already. */
int register_oom_notifier(struct notifier_block *nb);
/*
 * Returns 0, or -ENOENT if nb is not registered. No thread is in its function
 * when this returns.
 */
int unregister_oom_notifier(struct notifier_block *nb);

#define KM_OOM_FAIL 0 /* the request fails */
#define KM_OOM_RETRY 1 /* memory was freed: try again */
#define KM_OOM_ABORT 2 /* the report, then SIGABRT */

/*
 * Called in the thread whose request found no memory, with no lock held, and by
 * one thread at a time. Its own requests use the reserves. It may free memory
 * and must not longjmp(). It is called at most 17 times for one request.
 */
typedef int (*km_oom_handler)(gfp_t gfp, unsigned int order, void *arg);
/* Sets the handler, or with NULL goes back to the boot parameter oom=. */
void km_set_oom_handler(km_oom_handler handler, void *arg);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
