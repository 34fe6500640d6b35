// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/area.c - areas of vmalloc space: found, made, taken away
 *
 * Locking, invariants	internal.h
 * Source	Linux v6.12 mm/vmalloc.c, __get_vm_area_node(), find_vmap_area()
 *		and find_unlink_vmap_area()
 */
#include <errno.h>
#include <string.h>

#include "buddy/buddy.h"
#include "core/bitops.h"
#include "core/start.h"
#include "diag/warn.h"
#include "kmem/kmalloc.h"
#include "sys/os.h"
#include "vmap/vmalloc/internal.h"

static struct vmap_node first_node; /* if no memory for more */
struct vmap_node *vmap_nodes = &first_node;
unsigned int nr_vmap_nodes = 1;

static void node_init(struct vmap_node *node)
{
	spin_lock_init(&node->lock, LOCK_VMAP_NODE);
	INIT_LIST_HEAD(&node->blocks);
}

/* Not static: the preload libraries have this file, and no vmalloc(). */
static void alloc_nodes(void)
{
	unsigned int nr = min(nr_cpu_ids, (unsigned int)VMAP_MAX_NODES);
	struct vmap_node *nodes =
		nr > 1 ? os_map(PAGE_ALIGN(nr * sizeof(*nodes))) : NULL;

	if (!nodes)
		return;
	vmap_nodes = nodes;
	nr_vmap_nodes = nr;
}

int vmalloc_init(void)
{
	alloc_nodes();
	for (unsigned int n = 0; n < nr_vmap_nodes; n++)
		node_init(&vmap_nodes[n]);
	vmap_check_areas = vm_check;
	share_init();
	vm_lazy_init();
	vm_migrate_init();
	vm_fork_init();
	return 0;
}

unsigned long km_vmalloc_start(void)
{
	return engine_need() ? 0 : vm_space_start();
}

unsigned long km_vmalloc_end(void)
{
	return engine_need() ? 0 : vm_space_end();
}

/* ---- nodes --------------------------------------------------------------- */

struct vmap_node *this_vmap_node(void)
{
	return &vmap_nodes[smp_cpu() % nr_vmap_nodes];
}

static unsigned int node_nr(uintptr_t addr)
{
	return addr / VMAP_ZONE_SIZE % nr_vmap_nodes;
}

void vm_unlock(struct vmap_node *node)
{
	spin_unlock(&node->lock);
}

/* Looks in the node of addr first: an area may begin in another node's zone. */
struct vm_area *vm_lookup(const void *addr, struct vmap_node **node)
{
	unsigned int first = node_nr((uintptr_t)addr);

	for (unsigned int n = 0; n < nr_vmap_nodes; n++) {
		struct vmap_area *va;

		*node = &vmap_nodes[(first + n) % nr_vmap_nodes];
		if (!READ_ONCE((*node)->nr_busy))
			continue;
		spin_lock(&(*node)->lock);
		va = range_of(&(*node)->busy, (uintptr_t)addr);
		if (va)
			return to_area(va->vm);
		spin_unlock(&(*node)->lock);
	}
	return NULL;
}

void vm_insert(struct vm_area *area)
{
	struct vmap_node *node = &vmap_nodes[node_nr(area->va->va_start)];

	area->va->vm = &area->vm;
	spin_lock(&node->lock);
	range_link(&node->busy, area->va);
	WRITE_ONCE(node->nr_busy, node->nr_busy + 1);
	spin_unlock(&node->lock);
}

static void busy_erase(struct vmap_node *node, struct vmap_area *va)
{
	rb_erase(&node->busy, &va->rb, NULL);
	WRITE_ONCE(node->nr_busy, node->nr_busy - 1);
}

struct vm_area *vm_unlink(const void *addr)
{
	struct vmap_node *node = &vmap_nodes[node_nr((uintptr_t)addr)];
	struct vmap_area *va;

	spin_lock(&node->lock);
	va = range_at(&node->busy, (uintptr_t)addr);
	if (va && (to_area(va->vm)->state & VM_HOLES))
		va = NULL;
	if (va)
		busy_erase(node, va);
	spin_unlock(&node->lock);
	return va ? to_area(va->vm) : NULL;
}

void vm_erase(struct vm_area *area)
{
	struct vmap_node *node = &vmap_nodes[node_nr(area->va->va_start)];

	spin_lock(&node->lock);
	busy_erase(node, area->va);
	spin_unlock(&node->lock);
}

struct vm_struct *find_vm_area(const void *addr)
{
	struct vmap_node *node;
	struct vm_area *area;

