// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/migrate.c - compaction moves the frames of vmalloc() areas
 *
 *	area	|a|b|c|			area	|a|d|c|
 *	           |     compaction              |
 *	frames	...b..........d		frames	..............d
 *
 * Pages of vmalloc() are movable for the page allocator (compaction/migrate.c):
 * the page's private word is the address at which it is mapped. To move one,
 * writes to that address wait, the bytes are written to the new frame, which is
 * mapped over the old one; reads go on all the while.
 *
 * Two kinds of pages do not move. A page that vmalloc_to_page() returned stays,
 * since its caller holds a pointer to it. All pages of a pinned area stay,
 * since system calls write to it, and not every machine can make these writes
 * wait.
 *
 * Locking	the lock of the node in whose busy tree the area is, while a
 *		page is moved, system calls and all: vfree() and vm_lookup()
 *		wait
 * Invariants	MOVE1  a movable page is mapped at page_private(), once
 *		MOVE2  after each move an area's mappings are charged exactly
 *					(stress.api.vm_migrate checks both)
 * Source	Linux v6.12 include/linux/migrate.h for the protocol; the
 *		kernel's own vmalloc pages do not move (docs/divergence.md F)
 */
#include <errno.h>
#include <string.h>

#include <kmalloc/migrate.h>

#include "buddy/buddy.h"
#include "compaction/migrate.h"
#include "core/start.h"
#include "diag/param.h"
#include "diag/warn.h"
#include "vmap/vmalloc/internal.h"

enum vmap_migrate {
	MIGRATE_AUTO, /* userfaultfd, or mprotect where that is refused */
	MIGRATE_UFFD,
	MIGRATE_MPROTECT,
	MIGRATE_NONE,
};

static enum vmap_migrate vmap_migrate; /* constant after init */

static int set_migrate(const char *value)
{
	static const char *const names[] = { "auto", "userfaultfd", "mprotect",
					     "none" };

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(value, names[i])) {
			vmap_migrate = (enum vmap_migrate)i;
			return 0;
		}
	}
	return -EINVAL;
}
boot_param("vmap_migrate", set_migrate, "auto, userfaultfd, mprotect, none");

/* ---- one page ------------------------------------------------------------ */

/*
 * Returns the area that maps a page at the address in its private word, with
 * the node locked. NULL: the area is freed or pinned, and nothing is locked.
 */
static struct vm_area *area_of_page(struct page *page, struct vmap_node **node)
{
	const void *addr = (const void *)page_private(page);
	struct vm_area *area = addr ? vm_lookup(addr, node) : NULL;

	if (!area)
		return NULL;
	if (!READ_ONCE(area->pins) && vm_page_at(area, addr) == page)
		return area;
	vm_unlock(*node);
	return NULL;
}

static bool vm_isolate_page(struct page *page, isolate_mode_t mode)
{
	struct vmap_node *node;

	(void)mode;
	if (!area_of_page(page, &node))
		return false;
	vm_unlock(node);
	return true;
}

static void vm_putback_page(struct page *page)
{
	(void)page;
}

/*
 * A block of an area: its first page is number n of the area, it has nr pages.
 */
struct block {
	struct vm_area *area;
	unsigned int n, nr;
};

static void *block_addr(const struct block *b)
{
	return (char *)b->area->vm.addr + ((size_t)b->n << PAGE_SHIFT);
}

static size_t moved_bytes(const struct block *b)
{
	return (size_t)b->nr << PAGE_SHIFT;
}

/* Returns how many runs begin with the block or right behind it: 0, 1 or 2. */
static unsigned int breaks_at(const struct block *b)
{
	struct page *const *pages = b->area->vm.pages;
	unsigned int end = b->n + b->nr, nr = 0;

	if (b->n)
		nr += pages[b->n] != pages[b->n - 1] + 1;
	if (end < b->area->vm.nr_pages)
		nr += pages[end] != pages[end - 1] + 1;
	return nr;
}

/*
 * Copies the block to dst and maps dst there. Returns 0, or -errno and no
 * change.
 */
static int replace_block(const struct block *b, struct page *dst)
{
	unsigned long pfn = page_to_pfn(dst);
	void *addr = block_addr(b);
	int ret = arena_write(pfn, b->nr, addr);

	return ret ? ret : arena_map(addr, pfn, b->nr, b->area->prot);
}

static int replace_as(const struct block *b, struct page *dst, enum os_wp how)
{
	const struct os_wp_range range = { .addr = block_addr(b),
					   .size = moved_bytes(b),
					   .prot = b->area->prot,
					   .how = how };
	int ret = os_wp_begin(&range);

	if (ret)
		return ret;
	ret = replace_block(b, dst);
	if (ret)
		os_wp_cancel(&range);
	else
		os_wp_end(&range);
	return ret;
}

/* Holds back writes meanwhile, if the area is writable. Returns 0 or -errno. */
static int try_replace(const struct block *b, struct page *dst)
{
	int ret = -EPERM;

	if (!(b->area->prot & OS_PROT_WRITE))
		return replace_block(b, dst);
	if (vmap_migrate != MIGRATE_MPROTECT)
		ret = replace_as(b, dst, OS_WP_UFFD);
	if (ret && vmap_migrate != MIGRATE_UFFD)
		ret = replace_as(b, dst, OS_WP_MPROTECT);
	return ret;
}

