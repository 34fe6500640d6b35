// SPDX-License-Identifier: MIT
/*
 * shim/large.c - blocks above 32 KiB: page runs, then areas
 *
 * A run is as many frames as the block has pages, wherever they are free in a
 * row (request/fit_run.c). Its head page holds the length. An area has
 * pages of its own in vmalloc space. When the arena is full a run becomes an
 * area, however small. fail_page_alloc= is tested once for each request, by
 * the order of its size.
 *
 * Locking	none here. A run is freed by the thread that changes its head
 *		page from PAGE_RUN to PAGE_NONE; a second one gets an error.
 */
#include <errno.h>
#include <string.h>

#include "core/tick.h"
#include "kmem/debug.h"
#include "kmem/guard.h"
#include "reclaim/reclaim.h"
#include "request/request.h"
#include "shim/shim.h"
#include "shim/slack.h"
#include "shim/vacant.h"
#include "vmap/large/large.h"
#include "zone/page_debug.h"
#include "zone/surplus.h"

#define RUN_GFP ((GFP_HIGHUSER_MOVABLE | SHIM_GFP) & ~__GFP_HIGHMEM)

/* Up to this size the page allocator applies the OOM policy itself. */
#define OOM_MAX (PAGE_SIZE << PAGE_ALLOC_COSTLY_ORDER)

#define OOM_ROUNDS 17 /* as the page allocator has */

struct large_stat large_stat;

static void count_runs(unsigned long *counter, long delta)
{
	__atomic_add_fetch(counter, (unsigned long)delta, __ATOMIC_RELAXED);
}

/* ---- page runs ----------------------------------------------------------- */

/* Turns an allocated block into a run of nr frames, and counts them. */
static void *run_start(struct page *page, unsigned long nr, size_t size,
		       unsigned int flags)
{
	page->nr_pages = nr;
	vacant_look(page_to_pfn(page), nr);
	if ((flags & LARGE_ZERO) && !page_known_zero(page))
		memset(page_to_virt(page), 0, nr << PAGE_SHIFT);
	slack_set(page, size, page_known_zero(page) ? SLACK_ZERO : SLACK_DIRTY);
	smp_store_release(&page->type, PAGE_RUN);
	count_runs(&large_stat.runs, 1);
	count_runs(&large_stat.runs_ever, 1);
	count_runs(&large_stat.run_pages, (long)nr);
	return page_to_virt(page);
}

/* The last resort: more than the largest block, out of the arena. */
static void *contig_alloc(size_t size, size_t align, unsigned int flags)
{
	unsigned long nr = PAGE_ALIGN(size) >> PAGE_SHIFT;
	struct page *page;

	if (align > MAX_BLOCK_SIZE || !nr)
		return NULL;
	page = alloc_long_run(&node_data[0].node_zones[ZONE_NORMAL], nr);
	if (!page)
		return NULL;
	return run_start(page, nr, size, flags);
}

/*
 * A run that grows begins where a block of its order does, as long as there is
 * one: often it can take what is free behind it the next time.
 */
static void *run_alloc(size_t size, size_t align, unsigned int flags, gfp_t gfp)
{
	unsigned long nr = PAGE_ALIGN(size) >> PAGE_SHIFT;
	unsigned long block = max(nr, align >> PAGE_SHIFT);
	struct page *page = NULL;

	if (align <= PAGE_SIZE) {
		if (flags & LARGE_GROWS)
			page = alloc_page_run(gfp, nr);
		if (!page)
			page = alloc_fit_run(gfp, nr);
	} else {
		page = alloc_page_run(gfp, block);
		if (page && block > nr)
			trim_page_run(page, nr, block);
	}
	return page ? run_start(page, nr, size, flags) : NULL;
}

/*
 * Returns the head page of the run that holds p, or NULL. From inside a run it
 * searches backwards frame by frame, since a run begins anywhere.
 */
static struct page *run_of(const void *p)
{
	unsigned long pfn = virt_to_pfn(p), at = pfn;

	if (!pfn_online(pfn))
		return NULL;
	for (;;) {
		struct page *page = pfn_to_page(at);

		if (smp_load_acquire(&page->type) == PAGE_RUN)
			return page->nr_pages > pfn - at ? page : NULL;
		if (!at || arena_index[at] || PageBuddy(page))
			return NULL;
		at--;
		if (!pfn_online(at)) /* no run crosses a hole */
			return NULL;
	}
}

static int run_free(struct page *page)
{
	unsigned long nr = page->nr_pages;
	size_t size = slack_size(page);
	u8 expected = PAGE_RUN;

	slack_check(page, "free");
	freed_note(page_to_virt(page)); /* first: another thread may ask */
	if (!__atomic_compare_exchange_n(&page->type, &expected, PAGE_NONE,
					 false, __ATOMIC_ACQ_REL,
					 __ATOMIC_RELAXED))
		return -ENOENT;
	count_runs(&large_stat.runs, -1);
	count_runs(&large_stat.run_pages, -(long)nr);
	if (unlikely(READ_ONCE(kmem_perturb)))
		memset(page_to_virt(page), kmem_perturb, nr << PAGE_SHIFT);
	vacant_run(page, size);
	free_page_run(page, nr);
	return 0;
}

