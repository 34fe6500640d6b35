// SPDX-License-Identifier: MIT
/*
 * shim/shim.h - the malloc family on the engine
 *
 *	size		served by			free() knows it by
 *	<= 32 KiB	slab cache malloc-N		index[frame] = class
 *	<= 4 MiB	a page run of the buddy		struct page, PAGE_RUN
 *	above		an area of vmalloc space	the busy tree
 *
 * Classes: 16 to 128 in steps of 16, then four to a doubling:
 *
 *	class	1  2 ... 8   9   10  11  12  13 ...        40
 *	size	16 32   128  160 192 224 256 320 ...       32768
 */
#ifndef KM_SHIM_SHIM_H
#define KM_SHIM_SHIM_H

#include "core/fault.h"
#include "init.h"
#include "kmem/kmem.h"

#define EXPORT __attribute__((visibility("default")))
/* Another name for a function of the same file, with its attributes. */
#define ALIAS(function)                                          \
	__attribute__((visibility("default"), alias(#function))) \
	__copy(function)
#define WEAK_EXPORT __attribute__((visibility("default"), weak))

#define MAX_SMALL 32768UL
#define NR_SMALL_CLASSES 40
#define MALLOC_ALIGN 16UL
/* A process has no more address space: refused before anything is done. */
#define MAX_REQUEST (1UL << 47)

/*
 * What malloc() asks with: one reclaim, no report; there is more to try, and a
 * program that gets NULL is told by errno.
 */
#define SHIM_GFP (GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY)

/* By (size + 15) / 16. All zero before the start: class 0 always misses. */
extern u8 size_class[MAX_SMALL / 16 + 1] __hidden;

/* The shim's cache of class c, 1 .. NR_SMALL_CLASSES. */
struct kmem_cache *shim_cache(unsigned int class);
/* The cache for so many bytes, at most MAX_SMALL. */
static inline struct kmem_cache *shim_cache_for(size_t size)
{
	return shim_cache(size_class[(size + 15) / 16]);
}
/* The cache of an object; NULL if it is not one of the shim's. */
struct kmem_cache *shim_cache_of(const void *p);
int shim_boot(void); /* 0 or -errno; from any slow path */

/* MALLOC_PERTURB_ and M_PERTURB: fill blocks with this byte; 0: do not. */
void shim_perturb(u8 byte);

/* ---- large.c: page runs and areas ------------------------------------------ */

#define LARGE_ZERO 1 /* the bytes are to be zero */

void *large_alloc(size_t size, size_t align, unsigned int flags);
int __large_begin(size_t size);

/*
 * fail_page_alloc, once for what takes so many bytes: 0, or -ENOMEM if it is to
 * fail. large_end() follows a 0; in between nothing else fails on purpose.
 */
static inline int large_begin(size_t size)
{
	return fault_off() ? 0 : __large_begin(size);
}

static inline void large_end(void)
{
	if (!fault_off())
		fault_exempt_end();
}

/* What a pointer that is in no slab is. */
struct large {
	size_t usable; /* bytes from its start */
	void *start;
};
int large_find(const void *p, struct large *out); /* 0 or -ENOENT */
int run_find(const void *p, struct large *out); /* if it is a run; no lock */
int large_free(void *p); /* 0, or -ENOENT: not the start of one */
/* In place or by moving pages: the new address, or NULL: copy it yourself. */
void *large_resize(void *p, size_t size);
/* In place or not at all: 0, or -ENOMEM. Areas are never resized so. */
int large_resize_here(void *p, size_t size);

struct large_stat {
	unsigned long runs, runs_ever, run_pages;
};
extern struct large_stat large_stat; /* atomic, relaxed */

/* ---- pointer.c: pointers that the fast path does not know ------------------ */

enum pointer_kind {
	POINTER_SMALL,
	POINTER_LARGE,
	POINTER_SIDE, /* of side.c */
	POINTER_FOREIGN
};

struct pointer {
	enum pointer_kind kind;
	struct kmem_cache *cache; /* POINTER_SMALL */
	size_t usable; /* but POINTER_FOREIGN */
};

/* Is it in address space of the engine? Then it is a block of it, or none. */
bool pointer_in_engine(const void *p);

/*
 * What p is. A pointer into our memory that does not start an object, run or
 * area ends the program, in the name of `function`.
 */
void pointer_resolve(const void *p, const char *function, struct pointer *out);
/*
 * The caller of `function` says that the block at p has so many bytes. It ends the
 * program if the block is ours and smaller.
 */
void pointer_claim(const void *p, const char *function, size_t size);

/* ---- foreign.c: pointers outside our memory -------------------------------- */

void foreign_free(void *p);
void *foreign_realloc(void *p, size_t size);
size_t foreign_usable_size(void *p);

/* ---- side.c: blocks for calls that may not use the engine ------------------- */

void *side_alloc(size_t size, size_t align); /* NULL: no memory */
/* 0: p is such a block. -ENOENT: it is elsewhere. -EINVAL: it is none in there. */
int side_find(const void *p, size_t *usable);
int side_free(void *p); /* the same */
/* Free p, which is the engine's, when that may be used again. */
void side_put_off(void *p, uintptr_t caller);

/* ---- fork.c ---------------------------------------------------------------- */

void shim_fork_init(void); /* from the constructor */

/* ---- aside.c: what calls do that may not use the engine --------------------- */

void *malloc_aside(size_t size, size_t align); /* NULL; errno set */
void free_aside(void *p, uintptr_t caller);
size_t usable_size_aside(void *p);
void *realloc_aside(void *p, size_t size, uintptr_t caller);

/* ---- malloc.c, aligned.c: for a call that returns to `caller` ------------------ */

void *shim_malloc(size_t size, uintptr_t caller); /* NULL; errno set */
void *shim_refuse(void); /* NULL, errno is ENOMEM */
/* Arguments as operator new has them, which does not look at nothrow either. */
void *shim_new_aligned(size_t size, size_t align, const void *nothrow,
		       uintptr_t caller);

static inline void *shim_memalign(size_t align, size_t size, uintptr_t caller)
{
	return shim_new_aligned(size, align, NULL, caller);
}
void shim_free(void *p, uintptr_t caller);

/* ---- inject.c: requests that fail on purpose ------------------------------------ */

int __inject_begin(size_t size, uintptr_t caller);
void __inject_end(uintptr_t caller);

/*
 * Once for each request, before anything is done for it: 0, or -ENOMEM if it is
 * to fail. The loader's never do. inject_end() follows a 0.
 */
static inline int inject_begin(size_t size, uintptr_t caller)
{
	return fault_off() ? 0 : __inject_begin(size, caller);
}

static inline void inject_end(uintptr_t caller)
{
	if (!fault_off())
		__inject_end(caller);
}

#endif
