// SPDX-License-Identifier: MIT
/*
 * vmap/frames.h - frames of the memfd at addresses
 *
 * Frame n of the arena is page n of the memfd, whether it has an address of its
 * own or not; see frames.c and share.c.
 */
#ifndef KM_VMAP_FRAMES_H
#define KM_VMAP_FRAMES_H

#include "arena/arena.h"
#include <kmalloc/vmalloc.h>

enum vmap_backend { VMAP_MMAP, VMAP_REMAP_FILE_PAGES };
enum vmap_fork { VMAP_FORK_COPY, VMAP_FORK_SHARE, VMAP_FORK_NONE };

extern enum vmap_backend vmap_backend; /* constant after init */
extern enum vmap_fork vmap_fork; /* the same */

/* ---- frames.c --------------------------------------------------------------- */

/* How many of the pages follow one another from the first on. */
unsigned int frames_run(struct page *const *pages, unsigned int nr);
/* Stretches of frames that do. */
unsigned int frames_runs(struct page *const *pages, unsigned int nr);
/*
 * Mappings that count against the budget: 0, or -ENOMEM with none taken. An area
 * needs one for each run, and one for what lies behind it.
 */
int frames_charge(unsigned long nr);
void frames_uncharge(unsigned long nr);
/* The same where there is no way back: the budget may be exceeded. */
void frames_charge_beyond(unsigned long nr);
unsigned long frames_charged(void);
unsigned long frames_budget(void);
/*
 * Map pages at `at`, which is reserved, with OS_PROT_ bits: 0, or -errno with nothing
 * mapped. The frames are in the file: frames_share() was called.
 */
int frames_map(uintptr_t at, struct page *const *pages, unsigned int nr,
	       unsigned int prot);
/* Map nothing at `at` again: 0 or -errno with all as it was. */
int frames_unmap(uintptr_t at, size_t size);

/* ---- share.c ---------------------------------------------------------------- */

#define SHARE_KEEP 1 /* what the frames hold is wanted */

/* Frames with an address of their own become pages of the file: 0 or -errno. */
int frames_share(struct page *const *pages, unsigned int nr,
		 unsigned int flags);
/* The block that a page is in, free or not: its head, and how many pages it has. */
struct page *frame_block(struct page *page, unsigned long *nr);
bool frame_is_highmem(const struct page *page); /* any page of a block */
/* A block that is mapped nowhere else: as it was. */
void frame_unshare(struct page *page);
bool frame_is_shared(unsigned long pfn);
/* Each stretch of shared frames in turn, for fork(): false at the end. */
bool frames_next_shared(unsigned long *pfn, unsigned long *nr);
/* Try again to free what the OS refused to make private. No lock is held. */
void share_free_stuck(void);
void share_init(void);
void share_fork_take(void);
void share_fork_release(void);

#endif