	if (engine_need())
		return NULL;
	area = vm_lookup(addr, &node);
	if (!area)
		return NULL;
	vm_unlock(node);
	return &area->vm;
}

bool is_vmalloc_addr(const void *addr)
{
	struct vmap_node *node;

	if (engine_need() || arena_contains(addr) || !vm_lookup(addr, &node))
		return false;
	vm_unlock(node);
	return true;
}

struct page *vm_page_at(const struct vm_area *area, const void *addr)
{
	size_t nr = ((uintptr_t)addr - area->va->va_start) >> PAGE_SHIFT;

	if (!(area->state & (VM_MAPPED | VM_HOLES)) || nr >= area->vm.nr_pages)
		return NULL;
	return READ_ONCE(area->vm.pages[nr]);
}

struct page *vmalloc_to_page(const void *addr)
{
	struct page *page;
	struct vmap_node *node;
	struct vm_area *area;
	int ret;

	if (engine_need())
		return NULL;
	for (;;) {
		area = vm_lookup(addr, &node);
		if (!area)
			return NULL;
		page = vm_page_at(area, addr);
		ret = page ? vm_page_stays(area, page) : 0;
		vm_unlock(node);
		if (!ret)
			return page;
		cpu_relax();
	}
}

unsigned long vmalloc_to_pfn(const void *addr)
{
	struct page *page = vmalloc_to_page(addr);

	return page ? page_to_pfn(page) : 0;
}

/* ---- making and taking away ---------------------------------------------- */

/* Sizes are whole pages; an alignment is a power of two. */
static bool want_ok(const struct space_want *want)
{
	return want->size && !(want->size % PAGE_SIZE) &&
	       !(want->align & (want->align - 1)) && want->start < want->end;
}

struct vm_area *vm_area_alloc(const struct space_want *want,
			      unsigned long flags, gfp_t gfp,
			      const void *caller)
{
	struct space_want place = *want;
	struct vm_area *area;

	if (WARN_ONCE(!want_ok(want),
		      "get_vm_area: size %lu, alignment %lu, range %#lx to %#lx",
		      (unsigned long)want->size, (unsigned long)want->align,
		      (unsigned long)want->start, (unsigned long)want->end))
		return NULL;
	if (!(flags & VM_NO_GUARD) &&
	    __builtin_add_overflow(place.size, PAGE_SIZE, &place.size))
		return NULL;
	area = kzalloc(sizeof(*area), gfp & (GFP_KERNEL | __GFP_NOWARN));
	if (!area)
		return NULL;
	area->va = alloc_vmap_area(&place, gfp);
	if (!area->va) {
		kfree(area);
		return NULL;
	}
	area->vm.addr = (void *)area->va->va_start;
	area->vm.size = va_size(area->va);
	area->vm.flags = flags;
	area->vm.caller = caller;
	area->prot = OS_PROT_RW;
	return area;
}

void vm_area_free(struct vm_area *area)
{
	BUG_ON(area->state & VM_MAPPED);
	area->va->next = NULL;
	free_vmap_areas(area->va);
	kfree(area);
}

struct vm_struct *__get_vm_area_node(unsigned long size, unsigned long align,
				     unsigned long shift, unsigned long flags,
				     unsigned long start, unsigned long end,
				     int node, gfp_t gfp, const void *caller)
{
	struct space_want want = { .align = max(align, PAGE_SIZE),
				   .start = start,
				   .end = end };
	size_t page = 1UL << shift;
	struct vm_area *area;

	(void)node;
	if (engine_need() || shift < PAGE_SHIFT || shift > 30 ||
	    size > PTRDIFF_MAX)
		return NULL;
	want.size = ALIGN(size, page);
	area = vm_area_alloc(&want, flags, gfp, caller);
	if (!area)
		return NULL;
	vm_insert(area);
	return &area->vm;
}

struct vm_struct *get_vm_area_caller(unsigned long size, unsigned long flags,
				     const void *caller)
{
	if (engine_need())
		return NULL;
	return __get_vm_area_node(size, 1, PAGE_SHIFT, flags, vm_space_start(),
				  vm_space_end(), NUMA_NO_NODE, GFP_KERNEL,
				  caller);
}

struct vm_struct *get_vm_area(unsigned long size, unsigned long flags)
{
	return get_vm_area_caller(size, flags, __builtin_return_address(0));
}

/* Frees vmap()'s copy of the page array; the pages belong to its caller. */
static void vm_forget_pages(struct vm_struct *vm)
{
	if (vm->flags & (VM_ALLOC | VM_MAP_PUT_PAGES))
		return;
	kvfree(vm->pages);
	vm->pages = NULL;
	vm->nr_pages = 0;
}

