// SPDX-License-Identifier: MIT
/*
 * shim/malloc.c - malloc, free, calloc, realloc, and their libc names
 *
 * The fast paths are a table look-up and a move of one cursor; everything
 * else is a tail call to a slow function, so that no stack frame is needed.
 *
 *	free(p):  (p - base) / 4096 and one comparison reject all that is
 *		  outside the arena; a product then rejects what is no start of
 *		  an object: kmem_push_start()
 *
 * errno: set to ENOMEM on failure, else untouched.
 */
#include <errno.h>
#include <string.h>

#include "diag/report.h"
#include "kmem/guard.h"
#include "kmem/miss.h"
#include "kmem/section.h"
#include "reclaim/reclaim.h"
#include "kmem/debug.h"
#include "kmem/inside.h"
#include "shim/block.h"
#include "shim/early.h"
#include "shim/count.h"
#include "shim/exports.h"
#include "shim/fast.h"
#include "shim/shim.h"
#include "shim/slack.h"
#include "shim/trace.h"

/* A realloc() that moves a block looks for it among so many freed ones. */
#define FREED_LATELY 16

/* Allocates by size: object, run or area. The engine works. */
static void *serve_size(size_t size, uintptr_t caller)
{
	struct kmem_cache *s;
	unsigned int class;
	void *p;

	if (size > MAX_SMALL)
		return large_alloc(size, PAGE_SIZE, 0);
	class = shim_sizes.class[(size + 15) / 16];
	p = kmem_pop(kmem_this_owner, class);
	if (likely(p))
		return block_is_marked(size) ? block_take(class, p, size) : p;
	s = shim_cache(class);
	if (likely(s))
		p = kmem_cache_alloc_slow(s, SHIM_GFP, NUMA_NO_NODE, size,
					  caller);
	if (likely(p))
		return s->marked ? block_take_odd(s, p, size) : p;
	km_reclaim_all();
	return large_alloc(max(size, 1UL), PAGE_SIZE, 0);
}

/*
 * The offset of errno from the thread pointer. It is the same in each thread,
 * for libc is loaded at the start. 0: not computed yet.
 */
static ptrdiff_t errno_offset; /* relaxed */

static noinline void *refuse_first(void)
{
	errno = ENOMEM;
	WRITE_ONCE(errno_offset,
		   (char *)&errno - (char *)__builtin_thread_pointer());
	return NULL;
}

noinline void *shim_refuse(void)
{
	ptrdiff_t offset = READ_ONCE(errno_offset);

	if (unlikely(!offset))
		return refuse_first();
	*(int *)(void *)((char *)__builtin_thread_pointer() + offset) = ENOMEM;
	return NULL;
}

/*
 * malloc() and free() are by CPU from here on. Two threads may do this at once.
 */
static noinline void begin_by_cpu(void)
{
	section_fast_start();
	arena_fast_by_cpu();
	smp_store_release(&shim_sizes.by_cpu, block_fast_end());
}

/* Serves a request from outside of the engine, or aside. NULL: no memory. */
static __always_inline void *serve_outside(size_t size, uintptr_t caller)
{
	void *p = NULL;

	if (unlikely(!kmem_enter()))
		return malloc_aside(size, MALLOC_ALIGN);
	if (likely(!shim_boot()) && likely(!inject_begin(size, caller))) {
		if (unlikely(shim_all_by_cpu) && unlikely(!shim_sizes.by_cpu))
			begin_by_cpu();
		p = serve_size(size, caller);
		inject_end(caller);
	}
	kmem_leave();
	return p;
}

static noinline void *malloc_slow(size_t size, uintptr_t caller)
{
	void *p;

	if (is_early())
		return early_alloc(size);
	p = serve_outside(size, caller);
	count_call(CALL_ALLOC);
	trace_call(TRACE_MALLOC, p, size);
	return likely(p) ? p : shim_refuse();
}

/* The same for calloc() and realloc() while they are recorded. */
static __cold void *malloc_for(enum trace_op op, size_t size, uintptr_t caller)
{
	void *p = serve_outside(size, caller);

	count_call(CALL_ALLOC);
	if (op != TRACE_NONE)
		trace_call(op, p, size);
	return p ? p : shim_refuse();
}

