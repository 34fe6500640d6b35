// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/vmalloc.c - consecutive addresses, of frames from anywhere
 *
 *	vmalloc_in_range
 *	  vm_reuse		an area that was freed and has as many pages
 *	  vm_area_alloc		a place, or none
 *	  __vmalloc_area_node
 *	    vm_area_alloc_pages	the largest blocks first: few runs, so few
 *	      |			mappings
 *	    map_vm_area	over budget? purge; then blocks that compaction
 *	      |			makes; then it fails
 *	  set_area		long runs are cleared by a hole in the file,
 *	    |			others by memset
 *	  vm_insert		complete: other threads find it
 *	vfree
 *	  vm_unlink, vm_release	pool, or the end
 *
 * A failure at any step gives back what the steps before had taken.
 *
 * Locking	those of internal.h
 * Invariants	AREA3, AREA4 of internal.h
 * Source	Linux v6.12 mm/vmalloc.c (docs/kernel.md Y2, Y6)
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "compaction/compaction.h"
#include "core/probe.h"
#include "core/start.h"
#include "core/tick.h"
#include "diag/fmt.h"
#include "diag/param.h"
#include "diag/warn.h"
#include "request/request.h"
#include "vmap/vmalloc/internal.h"
#include "zone/gfp.h"
#include "zone/page_debug.h"

#define HUGE_SIZE (PAGE_SIZE << PAGEBLOCK_ORDER)
#define PUNCH_PAGES 64 /* runs this long are cleared by a hole in the file */

static bool no_huge; /* constant after init */

static int set_nohuge(const char *value)
{
	no_huge = true;
	return *value ? -EINVAL : 0;
}
boot_param("nohugevmalloc", set_nohuge, "no value");

void vmalloc_warn(gfp_t gfp, const char *what, size_t size, const char *why)
{
	char text[96];

	km_snprintf(text, sizeof(text), "%s error: size %zu, %s", what, size,
		    why);
	warn_alloc(gfp, NULL, text, 0);
}

/* ---- zeros --------------------------------------------------------------- */

/* Zeroes an area; long runs by a hole in the file. Returns 0 or -errno. */
static int clear_area(const struct vm_area *area)
{
	struct page *const *pages = area->vm.pages;
	unsigned int n, len;
	int ret = 0;

	for (n = 0; n < area->vm.nr_pages && !ret; n += len) {
		len = frames_run(pages + n, area->vm.nr_pages - n);
		if (len >= PUNCH_PAGES &&
		    !arena_punch(page_to_pfn(pages[n]), len))
			continue;
		ret = vm_zero(area,
			      (char *)area->vm.addr + ((size_t)n << PAGE_SHIFT),
			      (size_t)len << PAGE_SHIFT);
	}
	return ret;
}

/* ---- an area ------------------------------------------------------------- */

int vm_map_hard(struct vm_area *area, unsigned int share_flags)
{
	int ret = map_vm_area(area, share_flags);

	if (!ret)
		return 0;
	if (!vm_purge(VM_PURGE_ALL))
		return ret;
	return map_vm_area(area, share_flags);
}

/*
 * There were too many runs for the budget, or no memory for the mappings.
 * Replaces the pages by as many in larger blocks, which compaction makes.
 * Returns 0 or -errno.
 */
static int map_larger(struct vm_area *area, const struct vmalloc_request *rq,
		      gfp_t gfp)
{
	unsigned int nr = area->vm.nr_pages;

	if (!(gfp & __GFP_DIRECT_RECLAIM) ||
	    frames_runs(area->vm.pages, nr) == 1)
		return -ENOMEM;
	vm_free_blocks(area->vm.pages, nr);
	area->vm.page_order = 0;
	compact_nodes();
	area->vm.nr_pages = vm_area_alloc_pages(gfp, rq->node, nr,
						area->vm.pages, BLOCKS_HARD);
	if (area->vm.nr_pages < nr)
		return -ENOMEM;
	return map_vm_area(area, 0);
}