struct vm_struct *remove_vm_area(const void *addr)
{
	struct vm_area *area;

	if (engine_need() ||
	    WARN_ONCE((uintptr_t)addr % PAGE_SIZE,
		      "remove_vm_area: bad address (%p)", addr))
		return NULL;
	area = vm_unlink(addr);
	if (!area)
		return NULL;
	if ((area->state & VM_MAPPED) &&
	    frames_unmap(area->va->va_start, va_size(area->va))) {
		vm_insert(area); /* the OS refused: the area stays */
		return NULL;
	}
	frames_uncharge(area->nr_mappings);
	area->state = 0;
	area->nr_mappings = 0;
	if (area->vm.flags & VM_ALLOC) {
		vm_split_blocks(area);
		vmalloc_count(-(long)area->vm.nr_pages);
	}
	vm_forget_pages(&area->vm);
	area->va->next = NULL;
	free_vmap_areas(area->va);
	area->va = NULL;
	return &area->vm;
}

void free_vm_area(struct vm_struct *area)
{
	struct vm_struct *found = remove_vm_area(area->addr);

	BUG_ON(found != area);
	kfree(to_area(area));
}

int map_vm_area(struct vm_area *area, unsigned int share_flags)
{
	struct page **pages = area->vm.pages;
	unsigned int nr = area->vm.nr_pages;
	unsigned long mappings = frames_runs(pages, nr) + 1UL;
	int ret = frames_charge(mappings);

	if (ret)
		return ret;
	ret = frames_share(pages, nr, share_flags);
	if (!ret)
		ret = frames_map(area->va->va_start, pages, nr, area->prot);
	if (ret) {
		frames_uncharge(mappings);
		return ret;
	}
	area->nr_mappings = mappings;
	area->state |= VM_MAPPED;
	return 0;
}

/* ---- protection ---------------------------------------------------------- */

bool vm_prot_ok(pgprot_t prot)
{
	const unsigned long all = OS_PROT_RW | OS_PROT_EXEC;

	return !WARN_ONCE(prot.pgprot & ~all, "vmalloc: a protection of %#lx",
			  prot.pgprot);
}

int vm_zero(const struct vm_area *area, void *addr, size_t size)
{
	size_t whole = (size_t)area->vm.nr_pages << PAGE_SHIFT;
	int ret;

	if (likely(area->prot & OS_PROT_WRITE)) {
		memset(addr, 0, size);
		return 0;
	}
	ret = os_protect(area->vm.addr, whole, OS_PROT_RW);
	if (ret)
		return ret;
	memset(addr, 0, size);
	return os_protect(area->vm.addr, whole, area->prot);
}

/* ---- check --------------------------------------------------------------- */

static unsigned long check_pool(const struct vmap_node *node)
{
	unsigned long pages = 0, nr = 0;

	for (unsigned int size = 0; size <= VMAP_POOL_PAGES; size++) {
		const struct vm_area *area = node->pool[size];

		for (; area; area = (const void *)area->vm.next) {
			BUG_ON(size ? area->vm.nr_pages != size :
				      area->vm.nr_pages - 1U < VMAP_POOL_PAGES);
			if (area->vm.flags & VM_ALLOC)
				pages += area->vm.nr_pages;
			nr++;
		}
	}
	BUG_ON(nr != node->nr_pooled);
	return pages;
}

static void check_busy(const struct vmap_node *node, unsigned int nr)
{
	unsigned long found = 0;
	uintptr_t end = 0;

	BUG_ON(rb_check(&node->busy));
	for (struct rb_node *rb = rb_first(&node->busy); rb; rb = rb_next(rb)) {
		struct vmap_area *va = rb_entry(rb, struct vmap_area, rb);
		struct vm_area *area = to_area(va->vm);

		BUG_ON(va->va_start < end || node_nr(va->va_start) != nr);
		BUG_ON(area->va != va ||
		       (uintptr_t)area->vm.addr != va->va_start);
		BUG_ON((size_t)area->vm.nr_pages << PAGE_SHIFT > va_size(va));
		end = va->va_end;
		found++;
	}
	BUG_ON(found != node->nr_busy);
}

/* Called while no other thread is in the allocator. */
void vm_check(void)
{
	unsigned long pages = 0;

	for (unsigned int n = 0; n < nr_vmap_nodes; n++) {
		spin_lock(&vmap_nodes[n].lock);
		check_busy(&vmap_nodes[n], n);
		pages += check_pool(&vmap_nodes[n]);
		spin_unlock(&vmap_nodes[n].lock);
	}
	BUG_ON(pages != vm_lazy_pages());
}
