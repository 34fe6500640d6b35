// SPDX-License-Identifier: MIT
/*
 * api/usercopy.c - check_object_size(): does a copy stay in one object?
 *
 *	the bytes are		they have to be
 *	of an object		in its window		(kmem/usercopy.c)
 *	of a compound block	in the block
 *	of vmalloc space	in one area that is in use
 *	on this stack		all on it, and above where it ends now
 *	of program text		- not at all
 *	of other memory		anything
 *
 * Locking	none; what is copied is in use, so its memory stays what it is
 * Source	Linux v6.12 mm/usercopy.c
 *		(docs/kernel.md D15); frames of the stack
 *		are not told apart
 */
#include <kmalloc/slab.h>
#include <kmalloc/uaccess.h>
#include <kmalloc/vmalloc.h>

#include "core/start.h"
#include "kmem/usercopy.h"
#include "sys/os.h"
#include "vmap/large/space.h"

/* ---- stack and text ------------------------------------------------------ */

/* Returns 1 if all of it is on the stack, validly; 0 if none of it is. */
static int check_stack_object(const void *ptr, struct usercopy *copy)
{
	uintptr_t now = (uintptr_t)__builtin_frame_address(0);
	uintptr_t start = (uintptr_t)ptr, end = start + copy->len, low, high;

	if (os_thread_stack(&low, &high) || end <= low || start >= high)
		return 0;
	if (start >= now && end <= high)
		return 1;
	copy->name = "process stack";
	copy->offset = now > start ? now - start : start - now;
	usercopy_abort(copy);
}

static void check_text(const void *ptr, struct usercopy *copy)
{
	uintptr_t start = (uintptr_t)ptr;
	uintptr_t low = os_find_code(start, start + copy->len);

	if (!low)
		return;
	copy->name = "kernel text";
	copy->offset = start - low;
	usercopy_abort(copy);
}

/* ---- our own memory ------------------------------------------------------ */

static void check_page_span(const void *ptr, struct usercopy *copy)
{
	const struct page *page = virt_to_head_page(ptr);

	if (!page || !(page->flags & PG_HEAD))
		return;
	copy->offset = (uintptr_t)ptr - (uintptr_t)page_to_virt(page);
	if (copy->offset + copy->len <= PAGE_SIZE << page->order)
		return;
	copy->name = "page alloc";
	usercopy_abort(copy);
}

static void check_arena_object(const void *ptr, struct usercopy *copy)
{
	const struct page *slab = virt_to_slab_page(ptr);

	if (slab)
		__check_heap_object(ptr, copy->len, slab, copy->dir);
	else
		check_page_span(ptr, copy);
}

/* Returns 1 if it lies in one area, validly; 0 if it lies in none. */
static int check_vmalloc_object(const void *ptr, struct usercopy *copy)
{
	uintptr_t start = (uintptr_t)ptr;
	const struct vm_struct *vm = find_vm_area(ptr);

	copy->name = "vmalloc";
	if (vm) {
		copy->offset = start - (uintptr_t)vm->addr;
		if (copy->offset + copy->len <= get_vm_area_size(vm))
			return 1;
		usercopy_abort(copy);
	}
	if (start < arena.vmalloc_start || start >= arena.vmalloc_end)
		return 0;
	/* a mapping of the program between ours, such as a stack */
	if (!space_has(ptr) && os_readable(ptr))
		return 0;
	copy->detail = "no area";
	usercopy_abort(copy);
}

/* ---- the call ------------------------------------------------------------ */

static void check_bogus_address(const void *ptr, struct usercopy *copy)
{
	uintptr_t start = (uintptr_t)ptr;

	if (start + (copy->len - 1) < start) {
		copy->name = "wrapped address";
		copy->offset = start + copy->len;
		usercopy_abort(copy);
	}
	if (ZERO_OR_NULL_PTR(ptr)) {
		copy->name = "null address";
		copy->offset = start;
		usercopy_abort(copy);
	}
}

void check_object_size(const void *ptr, unsigned long n, bool to_user)
{
	struct usercopy copy = {
		.dir = to_user ? USERCOPY_EXPOSURE : USERCOPY_OVERWRITE,
		.len = n,
	};

	if (!n || engine_need())
		return;
	check_bogus_address(ptr, &copy);
	if (arena_contains(ptr)) {
		check_arena_object(ptr, &copy);
		return;
	}
	if (check_vmalloc_object(ptr, &copy) || check_stack_object(ptr, &copy))
		return;
	check_text(ptr, &copy);
}