/* With percpu=rseq: first an object of the CPU. */
static noinline __hot_text void *malloc_miss(size_t size, uintptr_t caller)
{
	long rseq = shim_rseq;
	unsigned int class;
	void *p;

	if (!rseq || !kmem_by_cpu() || size > MAX_SMALL)
		return malloc_slow(size, caller);
	class = shim_sizes.class[(size + 15) / 16];
	p = section_pop(rseq, section_slot(class));
	if (!p)
		return malloc_slow(size, caller);
	return block_is_marked(size) ? block_take(class, p, size) : p;
}

/*
 * Sizes that are not for the fast path. What is popped here has a mark: while
 * smaller sizes come here too, or no blocks have marks, all cursors miss.
 */
static noinline __hot_text void *malloc_more(size_t size, uintptr_t caller)
{
	if (likely(size <= MAX_SMALL)) {
		unsigned int class = shim_sizes.class[(size + 15) / 16];
		void *p = kmem_pop(kmem_this_owner, class);

		if (likely(p))
			return block_take(class, p, size);
	} else if (unlikely(size > MAX_REQUEST)) {
		return shim_refuse();
	}
	return malloc_miss(size, caller);
}

void *shim_malloc(size_t size, uintptr_t caller)
{
	void *p;

	if (unlikely(size > MAX_UNMARKED) && (size > MAX_SMALL || block_checks))
		return malloc_more(size, caller);
	p = section_pop_here(shim_sizes.class[(size + 15) / 16]);
	return p ? p : malloc_miss(size, caller);
}

EXPORT noinline __hot_text __aligned(64) void *malloc(size_t size)
{
	if (likely(size < shim_sizes.fine_thread)) {
		void *p = pop_fine(size);

		if (likely(p))
			return p;
	} else if (size < shim_sizes.by_cpu) {
		void *p = section_fast_pop(shim_sizes.class[(size + 15) / 16]);

		if (likely(p))
			return p;
	} else if (likely(size < shim_sizes.by_thread)) {
		void *p = pop_small(size);

		if (likely(p))
			return p;
	} else {
		return malloc_more(size, _RET_IP_);
	}
	return malloc_miss(size, _RET_IP_);
}

/*
 * Returns the cache of the small object that starts at p; NULL: use
 * pointer_resolve(). This suffices for most calls. Guarded objects never match:
 * they have no class.
 */
static __always_inline struct kmem_cache *small_cache(const void *p)
{
	u64 pfn = ror64((uintptr_t)p - arena_base, 4) >> 8;
	struct kmem_cache *s;

	if (unlikely(pfn >= arena_bound()))
		return NULL;
	s = kmem_classes[READ_ONCE(arena_index[pfn])];
	return likely(s) && likely(kmem_starts_object(s, p)) ? s : NULL;
}

static __cold noinline void end_by_freed(const struct kmem_cache *s,
					 const void *p, const char *function)
{
	km_panic("kmalloc: %s(): %p was freed already (%s)\n", function, p,
		 s->name);
}

/*
 * cursor_has() for the table of this CPU (percpu=rseq), read without a section:
 * the words below a cursor are free objects when it is read. Later ones that
 * come there are too, so an object in use is never found.
 */
static noinline bool freed_on_cpu(unsigned int slot, const void *p,
				  unsigned int nr)
{
	unsigned int cpu = (unsigned int)os_cpu();
	struct kmem_owner *table;

	if (cpu >= KMEM_CPUS)
		return false;
	table = READ_ONCE(kmem_cpus.owner[cpu]);
	return cursor_has(READ_ONCE(table->cursor[slot]), p, nr);
}

/*
 * An object that realloc() or malloc_usable_size() is asked about should not be
 * free. Ends the program if it is one of the `nr` of its class that this
 * thread, or threads on this CPU, freed last.
 */
static __always_inline void check_in_use(const struct kmem_cache *s,
					 const void *p, const char *function,
					 unsigned int nr)
{
	if (unlikely(cursor_has(kmem_this_owner->cursor[s->slot], p, nr)) ||
	    (unlikely(kmem_rseq) && unlikely(freed_on_cpu(s->slot, p, nr))))
		end_by_freed(s, p, function);
}