/* Resizes a run in place. Returns its address, or NULL. */
static void *run_resize(struct page *page, size_t size)
{
	unsigned long nr = page->nr_pages;
	unsigned long want = PAGE_ALIGN(size) >> PAGE_SHIFT;

	slack_check(page, "realloc");
	if (want > nr) {
		if (want > MAX_ORDER_NR_PAGES ||
		    extend_page_run(page, nr, want))
			return NULL;
		vacant_look(page_to_pfn(page) + nr, want - nr);
		page->nr_pages = want;
	} else if (want < nr) {
		page->nr_pages = want;
		trim_page_run(page, want, nr);
	}
	slack_set(page, size, SLACK_DIRTY);
	count_runs(&large_stat.run_pages, (long)(want - nr));
	return page_to_virt(page);
}

/* ---- areas --------------------------------------------------------------- */

static void *area_alloc(size_t size, size_t align, unsigned int flags)
{
	struct large_area *area = large_area_alloc(size, align);
	void *p;

	if (!area)
		return NULL;
	if (!(flags & LARGE_ZERO))
		large_area_mark(area);
	p = (void *)area->va.va_start;
	vacant_look_area(area, area->va.flags & LARGE_AREA_ZERO ? VACANT_NEW :
								  VACANT_KEPT);
	if (((flags & LARGE_ZERO) || want_init_on_alloc(0)) &&
	    !(area->va.flags & LARGE_AREA_ZERO))
		memset(p, 0, size);
	return p;
}

static void *area_resize(void *p, size_t size)
{
	struct large_area *area = large_area_unlink(p);
	int ret;

	if (!area)
		return NULL;
	ret = large_area_resize(area, size);
	if ((uintptr_t)p != area->va.va_start)
		freed_note(p);
	vacant_look_area(area, (uintptr_t)p != area->va.va_start ? VACANT_NEW :
								   VACANT_KEPT);
	p = (void *)area->va.va_start;
	large_area_link(area);
	return ret ? NULL : p;
}

/* ---- either -------------------------------------------------------------- */

static void *run_or_area(size_t size, size_t align, unsigned int flags)
{
	void *p = NULL;

	if (size <= MAX_BLOCK_SIZE && align <= MAX_BLOCK_SIZE)
		p = run_alloc(size, align, flags, RUN_GFP);
	return p ? p : area_alloc(size, align, flags);
}

/*
 * An area consists of single pages, so the OOM policy applies as for one page.
 * It does not apply to requests that can never succeed.
 */
static noinline void *alloc_or_oom(size_t size, size_t align,
				   unsigned int flags)
{
	unsigned long most = arena.span_frames;
	void *p = NULL;

	if (arena.limit_frames)
		most = min(most, arena.limit_frames);
	if (max(size, align) <= OOM_MAX)
		return run_alloc(size, align, flags, RUN_GFP & ~__GFP_NORETRY);
	for (unsigned int i = 0; !p && i < OOM_ROUNDS; i++) {
		if (size >> PAGE_SHIFT > most || !area_out_of_memory(RUN_GFP))
			return NULL;
		p = run_or_area(size, align, flags);
	}
	return p;
}

static void *serve_large(size_t size, size_t align, unsigned int flags)
{
	void *p = run_or_area(size, align, flags);

	if (unlikely(!p)) {
		km_reclaim_all();
		p = run_or_area(size, align, flags);
	}
	if (unlikely(!p))
		p = contig_alloc(size, align, flags);
	if (unlikely(!p) && oom_has_policy())
		p = alloc_or_oom(size, align, flags);
	return p;
}

int __large_begin(size_t size)
{
	if (should_fail_alloc_page(RUN_GFP, get_order(size)))
		return -ENOMEM;
	fault_exempt_begin();
	return 0;
}

void *large_alloc(size_t size, size_t align, unsigned int flags)
{
	void *p;

	tick_poll();
	surplus_poll();
	if (size > PTRDIFF_MAX || large_begin(size))
		return NULL;
	p = serve_large(size, align, flags);
	large_end();
	if (unlikely(READ_ONCE(kmem_perturb)) && p && !(flags & LARGE_ZERO))
		memset(p, kmem_perturb ^ 0xff, size);
	return p;
}

int run_find(const void *p, struct large *out)
{
	struct page *page = run_of(p);

	if (!page)
		return -ENOENT;
	out->start = page_to_virt(page);
	out->usable = page->nr_pages << PAGE_SHIFT;
	return 0;
}

int large_find(const void *p, struct large *out)
{
	struct large_area area;

	if (!run_find(p, out))
		return 0;
	if (large_area_find(p, &area))
		return -ENOENT;
	out->start = (void *)area.va.va_start;
	out->usable = large_size(&area);
	return 0;
}

static int run_or_area_free(void *p)
{
	struct large_area *area;

	if (arena_contains(p) && run_of(p))
		return run_free(__virt_to_page(p));
	freed_note(p);
	area = large_area_unlink(p);
	if (!area)
		return -ENOENT;
	vacant_area(area);
	large_area_free(area);
	return 0;
}

int large_free(void *p)
{
	int ret;

	tick_poll();
	ret = run_or_area_free(p);
	surplus_poll();
	return ret;
}

void *large_resize(void *p, size_t size)
{
	struct page *page;
	void *q;

	tick_poll();
	page = arena_contains(p) ? run_of(p) : NULL;
	q = page ? run_resize(page, size) : area_resize(p, size);
	surplus_poll();
	return q;
}

int large_resize_here(void *p, size_t size)
{
	struct page *page = arena_contains(p) ? run_of(p) : NULL;
	void *q;

	if (!page || large_begin(size))
		return -ENOMEM;
	q = run_resize(page, size);
	large_end();
	return q ? 0 : -ENOMEM;
}
