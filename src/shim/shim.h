// SPDX-License-Identifier: MIT
/*
 * shim/shim.h - the malloc family on the engine
 *
 *	size		served by			free() knows it by
 *	<= 32 KiB	slab cache malloc-N		index[frame] = class
 *	<= 4 MiB	a page run of the buddy		struct page, PAGE_RUN
 *	above		an area of vmalloc space	the busy tree
 *
 * Classes: 16 to 128 in steps of 16, then eight to a doubling, and seven above
 * 16 KiB that fill their slabs:
 *
 *	class	1  2 ... 8   9   10 ...  16  17 ...  64    65 ...    71
 *	size	16 32   128  144 160    256  288    16384 18432     32768
 */
#ifndef KM_SHIM_SHIM_H
#define KM_SHIM_SHIM_H

#include "diag/fault.h"
#include "init.h"
#include "kmem/kmem.h"

#define EXPORT __attribute__((visibility("default")))
/* Another name for a function of the same file, with its attributes. */
#define ALIAS(function)                                          \
	__attribute__((visibility("default"), alias(#function))) \
	__copy(function)
#define WEAK_EXPORT __attribute__((visibility("default"), weak))

#define MAX_SMALL 32768UL
#define NR_SMALL_CLASSES 71
#define NR_EVEN_CLASSES 64 /* of these; up to 16 KiB */
#define MALLOC_ALIGN 16UL
#define EVEN_ALIGN 64UL /* of the classes that are not even */
#define MAX_EVEN 16384UL
#define MAX_FINE 960UL /* a class for each size; none has marks: block.h */
/* Above the address space of a process: refused at once. */
#define MAX_REQUEST (1UL << 47)

/*
 * The flags of malloc(): one reclaim, no report. There are other ways to try
 * after a failure, and a program that gets NULL sees errno.
 */
#define SHIM_GFP (GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY)

/*
 * The fast paths by thread serve sizes below fine_thread and by_thread, the one
 * by CPU (percpu=rseq) those below by_cpu; either those or this one is 0. All
 * is zero before the start: class 0 always misses.
 */
struct shim_sizes {
	size_t fine_thread, by_thread, by_cpu;
	size_t fine_new; /* fine_thread, if operator new is malloc(); else 0 */
	size_t fine_sized; /* the same of free_sized() and free() */
	u8 class[MAX_SMALL / 16 + 1]; /* by (size + 15) / 16 */
	u8 fine[MAX_FINE + 1]; /* by size */
	u16 room[NR_INDICES]; /* bytes, by the index of frames: fast.h */
	/* Of a class: where in a block the last word of check is; block.h. */
	u32 back[NR_SMALL_CLASSES + 1];
} __cacheline_aligned;
extern struct shim_sizes shim_sizes __hidden;
/*
 * kmem_rseq, but 0 while each call is counted (count.h). Constant after the
 * start.
 */
extern long shim_rseq __hidden;
/* Returns true if the process has, or had, more than one thread. */
static inline bool shim_many_threads(void)
{
	extern char __libc_single_threaded __attribute__((weak));

	return &__libc_single_threaded && !__libc_single_threaded;
}

extern bool shim_all_by_cpu __hidden; /* no thread has sheaves; the same */

/*
 * Returns the shim's cache of a class, 1 .. NR_SMALL_CLASSES, which is made at
 * its first use; NULL: no memory for that.
 */
struct kmem_cache *shim_cache(unsigned int class);
/* The same; NULL: it is not made yet. */
struct kmem_cache *shim_cache_made(unsigned int class);
bool shim_has_cache(const struct kmem_cache *s); /* is s one of them? */
/* Returns the cache for size bytes, at most MAX_SMALL, or NULL. */
static inline struct kmem_cache *shim_cache_for(size_t size)
{
	return shim_cache(shim_sizes.class[(size + 15) / 16]);
}
/* Returns the largest size that a class has at this alignment. */
static inline size_t aligned_max(size_t align)
{
	return align <= EVEN_ALIGN ? MAX_SMALL : MAX_EVEN;
}
/* Returns the cache of an object; NULL if it is none of the shim's. */
struct kmem_cache *shim_cache_of(const void *p);
int shim_boot(void); /* 0 or -errno; from any slow path */
/*
 * The names of the whole process lead to malloc() and free() of this library:
 * those of C for free_sized(), and those of operator new.
 */
void shim_names_are_ours(void);
void shim_new_is_ours(void);

/* MALLOC_PERTURB_ and M_PERTURB: fill blocks with this byte; 0: do not. */
void shim_perturb(u8 byte);

/* ---- large.c: page runs and areas ---------------------------------------- */

#define LARGE_ZERO 1 /* the bytes are to be zero */
#define LARGE_GROWS 2 /* it was resized, and may be again: room behind it */

void *large_alloc(size_t size, size_t align, unsigned int flags);
int __large_begin(size_t size);

/*
 * Tests fail_page_alloc, once for each request. Returns -ENOMEM if it is to
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

/* A block that is in no slab. */
struct large {
	size_t usable; /* bytes from its start */
	void *start;
};
int large_find(const void *p, struct large *out); /* 0 or -ENOENT */
int run_find(const void *p, struct large *out); /* if it is a run; no lock */
int large_free(void *p); /* 0, or -ENOENT: not the start of one */
/* Resizes in place or by moving pages. NULL: the caller has to copy. */
void *large_resize(void *p, size_t size);
/* Resizes in place. Returns 0 or -ENOMEM; for areas always -ENOMEM. */
int large_resize_here(void *p, size_t size);

struct large_stat {
	unsigned long runs, runs_ever, run_pages;
};
extern struct large_stat large_stat; /* atomic, relaxed */

/* ---- freed.c: where freed large blocks began ----------------------------- */

void freed_note(const void *p); /* a run or area that began at p was freed */
/*
 * The caller of `function` was given p, where no block is. Ends the program if
 * p is known to be the start of a freed run or area.
 */
void freed_check(const char *function, const void *p);
/* Ends the program: the block at p was freed already. */
__cold void freed_twice(const char *function, const void *p);

/* ---- pointer.c: pointers that the fast path does not know ---------------- */

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

/* Returns true if p lies in the engine's address space. */
bool pointer_in_engine(const void *p);

/*
 * Finds what p is. A pointer into our memory that does not start an object, run
 * or area ends the program with a line that names `function`.
 */
void pointer_resolve(const void *p, const char *function, struct pointer *out);
/*
 * The caller of `function` claims that the block at p has `size` bytes. Ends
 * the program if the block is ours and smaller.
 */
void pointer_claim(const void *p, const char *function, size_t size);

/* ---- foreign.c: pointers outside our memory ------------------------------ */

void foreign_free(void *p);
/*
 * Resizes a block of the next allocator. Returns 0, or -ENOENT if the block is
 * ignored: it is not freed, and its contents end after at most *room bytes.
 */
int foreign_realloc(void *p, size_t size, void **out, size_t *room);
size_t foreign_usable_size(void *p);

/* ---- side.c: blocks for calls that may not use the engine ---------------- */

void *side_alloc(size_t size, size_t align); /* NULL: no memory */
/* Returns 0, -ENOENT (p lies elsewhere) or -EINVAL (p starts no block). */
int side_find(const void *p, size_t *usable);
int side_free(void *p); /* the same */
/* Notes p, a block of the engine, to be freed by side_free_put_off(). */
void side_put_off(void *p, uintptr_t caller);
void side_free_put_off(void (*free_block)(void *p, uintptr_t caller));

/* ---- fork.c -------------------------------------------------------------- */

void shim_fork_init(void); /* from the constructor */

/* ---- aside.c: what calls do that may not use the engine ------------------ */

void *malloc_aside(size_t size, size_t align); /* NULL; errno set */
void free_aside(void *p, uintptr_t caller);
size_t usable_size_aside(void *p);
/* Returns 0, also without memory (NULL), or -ENOENT if the block is foreign. */
int realloc_aside(void *p, size_t size, uintptr_t caller, void **out);

/* ---- malloc.c, aligned.c: for a call that returns to `caller` ------------ */

void *shim_malloc(size_t size, uintptr_t caller); /* NULL; errno set */
void *shim_realloc(void *p, size_t size, uintptr_t caller); /* the same */
void *shim_refuse(void); /* NULL, errno is ENOMEM */
/* Has the arguments of operator new; `nothrow` is ignored. */
void *shim_new_aligned(size_t size, size_t align, const void *nothrow,
		       uintptr_t caller);

static inline void *shim_memalign(size_t align, size_t size, uintptr_t caller)
{
	return shim_new_aligned(size, align, NULL, caller);
}
void shim_free(void *p, uintptr_t caller);
void shim_drain(void); /* frees the blocks that were put off */

/* ---- inject.c: requests that fail on purpose ----------------------------- */

int __inject_begin(size_t size, uintptr_t caller);
void __inject_end(uintptr_t caller);

/*
 * Tests failslab, once for each request, before all else. Returns -ENOMEM if it
 * is to fail; the loader's never do. inject_end() follows a 0.
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