/* Returns true if p is foreign: the caller passes it on without our locks. */
static noinline bool free_odd(void *p, uintptr_t caller)
{
	struct pointer what;

	pointer_resolve(p, "free", &what);
	switch (what.kind) {
	case POINTER_SMALL:
		if (what.cache->marked)
			block_give_odd(what.cache, p);
		kmem_cache_free_slow(what.cache, p, caller);
		break;
	case POINTER_LARGE:
		if (unlikely(large_free(p))) /* freed since it was found */
			freed_twice("free", p);
		break;
	case POINTER_SIDE:
		side_free(p);
		break;
	case POINTER_FOREIGN:
		return true;
	}
	return false;
}

/* The same, also for objects of a cache. This thread is inside. */
static __always_inline bool free_inside(void *p, uintptr_t caller)
{
	struct kmem_cache *s = small_cache(p);

	if (unlikely(!s))
		return free_odd(p, caller);
	if (s->marked)
		block_give_odd(s, p);
	kmem_cache_free_slow(s, p, caller);
	return false;
}

static noinline void free_slow(void *p, uintptr_t caller)
{
	bool foreign;

	if (!p || early_owns(p))
		return;
	if (unlikely(!kmem_enter())) {
		free_aside(p, caller);
		return;
	}
	foreign = free_inside(p, caller);
	kmem_leave();
	if (unlikely(foreign))
		foreign_free(p);
}

/* Pushes a block with a mark. Returns false if it did nothing. */
static __always_inline bool push_marked(void *p, unsigned long index)
{
	struct kmem_owner *owner = kmem_this_owner;
	uintptr_t cursor = owner->cursor[index - MARKED_INDEX];

	if (unlikely(!(cursor & SHEAF_FULL_MASK)) ||
	    unlikely(!block_give(index - MARKED_INDEX, p)))
		return false;
	*(void **)cursor = p;
	word_add(owner->cursor, index - MARKED_INDEX, sizeof(void *));
	return true;
}

/* Returns true if a block with a mark starts at p; the frame has this index. */
static __always_inline bool starts_marked(const void *p, unsigned long index)
{
	return index_is_marked(index) &&
	       !unlikely(pair_rejects(arena_index, index, (u32)(uintptr_t)p));
}

/* Returns NULL if p was freed, or else p. */
static __always_inline void *push_small(void *p)
{
	u64 pfn = ((uintptr_t)p - arena_base) >> PAGE_SHIFT;
	unsigned long index;

	if (unlikely(pfn >= arena_bound()))
		return p;
	index = READ_ONCE(arena_index[pfn]);
	if (starts_marked(p, index))
		return push_marked(p, index) ? NULL : p;
	return kmem_push_start(kmem_this_owner, arena_index, index, p);
}

/*
 * push_small() for the table of this CPU (percpu=rseq). Returns true if p was
 * freed.
 */
static __always_inline bool push_by_cpu(void *p)
{
	u64 pfn = ((uintptr_t)p - arena_base) >> PAGE_SHIFT;
	const u8 *table = arena_index;
	long rseq = shim_rseq;
	unsigned long index;

	if (!rseq || !kmem_by_cpu() || unlikely(pfn >= arena_bound()))
		return false;
	index = READ_ONCE(table[pfn]);
	if (unlikely(pair_rejects(table, index, (u32)(uintptr_t)p)))
		return false;
	return section_push(rseq, section_slot(index), p);
}

/* The slow path of free(); free_slow() also serves realloc() after a move. */
static noinline void free_rest(void *p, uintptr_t caller)
{
	if (likely(p)) {
		count_call(CALL_FREE);
		if (!early_owns(p))
			trace_call(TRACE_FREE, p, 0);
	}
	free_slow(p, caller);
}

static noinline __hot_text void free_miss(void *p, uintptr_t caller)
{
	if (!push_by_cpu(p))
		free_rest(p, caller);
}

/* A block with a mark about which something is rare, or the table is full. */
static noinline void free_marked_odd(void *p, uintptr_t caller,
				     unsigned long index)
{
	unsigned int class = (unsigned int)index - MARKED_INDEX;

	block_give_odd(shim_cache(class), p);
	if (!cursor_put(&kmem_this_owner->cursor[class], p) ||
	    (shim_rseq && kmem_by_cpu() &&
	     section_push(shim_rseq, section_slot(class), p)))
		return;
	block_keep(p); /* the slow path will look at it */
	free_slow(p, caller);
}

