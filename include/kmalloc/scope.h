/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/scope.h - what a thread's requests may do, and dirty pages
 *
 * Scopes change the flags of every request of this thread from save to
 * restore, which takes what save returned; they nest. Every function is
 * thread-safe. Source: Linux v6.12 include/linux/sched/mm.h.
 */
#ifndef KMALLOC_SCOPE_H
#define KMALLOC_SCOPE_H

#include <kmalloc/gfp.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

unsigned int memalloc_noio_save(void); /* no __GFP_IO, no __GFP_FS */
void memalloc_noio_restore(unsigned int flags);
unsigned int memalloc_nofs_save(void); /* no __GFP_FS */
void memalloc_nofs_restore(unsigned int flags);
unsigned int memalloc_pin_save(void); /* no __GFP_MOVABLE */
void memalloc_pin_restore(unsigned int flags);

/*
 * The nodes, as bits, that memory of this thread may come from (cpuset.mems);
 * 0: all. 0, or -EINVAL: none of them exists. Requests with __GFP_HARDWALL
 * (GFP_USER) never go elsewhere; others do when nothing is left there, and
 * those that cannot wait or may use the reserves do at once.
 */
int km_set_mems_allowed(unsigned long nodes);
unsigned long km_mems_allowed(void);

/*
 * For tests: this thread's requests are those of CPU `cpu` of the topology, so
 * of its node; -1: of the CPU that it runs on. 0, or -EINVAL: no such CPU.
 */
int km_set_cpu(int cpu);

/*
 * What is in the block that this page heads has to be written somewhere before
 * it can be freed; and it was. A zone whose dirty pages reach its limit
 * (vm.dirty_ratio, vm.dirty_bytes) serves requests with __GFP_WRITE only when no
 * other zone does. Freeing a block cleans it. 1 if that was new, else 0.
 */
int km_account_page_dirtied(struct page *page);
int km_account_page_cleaned(struct page *page);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