/* Returns true if pages of any node will do, and no memcg pays for them. */
static bool is_ordinary(const struct vmalloc_request *rq)
{
	const gfp_t special = __GFP_DMA | __GFP_DMA32 | __GFP_ACCOUNT |
			      __GFP_THISNODE | __GFP_HARDWALL;

	return (rq->gfp & __GFP_HIGHMEM) && !(rq->gfp & special);
}

/*
 * Returns true if it may take a pooled area, and its area may be pooled later.
 */
static bool is_reusable(const struct vmalloc_request *rq)
{
	return is_ordinary(rq) && rq->prot.pgprot == OS_PROT_RW;
}

/*
 * Returns true if compaction may move the pages. It moves to any node and zone,
 * so requests for one are out. It reads the bytes through the area's own
 * mapping.
 */
static bool is_movable(const struct vmalloc_request *rq)
{
	const gfp_t special = __GFP_DMA | __GFP_DMA32 | __GFP_THISNODE |
			      __GFP_HARDWALL;

	return !(rq->gfp & special) && (rq->prot.pgprot & OS_PROT_READ);
}

static size_t area_bytes(const struct vmalloc_request *rq)
{
	return ALIGN(rq->size, rq->how == BLOCKS_HUGE ? HUGE_SIZE : PAGE_SIZE);
}

/*
 * Allocates and maps pages for an area. Returns NULL, or the text of the
 * failure.
 */
static const char *__vmalloc_area_node(struct vm_area *area,
				       const struct vmalloc_request *rq)
{
	unsigned int nr = (unsigned int)(area_bytes(rq) >> PAGE_SHIFT);
	/*
	 * __GFP_NOWARN: new_area() prints the only message, and limits its
	 * rate.
	 */
	gfp_t gfp = (rq->gfp & ~(__GFP_ZERO | __GFP_COMP)) | __GFP_NOWARN;

	if (is_ordinary(rq))
		gfp |= __GFP_MOVABLE;
	area->vm.pages = __kvmalloc_node(NULL, nr * sizeof(struct page *),
					 (rq->gfp & GFP_KERNEL) | __GFP_NOWARN,
					 rq->node, rq->caller);
	if (!area->vm.pages)
		return "failed to allocated page array";
	area->vm.nr_pages = vm_area_alloc_pages(gfp, rq->node, nr,
						area->vm.pages, rq->how);
	if (area->vm.nr_pages < nr)
		return "failed to allocate pages";
	if (rq->how == BLOCKS_HUGE)
		area->vm.page_order = PAGEBLOCK_ORDER;
	area->prot = (u8)rq->prot.pgprot;
	if (vm_map_hard(area, 0) && map_larger(area, rq, gfp))
		return area->vm.nr_pages < nr ? "failed to allocate pages" :
						"failed to map pages";
	return NULL;
}

/* Sets the fields of a request and clears the area. Returns 0 or -errno. */
static int set_area(struct vm_area *area, const struct vmalloc_request *rq)
{
	area->vm.caller = rq->caller;
	area->vm.requested_size = rq->size;
	area->vm.flags = rq->flags;
	return want_init_on_alloc(rq->gfp) ? clear_area(area) : 0;
}

static void *new_area(const struct vmalloc_request *rq)
{
	struct space_want want = rq->want;
	struct vm_area *area;
	const char *why;

	tick_poll();
	want.size = area_bytes(rq);
	area = vm_area_alloc(&want, rq->flags, rq->gfp, rq->caller);
	if (!area) {
		vmalloc_warn(rq->gfp, "vmalloc", rq->size,
			     "vm_struct allocation failed");
		return NULL;
	}
	why = __vmalloc_area_node(area, rq);
	if (why) {
		vmalloc_warn(rq->gfp, "vmalloc", rq->size, why);
		vm_free_blocks(area->vm.pages, area->vm.nr_pages);
		kvfree(area->vm.pages);
		vm_area_free(area);
		return NULL;
	}
	vmalloc_count(area->vm.nr_pages);
	if (set_area(area, rq)) {
		vmalloc_warn(rq->gfp, "vmalloc", rq->size,
			     "failed to clear pages");
		vm_release(area);
		return NULL;
	}
	if (is_reusable(rq) && !area->vm.page_order)
		area->state |= VM_REUSABLE;
	if (is_movable(rq))
		vm_set_movable(area);
	vm_insert(area);
	return area->vm.addr;
}