/* Frees p in a frame with this index: most often a block with a mark. */
static noinline __hot_text void free_marked(void *p, uintptr_t caller,
					    unsigned long index)
{
	if (!starts_marked(p, index))
		free_miss(p, caller);
	else if (unlikely(!push_marked(p, index)))
		free_marked_odd(p, caller, index);
}

EXPORT noinline __hot_text void free(void *p)
{
	u64 pfn = ((uintptr_t)p - arena_base) >> PAGE_SHIFT;
	const u8 *table = arena_index;
	unsigned long index;

	if (likely(pfn < arena_thread_bound())) {
		index = READ_ONCE(table[pfn]);
		p = kmem_push_start(kmem_this_owner, table, index, p);
		if (unlikely(p))
			free_marked(p, _RET_IP_, index);
		return;
	} else if (pfn < arena_cpu_bound()) {
		index = READ_ONCE(table[pfn]);
		if (pair_rejects(table, index, (u32)(uintptr_t)p) ||
		    !section_fast_push(index, p))
			free_marked(p, _RET_IP_, index);
		return;
	}
	free_miss(p, _RET_IP_);
}

void shim_free(void *p, uintptr_t caller)
{
	p = push_small(p);
	if (unlikely(p) && !push_by_cpu(p))
		free_slow(p, caller);
}

void shim_drain(void)
{
	side_free_put_off(shim_free);
}

static noinline void *calloc_large(size_t size, uintptr_t caller)
{
	void *p = NULL;

	if (is_early())
		return early_alloc(size);
	if (unlikely(!kmem_enter())) {
		count_call(CALL_ALLOC);
		p = malloc_aside(size, MALLOC_ALIGN);
		trace_call(TRACE_CALLOC, p, size);
		return p ? memset(p, 0, size) : NULL;
	}
	if (likely(!shim_boot()) && likely(!inject_begin(size, caller))) {
		p = large_alloc(size, PAGE_SIZE, LARGE_ZERO);
		inject_end(caller);
	}
	kmem_leave();
	count_call(CALL_ALLOC);
	trace_call(TRACE_CALLOC, p, size);
	return likely(p) ? p : shim_refuse();
}

static noinline void *calloc_slow(size_t size, uintptr_t caller)
{
	void *p;

	if (unlikely(trace_on))
		p = malloc_for(TRACE_CALLOC, size, caller);
	else
		p = malloc_miss(size, caller);
	return likely(p) && !early_owns(p) ? memset(p, 0, size) : p;
}

static noinline __hot_text void *calloc_rest(size_t bytes, uintptr_t caller)
{
	void *p;

	if (unlikely(bytes > MAX_SMALL))
		return bytes > MAX_REQUEST ? shim_refuse() :
					     calloc_large(bytes, caller);
	if (block_is_marked(bytes) && likely(!trace_on)) {
		p = malloc_more(bytes, caller);
		return likely(p) && !early_owns(p) ? memset(p, 0, bytes) : p;
	}
	p = section_pop_here(shim_sizes.class[(bytes + 15) / 16]);
	if (unlikely(!p))
		return calloc_slow(bytes, caller);
	return memset(p, 0, bytes);
}

EXPORT noinline __hot_text void *calloc(size_t n, size_t size)
{
	size_t bytes;

	if (unlikely(__builtin_mul_overflow(n, size, &bytes)))
		return shim_refuse();
	if (likely(bytes < shim_sizes.fine_thread)) {
		unsigned long class = shim_sizes.fine[bytes];
		void *p = kmem_pop(kmem_this_owner, class);

		if (likely(p)) {
			if (class > FEW_UNITS)
				return memset(p, 0, bytes);
			clear_units(p, class);
			return p;
		}
	}
	return calloc_rest(bytes, _RET_IP_);
}

