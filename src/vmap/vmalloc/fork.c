// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/fork.c - a child of fork() has a memfd of its own, with copies
 *
 *	prepare	 old file |a|b|.|c|   words are copied    new file |a|b|.|c|
 *		 (free frames and holes are not)
 *	fork()	 nothing of the old file is mapped in the child: MADV_DONTFORK
 *	parent	 closes the new file
 *	child	 closes the old one; maps every area, and every frame that has
 *		 an address of its own, from the new one, where they were
 *
 * Other threads of the parent go on writing: each aligned word of the copy is
 * one that the frame held between the start and the end of fork(). If there is
 * no memory for the copy, fork() reports it, and an access to the areas faults
 * in the child.
 *
 *	vmap_fork=copy	as drawn above
 *	vmap_fork=share	parent and child have the same memory: no MADV_DONTFORK
 *	vmap_fork=none	only frames that have an address of their own are
 *			copied: areas fault in the child, its HighMem is empty
 *
 * Locking	the thread that forks holds all locks (core/lock.h)
 * Tests	unit.init.vm_fork, with the handlers of fork()
 * Source	none: the kernel's vmalloc space is every process's
 */
#include <errno.h>

#include "core/lock.h"
#include "diag/report.h"
#include "vmap/vmalloc/internal.h"

#define WINDOW_FRAMES (16UL << 20 >> PAGE_SHIFT) /* copied at a time */

static int child_fd; /* of the child that is being made; 0: none */

/* ---- copying ------------------------------------------------------------- */

/* Copies word by word: no aligned word is torn by another thread's write. */
static void copy_words(u64 *to, const u64 *from, size_t size)
{
	for (size_t n = 0; n < size / sizeof(*to); n++)
		WRITE_ONCE(to[n], READ_ONCE(from[n]));
}

static int copy_window(int to_fd, unsigned long pfn, unsigned long nr)
{
	void *from = arena_view(arena.highmem_fd, pfn, nr);
	void *to = from ? arena_view(to_fd, pfn, nr) : NULL;

	if (to) {
		copy_words(to, from, nr << PAGE_SHIFT);
		arena_view_end(to, nr);
	}
	if (from)
		arena_view_end(from, nr);
	return to ? 0 : -ENOMEM;
}

enum block_use { BLOCK_FREE, BLOCK_USED };

/*
 * Returns the first frame behind the block of pfn, and sets *use to what the
 * block is.
 */
static unsigned long block_end(unsigned long pfn, enum block_use *use)
{
	unsigned long nr;
	const struct page *head = frame_block(pfn_to_page(pfn), &nr);
	unsigned int type = page_type(head);

	*use = type == PAGE_BUDDY || type == PAGE_PCP ? BLOCK_FREE : BLOCK_USED;
	return page_to_pfn(head) + nr;
}

/* Returns the end of the stretch from pfn on that is all used, or all free. */
static unsigned long stretch_end(unsigned long pfn, unsigned long end,
				 enum block_use *use)
{
	unsigned long n = block_end(pfn, use);
	enum block_use more;

	while (n < end) {
		unsigned long next = block_end(n, &more);

		if (more != *use)
			break;
		n = next;
	}
	return min(n, end);
}

static int copy_frames(int to_fd, unsigned long pfn, unsigned long end)
{
	int ret = 0;

	while (pfn < end && !ret) {
		enum block_use use;
		unsigned long next;

		next = stretch_end(pfn, min(end, pfn + WINDOW_FRAMES), &use);
		if (use == BLOCK_USED)
			ret = copy_window(to_fd, pfn, next - pfn);
		pfn = next;
	}
	return ret;
}

static int copy_shared(int to_fd)
{
	unsigned long pfn = 0, nr;
	int ret = 0;

	for (; !ret && frames_next_shared(&pfn, &nr); pfn += nr)
		ret = copy_frames(to_fd, pfn, pfn + nr);
	return ret;
}

static int copy_file(int to_fd)
{
	size_t start = 0, end;
	int ret = os_file_resize(to_fd, arena.highmem_size);

	if (!ret && vmap_fork == VMAP_FORK_NONE)
		return copy_shared(to_fd);
	while (!ret && os_file_data(arena.highmem_fd, &start, &end)) {
		ret = copy_frames(to_fd, start >> PAGE_SHIFT,
				  end >> PAGE_SHIFT);
		start = end;
	}
	return ret;
}

static void vm_fork_copy(void)
{
	int ret;

	child_fd = 0;
	if (!arena.highmem_fd || vmap_fork == VMAP_FORK_SHARE)
		return;
	child_fd = os_memfd("libkmalloc-highmem");
	ret = child_fd < 0 ? child_fd : copy_file(child_fd);
	if (!ret)
		return;
	km_report(
		"kmalloc: fork: no copy of vmalloc space for the child (error %d): what is there faults in it\n",
		ret);
	if (child_fd > 0)
		os_close(child_fd);
	child_fd = -1;
}

static void vm_fork_parent(void)
{
	if (child_fd > 0)
		os_close(child_fd);
	child_fd = 0;
}

