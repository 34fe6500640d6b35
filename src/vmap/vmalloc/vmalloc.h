// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/vmalloc.h - what other rooms call of vmalloc's
 *
 * The functions for callers are in <kmalloc/vmalloc.h>, <kmalloc/highmem.h>.
 */
#ifndef KM_VMAP_VMALLOC_VMALLOC_H
#define KM_VMAP_VMALLOC_VMALLOC_H

/* Returns 0. */
int vmalloc_init(void);

/*
 * What init calls at fork() and to check: through pointers, since a library
 * without vmalloc() has none of it (struct km_start).
 */
struct vmalloc_ops {
	void (*check)(void); /* AREA1, AREA2; no thread is in the allocator */
	void (*fork_prepare)(void); /* no lock but that of RCU is held */
	void (*fork_take)(void); /* its locks */
	void (*fork_copy)(void); /* with all locks, as parent and child */
	void (*fork_parent)(void); /* closes the copy */
	void (*fork_child)(void); /* maps the copy */
	void (*fork_release)(void); /* its locks */
};
extern const struct vmalloc_ops vmalloc_ops;

#endif