/* Moves the block to dst and charges its mappings anew. The node is locked. */
static int move_block(const struct block *b, struct page *dst)
{
	struct page **pages = b->area->vm.pages + b->n, *src = pages[0];
	unsigned int before = breaks_at(b), after;
	int ret = frames_charge(2); /* at most so many more */

	if (ret)
		return ret;
	ret = frames_share(&dst, 1, 0);
	if (!ret)
		ret = try_replace(b, dst);
	if (ret) {
		frame_unshare(dst);
		frames_uncharge(2);
		return ret;
	}
	if (vmap_fork != VMAP_FORK_SHARE)
		os_dont_fork(block_addr(b), moved_bytes(b));
	for (unsigned int n = 0; n < b->nr; n++)
		WRITE_ONCE(pages[n], dst + n);
	after = breaks_at(b);
	frames_uncharge(2 + before - after);
	b->area->nr_mappings += after - (unsigned long)before;
	get_page(dst);
	set_page_private(dst, (uintptr_t)block_addr(b));
	__SetPageMovable(dst, b->area->movable);
	set_page_private(src, 0);
	__ClearPageMovable(src);
	return 0;
}

static int vm_migrate_page(struct page *dst, struct page *src,
			   enum migrate_mode mode)
{
	uintptr_t addr = page_private(src);
	unsigned int order = READ_ONCE(src->order);
	struct vmap_node *node;
	struct block b = { .nr = 1U << order };
	int ret;

	(void)mode;
	b.area = area_of_page(src, &node);
	if (!b.area)
		return -EINVAL;
	b.n = (unsigned int)((addr - b.area->va->va_start) >> PAGE_SHIFT);
	/* Not movable any more: vm_page_stays() waits until this move ends. */
	ret = PageMovable(src) ? move_block(&b, dst) : -EINVAL;
	vm_unlock(node);
	if (ret)
		return ret == -ENOMEM ? -EAGAIN : ret;
	page_block_free(src, order);
	return 0;
}

static const struct movable_operations vm_mops = {
	.isolate_page = vm_isolate_page,
	.migrate_page = vm_migrate_page,
	.putback_page = vm_putback_page,
};

/* ---- what the owner wants ------------------------------------------------ */

void vm_set_movable(struct vm_area *area)
{
	if (vmap_migrate == MIGRATE_NONE || area->vm.page_order)
		return;
	area->movable = &vm_mops;
	for (unsigned int n = 0; n < area->vm.nr_pages;) {
		struct page *head = area->vm.pages[n];

		set_page_private(head, area->va->va_start +
					       ((size_t)n << PAGE_SHIFT));
		n += 1U << READ_ONCE(head->order);
		__SetPageMovable(head, &vm_mops);
	}
}

/*
 * Makes a block unmovable: no new move begins. Returns -EAGAIN while a move
 * goes on, or while its mover still has a reference: a split needs exactly one.
 */
static int block_stays(struct page *head)
{
	if (PageMovable(head))
		__ClearPageMovable(head);
	if (READ_ONCE(head->flags) & PG_ISOLATED)
		return -EAGAIN;
	if (READ_ONCE(head->order) && smp_load_acquire(&head->_refcount) != 1)
		return -EAGAIN;
	return 0;
}

int vm_page_stays(struct vm_area *area, struct page *page)
{
	unsigned long nr;
	struct page *head;

	if (!(area->vm.flags & VM_ALLOC))
		return 0;
	head = frame_block(page, &nr);
	if (block_stays(head))
		return -EAGAIN;
	/* The caller may keep a reference beyond vfree(). */
	area->state &= (u8)~VM_REUSABLE;
	set_page_private(head, 0);
	if (nr > 1)
		split_page(head, READ_ONCE(head->order));
	return 0;
}

void vm_split_blocks(struct vm_area *area)
{
	unsigned int order;

	vm_clear_movable(area);
	for (unsigned int n = 0; n < area->vm.nr_pages; n += 1U << order) {
		struct page *head = area->vm.pages[n];

		while (block_stays(head))
			cpu_relax();
		order = READ_ONCE(head->order);
		if (order)
			split_page(head, order);
	}
}

void vm_clear_movable(struct vm_area *area)
{
	if (!area->movable)
		return;
	for (unsigned int n = 0; n < area->vm.nr_pages;) {
		struct page *head = area->vm.pages[n];

		n += 1U << READ_ONCE(head->order);
		if (PageMovable(head))
			__ClearPageMovable(head);
		set_page_private(head, 0);
	}
}

void vm_migrate_tick(void)
{
	if (!spin_trylock(&migrate_lock))
		return;
	os_wp_rest();
	spin_unlock(&migrate_lock);
}

int km_vmap_pin(const void *addr)
{
	struct vmap_node *node;
	struct vm_area *area;

	if (engine_need())
		return -ENOMEM;
	area = vm_lookup(addr, &node);
	if (!area)
		return -ENOENT;
	WRITE_ONCE(area->pins, area->pins + 1);
	vm_unlock(node);
	return 0;
}

void km_vmap_unpin(const void *addr)
{
	struct vmap_node *node;
	struct vm_area *area = engine_need() ? NULL : vm_lookup(addr, &node);

	if (!area) {
		WARN(1, "Trying to unpin nonexistent vm area (%p)", addr);
		return;
	}
	if (!WARN_ONCE(!area->pins, "the area at %p is not pinned", addr))
		WRITE_ONCE(area->pins, area->pins - 1);
	vm_unlock(node);
}
