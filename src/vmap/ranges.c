// SPDX-License-Identifier: MIT
/*
 * vmap/ranges.c - augmented trees of free address ranges
 *
 * Each node knows the largest range in its subtree, so the lowest range that
 * fits is found in one descent: go left while the left subtree has one large
 * enough, else take the node, else go right.
 *
 *	            [40..90) max 80
 *	           /              \
 *	   [0..20) max 20    [120..200) max 80	  want 30: not left; [40..90)
 *
 * Cutting a piece out of a range leaves one of four shapes:
 *
 *	full	|#########|	the range goes away
 *	left	|####     |	it starts later
 *	right	|     ####|	it ends earlier
 *	none	|  ####   |	it ends earlier, a new one stands behind
 *
 * Locking	vmap.lock, held by every caller
 * Invariants	V1-V3 of vmap.h
 * Source	Linux v6.12 mm/vmalloc.c, find_vmap_lowest_match(),
 *		adjust_va_to_fit_type(), merge_or_add_vmap_area()
 */
#include "core/bug.h"
#include "vmap/vmap.h"

#define to_va(node) rb_entry_safe(node, struct vmap_area, rb)

static size_t subtree_max(struct rb_node *node)
{
	return node ? rb_entry(node, struct vmap_area, rb)->subtree_max : 0;
}

static void update_max(struct rb_node *node)
{
	struct vmap_area *va = rb_entry(node, struct vmap_area, rb);

	va->subtree_max = max(va_size(va), max(subtree_max(node->left),
					       subtree_max(node->right)));
}

static void add(struct rb_root *root, struct vmap_area *va)
{
	struct rb_node **link = &root->node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = va->va_start < to_va(parent)->va_start ? &parent->left :
								&parent->right;
	}
	rb_link_node(&va->rb, parent, link);
	rb_insert(root, &va->rb, update_max);
}

void range_remove(struct rb_root *root, struct vmap_area *va)
{
	rb_erase(root, &va->rb, update_max);
}

static void bury(struct vmap_area *va, struct vmap_area **dead)
{
	va->next = *dead;
	*dead = va;
}

/* Add a range, made one with the neighbours that it touches. */
void range_insert(struct rb_root *root, struct vmap_area *va,
		  struct vmap_area **dead)
{
	struct vmap_area *prev, *next;

	add(root, va);
	next = to_va(rb_next(&va->rb));
	prev = to_va(rb_prev(&va->rb));
	if (next && next->va_start == va->va_end) {
		range_remove(root, next);
		va->va_end = next->va_end;
		va->epoch = max(va->epoch, next->epoch);
		bury(next, dead);
		rb_propagate(&va->rb, update_max);
	}
	if (prev && prev->va_end == va->va_start) {
		range_remove(root, va);
		prev->va_end = va->va_end;
		prev->epoch = max(prev->epoch, va->epoch);
		bury(va, dead);
		rb_propagate(&prev->rb, update_max);
	}
}

static bool fits(const struct vmap_area *va, size_t size, size_t align,
		 uintptr_t *at)
{
	*at = ALIGN(va->va_start, align);
	return *at >= va->va_start && *at <= va->va_end &&
	       va->va_end - *at >= size;
}

/*
 * A subtree is entered only if its largest range holds size + align - page
 * bytes, which fits whatever its alignment: so no descent is in vain.
 */
struct vmap_area *range_find(const struct rb_root *root, size_t size,
			     size_t align, uintptr_t *at)
{
	size_t length = size + align - PAGE_SIZE;
	struct rb_node *node = root->node;

	if (length < size || subtree_max(node) < length)
		return NULL;
	while (node) {
		struct vmap_area *va = to_va(node);

		if (subtree_max(node->left) >= length)
			node = node->left;
		else if (va_size(va) >= length)
			return fits(va, size, align, at) ? va : NULL;
		else
			node = node->right;
	}
	return NULL;
}

struct vmap_area *range_largest(const struct rb_root *root)
{
	struct rb_node *node = root->node;
	size_t largest = subtree_max(node);

	while (node && va_size(to_va(node)) != largest)
		node = subtree_max(node->left) == largest ? node->left :
							    node->right;
	return to_va(node);
}

bool range_cut(struct rb_root *root, struct vmap_area *va, uintptr_t start,
	       size_t size, struct vmap_area *spare, struct vmap_area **dead)
{
	uintptr_t end = start + size;

	VM_BUG_ON(start < va->va_start || end > va->va_end);
	if (start == va->va_start && end == va->va_end) {
		range_remove(root, va);
		bury(va, dead);
		return false;
	}
	if (start == va->va_start) {
		va->va_start = end;
	} else if (end == va->va_end) {
		va->va_end = start;
	} else {
		spare->va_start = end;
		spare->va_end = va->va_end;
		spare->epoch = va->epoch;
		va->va_end = start;
		rb_propagate(&va->rb, update_max);
		add(root, spare);
		return true;
	}
	rb_propagate(&va->rb, update_max);
	return false;
}

struct vmap_area *range_of(const struct rb_root *root, uintptr_t addr)
{
	struct rb_node *node = root->node;

	while (node) {
		struct vmap_area *va = to_va(node);

		if (addr < va->va_start)
			node = node->left;
		else if (addr >= va->va_end)
			node = node->right;
		else
			return va;
	}
	return NULL;
}

struct vmap_area *range_at(const struct rb_root *root, uintptr_t start)
{
	struct vmap_area *va = range_of(root, start);

	return va && va->va_start == start ? va : NULL;
}

void range_check(const struct rb_root *root)
{
	struct vmap_area *prev = NULL;

	BUG_ON(rb_check(root));
	for (struct rb_node *node = rb_first(root); node;
	     node = rb_next(node)) {
		struct vmap_area *va = to_va(node);

		BUG_ON(va->va_start >= va->va_end);
		BUG_ON((va->va_start | va->va_end) & (PAGE_SIZE - 1));
		BUG_ON(prev && prev->va_end >= va->va_start);
		BUG_ON(va->subtree_max !=
		       max(va_size(va), max(subtree_max(node->left),
					    subtree_max(node->right))));
		prev = va;
	}
}
