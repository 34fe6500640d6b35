// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/frames.h - frames of the memfd at addresses
 *
 * Frame n of the arena is page n of the memfd, whether it has an address of its
 * own or not; see frames.c and share.c.
 */
#ifndef KM_VMAP_VMALLOC_FRAMES_H
#define KM_VMAP_VMALLOC_FRAMES_H

#include <kmalloc/vmalloc.h>

#include "arena/page.h"

enum vmap_backend { VMAP_MMAP, VMAP_REMAP_FILE_PAGES };
enum vmap_fork { VMAP_FORK_COPY, VMAP_FORK_SHARE, VMAP_FORK_NONE };

extern enum vmap_backend vmap_backend; /* constant after init */
extern enum vmap_fork vmap_fork; /* the same */

/* ---- frames.c ------------------------------------------------------------ */

/* Returns how many pages from the first on have consecutive frames. */
unsigned int frames_run(struct page *const *pages, unsigned int nr);
/* Returns the number of such runs in the array. */
unsigned int frames_runs(struct page *const *pages, unsigned int nr);
/*
 * Charges mappings to the budget. Returns 0, or -ENOMEM with none charged. An
 * area needs one for each run, and one for the guard page.
 */
int frames_charge(unsigned long nr);
void frames_uncharge(unsigned long nr);
/* Charges where failure is no option: the budget may be exceeded. */
void frames_charge_beyond(unsigned long nr);
unsigned long frames_charged(void);
unsigned long frames_budget(void);
/*
 * Maps pages at `at`, which is reserved, with OS_PROT_ bits. frames_share() has
 * put the frames into the file. Returns 0, or -errno with nothing mapped.
 */
int frames_map(uintptr_t at, struct page *const *pages, unsigned int nr,
	       unsigned int prot);
/* Maps `at` without access again. Returns 0, or -errno and no change. */
int frames_unmap(uintptr_t at, size_t size);

/* ---- share.c ------------------------------------------------------------- */

#define SHARE_KEEP 1 /* keep the contents of the frames */

/* Moves frames with an address of their own into the file. 0 or -errno. */
int frames_share(struct page *const *pages, unsigned int nr,
		 unsigned int flags);
/* Returns the head of the block of a page, free or not; *nr is its length. */
struct page *frame_block(struct page *page, unsigned long *nr);
bool frame_is_highmem(const struct page *page); /* any page of a block */
/* Makes a block private again that is mapped nowhere else. */
void frame_unshare(struct page *page);
bool frame_is_shared(unsigned long pfn);
/*
 * Finds the next stretch of shared frames from *pfn on; false: none. For
 * fork().
 */
bool frames_next_shared(unsigned long *pfn, unsigned long *nr);
/* Tries again to free blocks that the OS refused to make private. No lock. */
void share_free_stuck(void);
/* frame_mapper.freed() */
int share_freed(struct page *head, unsigned long nr);
void share_fork_take(void);
void share_fork_release(void);

#endif