static void *old_area(const struct vmalloc_request *rq)
{
	size_t size = PAGE_ALIGN(rq->size);
	struct space_want want = rq->want;
	struct vm_area *area;

	if (!is_reusable(rq) ||
	    (rq->flags & (VM_NO_GUARD | VM_ALLOW_HUGE_VMAP)))
		return NULL;
	want.size = size + PAGE_SIZE;
	area = vm_reuse((unsigned int)(size >> PAGE_SHIFT), &want, rq->node);
	if (!area)
		return NULL;
	set_area(area, rq); /* cannot fail: the area is writable */
	vm_insert(area);
	return area->vm.addr;
}

static void *huge_area(struct vmalloc_request *rq)
{
	size_t align = rq->want.align;
	gfp_t gfp = rq->gfp;
	void *p;

	rq->want.align = max(align, HUGE_SIZE);
	rq->gfp |= __GFP_NOWARN;
	rq->how = BLOCKS_HUGE;
	p = new_area(rq);
	rq->how = BLOCKS_EASY;
	rq->want.align = align;
	rq->gfp = gfp;
	return p;
}

/* Returns false, and warns, if no area can be as the request wants it. */
static bool request_ok(const struct vmalloc_request *rq)
{
	const unsigned long align = rq->want.align;

	if (WARN_ONCE(!rq->size, "vmalloc: a size of 0") ||
	    WARN_ONCE(align & (align - 1),
		      "vmalloc: an alignment of %lu is no power of two",
		      align) ||
	    !vm_prot_ok(rq->prot))
		return false;
	/* nr_pages is an int, also when it is rounded up to huge pages. */
	if (rq->size >> PAGE_SHIFT >
	    min(vm_total_frames(), (unsigned long)UINT_MAX - PAGEBLOCK_PAGES)) {
		vmalloc_warn(rq->gfp, "vmalloc", rq->size,
			     "exceeds total pages");
		return false;
	}
	return true;
}

void *vmalloc_in_range(struct vmalloc_request *rq)
{
	void *p;

	if (engine_need() || !request_ok(rq))
		return NULL;
	rq->want.align = max(rq->want.align, PAGE_SIZE);
	rq->gfp = current_gfp_context(rq->gfp);
	rq->flags |= VM_ALLOC;
	if ((rq->flags & VM_ALLOW_HUGE_VMAP) && !no_huge &&
	    rq->size >= HUGE_SIZE) {
		p = huge_area(rq);
		if (p) {
			probe_vmalloc(p, rq->size, rq->gfp);
			return p;
		}
	}
	p = old_area(rq);
	if (!p)
		p = new_area(rq);
	probe_vmalloc(p, rq->size, rq->gfp);
	return p;
}

void *vmalloc_anywhere(struct vmalloc_request *rq)
{
	if (engine_need())
		return NULL;
	vm_free_deferred();
	rq->want.start = vm_space_start();
	rq->want.end = vm_space_end();
	rq->prot = PAGE_KERNEL;
	return vmalloc_in_range(rq);
}

void *__vmalloc_node(unsigned long size, unsigned long align, gfp_t gfp,
		     int node, const void *caller)
{
	struct vmalloc_request rq = {
		.size = size,
		.want = { .align = align },
		.gfp = gfp,
		.node = node,
		.caller = caller,
	};

	return vmalloc_anywhere(&rq);
}

void *kvmalloc_area(size_t size, gfp_t gfp, int node, const void *caller)
{
	if (unlikely(size > INT_MAX)) {
		WARN_ONCE(!(gfp & __GFP_NOWARN),
			  "kvmalloc: %zu bytes are too many, the most are %d",
			  size, INT_MAX);
		return NULL;
	}
	return __vmalloc_node(size, 1, gfp | __GFP_HIGHMEM, node, caller);
}
