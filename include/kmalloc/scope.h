/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/scope.h - limits what a thread's requests may do; counts dirty pages
 *
 * A scope changes the flags of every request of the calling thread, from a save
 * to the restore that gets the value save returned. Scopes nest. Every function
 * is thread-safe. Source: Linux v6.12 include/linux/sched/mm.h.
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
 * Sets the nodes, as bits, that this thread's memory may come from
 * (cpuset.mems); 0 means all. Returns 0, or -EINVAL if none of them exists.
 *
 * Requests with __GFP_HARDWALL (GFP_USER) never go elsewhere. Others do when
 * nothing is left on these nodes. Those that cannot wait, or may use the
 * reserves, go elsewhere at once.
 */
int km_set_mems_allowed(unsigned long nodes);
/* Returns the nodes that km_set_mems_allowed() set for this thread. */
unsigned long km_mems_allowed(void);

/*
 * For tests: lets this thread's requests count as those of a CPU, and so of its
 * node; -1 means the CPU it runs on. Returns 0, or -EINVAL if there is no such
 * CPU.
 */
int km_set_cpu(int cpu);

/*
 * Mark the block that this page heads as dirty, or as clean. A dirty block has
 * to be written elsewhere before it can be freed. A zone whose dirty pages
 * reach its limit (vm.dirty_ratio, vm.dirty_bytes) serves requests with
 * __GFP_WRITE only when no other zone does. Freeing a block cleans it. Both
 * return 1 if the state changed, else 0.
 */
int km_account_page_dirtied(struct page *page);
int km_account_page_cleaned(struct page *page);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