/* ---- the child ----------------------------------------------------------- */

/* Maps each stretch of pages between holes; an area without VM_HOLES is one. */
static int map_stretches(const struct vm_area *area)
{
	struct page *const *pages = area->vm.pages;
	unsigned int n = 0, nr = area->vm.nr_pages;
	int ret = 0;

	while (n < nr && !ret) {
		unsigned int first = n;

		while (n < nr && pages[n])
			n++;
		if (n > first)
			ret = frames_map(area->va->va_start +
						 ((size_t)first << PAGE_SHIFT),
					 pages + first, n - first, area->prot);
		while (n < nr && !pages[n])
			n++;
	}
	return ret;
}

/*
 * Maps the place without access, so that the OS gives it to no other mapping.
 */
static void keep_place(struct vm_area *area)
{
	frames_unmap(area->va->va_start, va_size(area->va));
	area->state &= (u8) ~(VM_MAPPED | VM_REUSABLE);
	if (arena_contains(area->vm.pages))
		return;
	area->vm.pages = NULL; /* the array was in an area that is lost */
	area->vm.nr_pages = 0;
}

/*
 * Maps an area in the child. Its page array may lie in another area, which is
 * then mapped first; struct vm_area itself is always in a slab.
 */
static void map_again(struct vm_area *area)
{
	struct vmap_node *node;
	struct vm_area *array;

	if (!(area->state & (VM_MAPPED | VM_HOLES)))
		return;
	array = arena_contains(area->vm.pages) ?
			NULL :
			vm_lookup(area->vm.pages, &node);
	if (array) {
		vm_unlock(node);
		map_again(array);
	}
	if (!map_stretches(area))
		return;
	km_report("kmalloc: fork: no mapping for the area at %p in the child\n",
		  area->vm.addr);
	keep_place(area);
}

/* Without copies HighMem is empty in the child, but kmap() must work there. */
static void map_or_keep(struct vm_area *area, unsigned int copied)
{
	if (copied || kmap_is_area(area))
		map_again(area);
	else if (area->state & (VM_MAPPED | VM_HOLES))
		keep_place(area);
}

static void map_areas(unsigned int copied)
{
	for (unsigned int n = 0; n < nr_vmap_nodes; n++) {
		struct rb_node *rb = rb_first(&vmap_nodes[n].busy);

		for (; rb; rb = rb_next(rb)) {
			struct vmap_area *va = rb_entry(rb, struct vmap_area,
							rb);

			map_or_keep(to_area(va->vm), copied);
		}
	}
}

/*
 * Maps the copies of shared frames; slabs may be among them, hence in each
 * mode.
 */
static void map_shared(void)
{
	unsigned long pfn = 0, nr;

	for (; frames_next_shared(&pfn, &nr); pfn += nr) {
		void *addr = pfn_to_virt(pfn);

		if (arena_map(addr, pfn, nr, OS_PROT_RW) ||
		    arena_dont_fork(pfn, nr))
			km_report(
				"kmalloc: fork: no mapping for the frames at %p in the child\n",
				addr);
	}
}

static void keep_shared(void)
{
	unsigned long pfn = 0, nr;

	for (; frames_next_shared(&pfn, &nr); pfn += nr)
		arena_hide(pfn, nr);
}

/*
 * Returns a new file, so that new areas do not write to the parent's; or
 * -errno.
 */
static int empty_file(void)
{
	int fd = os_memfd("libkmalloc-highmem");

	if (fd < 0 || !os_file_resize(fd, arena.highmem_size))
		return fd;
	os_close(fd);
	return -EBADF; /* a file that is too short would raise SIGBUS */
}

static void vm_fork_child(void)
{
	bool copied = child_fd > 0;

	if (!child_fd)
		return;
	os_close(arena.highmem_fd);
	arena.highmem_fd = copied ? child_fd : empty_file();
	child_fd = 0;
	if (copied)
		map_shared();
	else
		keep_shared();
	map_areas(copied && vmap_fork == VMAP_FORK_COPY);
	vm_purge(VM_PURGE_ALL); /* not mapped here */
}

/* ---- the locks ----------------------------------------------------------- */

static void vm_fork_take(void)
{
	for (unsigned int n = 0; n < nr_vmap_nodes; n++)
		lock_fork_take(&vmap_nodes[n].lock);
	share_fork_take();
	kmap_fork_take();
}

static void vm_fork_release(void)
{
	kmap_fork_release();
	share_fork_release();
	for (unsigned int n = nr_vmap_nodes; n-- > 0;)
		lock_fork_release(&vmap_nodes[n].lock);
}

static void vm_fork_prepare(void)
{
	vm_purge(VM_PURGE_ALL); /* pooled areas need no copy */
}

const struct vmalloc_ops vmalloc_ops = {
	.check = vm_check,
	.fork_prepare = vm_fork_prepare,
	.fork_take = vm_fork_take,
	.fork_copy = vm_fork_copy,
	.fork_parent = vm_fork_parent,
	.fork_child = vm_fork_child,
	.fork_release = vm_fork_release,
};