/* A block that grew will grow again: adds room, unless sizes are checked. */
static size_t room_for(size_t usable, size_t size)
{
	size_t more = usable + usable / 4;
	const struct kmem_cache *s;

	if (size <= usable || size - usable >= usable / 4)
		return size;
	if (oom_has_policy()) /* no OOM kill for extra room */
		return size;
	if (more > MAX_SMALL)
		return more;
	s = shim_cache_for(more);
	return s && !s->guard ? more : size;
}

/* Copies to a new block. Without memory the old one is kept: NULL. */
static void *realloc_move(void *p, size_t usable, size_t size, uintptr_t caller)
{
	size_t room = room_for(usable, size);
	int saved = errno;
	void *q;

	if (room > MAX_SMALL && size > usable)
		q = large_alloc(room, PAGE_SIZE, LARGE_GROWS);
	else
		q = serve_size(room, caller);
	if (!q && room > size)
		q = serve_size(size, caller);
	if (!q)
		return NULL;
	errno = saved;
	memcpy(q, p, min(usable, size));
	p = push_small(p);
	if (unlikely(p))
		free_inside(p, caller);
	return q;
}

static void *realloc_large(void *p, size_t usable, size_t size,
			   uintptr_t caller)
{
	void *q = NULL;

	if (size <= usable) {
		if (size > MAX_SMALL)
			q = large_resize(p, size);
		return q ? q : realloc_move(p, usable, size, caller);
	}
	if (large_begin(size))
		return NULL;
	q = large_resize(p, size);
	if (!q)
		q = realloc_move(p, usable, size, caller);
	large_end();
	return q;
}

/*
 * An object stays in place while it fills more than half of its class. Returns
 * 0 if so, else -EINVAL; with slab_debug -ENOENT if the object is free already.
 */
static int resize_small(const struct pointer *what, void *p, size_t size,
			uintptr_t caller)
{
	size_t room = what->cache->object_size;

	if (size > room || size <= room / 2)
		return -EINVAL;
	if (what->cache->marked)
		block_resize(what->cache, p, size, "realloc");
	if (likely(!what->cache->guard))
		return 0;
	return kmem_debug_resize(what->cache, p, size, caller);
}

/*
 * Resizes any block; needs memory unless a large block shrinks. This thread is
 * inside.
 */
static void *resize_block(const struct pointer *what, void *p, size_t size,
			  uintptr_t caller)
{
	bool asks = what->kind == POINTER_SMALL || size > what->usable ||
		    size <= MAX_SMALL;
	void *q = NULL;

	if (unlikely(size > MAX_REQUEST))
		return shim_refuse();
	if (asks && inject_begin(size, caller))
		return shim_refuse();
	if (what->kind == POINTER_LARGE)
		q = realloc_large(p, what->usable, size, caller);
	else
		q = realloc_move(p, what->usable, size, caller);
	if (asks)
		inject_end(caller);
	return q ? q : shim_refuse();
}

static noinline void *realloc_early(void *p, size_t size, uintptr_t caller)
{
	void *q = size ? shim_malloc(size, caller) : NULL;

	if (q)
		early_copy(q, p, size);
	return q;
}

/* Resizes a block of ours, inside. -ENOENT: foreign, to be handled outside. */
static int realloc_inside(void *p, size_t size, uintptr_t caller, void **out)
{
	struct pointer what;
	int ret;

	*out = NULL;
	pointer_resolve(p, "realloc", &what);
	if (what.kind == POINTER_FOREIGN)
		return -ENOENT;
	if (!size) {
		free_inside(p, caller);
		return 0;
	}
	if (what.kind == POINTER_SMALL) {
		ret = resize_small(&what, p, size, caller);
		if (!ret)
			*out = p;
		if (!ret)
			return 0;
		if (ret == -ENOENT) /* a free object: no copy, no free */
			return -EBADF;
	}
	*out = resize_block(&what, p, size, caller);
	return *out ? 0 : -ENOMEM;
}

/* A block that is ignored is not freed; the caller gets a copy of it. */
static void *realloc_foreign(void *p, size_t size)
{
	size_t room;
	void *q;

	if (!foreign_realloc(p, size, &q, &room))
		return q;
	q = size ? malloc_for(TRACE_NONE, size, _RET_IP_) : NULL;
	if (q)
		memcpy(q, p, min(size, room));
	return q;
}

/* Resizes a block while this thread may not use the engine. */
static void *realloc_outside(void *p, size_t size, uintptr_t caller)
{
	void *q;

	if (realloc_aside(p, size, caller, &q))
		return realloc_foreign(p, size);
	return q;
}

static __always_inline void *realloc_block(void *p, size_t size,
					   uintptr_t caller)
{
	void *q;
	int ret;

	if (unlikely(!kmem_enter()))
		return realloc_outside(p, size, caller);
	ret = realloc_inside(p, size, caller, &q);
	kmem_leave();
	if (ret == -ENOENT)
		return realloc_foreign(p, size);
	if (ret == -EBADF)
		return malloc_for(TRACE_NONE, size, caller);
	return q;
}

/* The old block is another thread's before the new one is recorded, perhaps. */
static __cold void *realloc_traced(void *p, size_t size, uintptr_t caller)
{
	void *q;

	trace_call(TRACE_REALLOC, p, size);
	q = realloc_block(p, size, caller);
	__trace_resized(p, q, size);
	return q;
}

static noinline void *realloc_slow(void *p, size_t size, uintptr_t caller)
{
	if (early_owns(p))
		return realloc_early(p, size, caller);
	count_call(CALL_REALLOC);
	if (unlikely(trace_on))
		return realloc_traced(p, size, caller);
	return realloc_block(p, size, caller);
}

static noinline void *realloc_small(struct kmem_cache *s, void *p, size_t size,
				    uintptr_t caller)
{
	const struct pointer what = { POINTER_SMALL, s, s->object_size };
	void *q;

	check_in_use(s, p, "realloc", FREED_LATELY);
	if (s->marked)
		block_claim(s, p, "realloc");
	if (unlikely(!kmem_enter()))
		return realloc_outside(p, size, caller);
	q = resize_block(&what, p, size, caller);
	kmem_leave();
	return q;
}

static noinline __hot_text void *realloc_any(void *p, size_t size,
					     uintptr_t caller)
{
	struct kmem_cache *s;

	if (!p)
		return shim_malloc(size, caller);
	s = small_cache(p);
	if (unlikely(!s || !size))
		return realloc_slow(p, size, caller);
	if (size <= s->object_size && size > s->object_size / 2) {
		if (s->marked)
			block_resize(s, p, size, "realloc");
		else
			check_in_use(s, p, "realloc", 2);
		return p;
	}
	if (unlikely(size > MAX_REQUEST))
		return shim_refuse();
	return realloc_small(s, p, size, caller);
}

EXPORT noinline __hot_text void *realloc(void *p, size_t size)
{
	if (likely(stays_in(room_fast(p), size)))
		return p;
	return realloc_any(p, size, _RET_IP_);
}

void *shim_realloc(void *p, size_t size, uintptr_t caller)
{
	return realloc_any(p, size, caller);
}

static noinline size_t usable_size_odd(void *p)
{
	struct pointer what;

	if (!p)
		return 0;
	if (early_owns(p))
		return early_usable_size(p);
	if (unlikely(!kmem_enter()))
		return usable_size_aside(p);
	pointer_resolve(p, "malloc_usable_size", &what);
	kmem_leave();
	if (what.kind == POINTER_LARGE)
		slack_give(p);
	if (what.kind == POINTER_SMALL && what.cache->marked)
		block_open(what.cache, p, "malloc_usable_size");
	return what.kind == POINTER_FOREIGN ? foreign_usable_size(p) :
					      what.usable;
}

static noinline size_t usable_size_rest(void *p)
{
	const struct kmem_cache *s = small_cache(p);

	if (unlikely(!s))
		return usable_size_odd(p);
	check_in_use(s, p, "malloc_usable_size", 2);
	if (s->marked)
		block_open(s, p, "malloc_usable_size");
	return s->object_size;
}

EXPORT noinline __hot_text size_t malloc_usable_size(void *p)
{
	size_t room = room_fast(p);

	return likely(room) ? room : usable_size_rest(p);
}

void *__libc_malloc(size_t size) ALIAS(malloc);
void __libc_free(void *p) ALIAS(free);
void *__libc_calloc(size_t n, size_t size) ALIAS(calloc);
void *__libc_realloc(void *p, size_t size) ALIAS(realloc);
void __libc_cfree(void *p) ALIAS(free);
