// SPDX-License-Identifier: MIT
/*
 * vmap/large/ranges.c - augmented trees of free address ranges
 *
 * Each node knows the largest range in its subtree, so one descent finds the
 * lowest range that fits. It goes left while the left subtree has one large
 * enough, else takes the node, else goes right.
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
 * Locking	vm_space.lock, held by every caller
 * Invariants	VMAP1-VMAP3 of large.h
 * Source	Linux v6.12 mm/vmalloc.c, find_vmap_lowest_match(),
 *		adjust_va_to_fit_type(), merge_or_add_vmap_area()
 */
#include "core/bug.h"
#include "vmap/large/ranges.h"

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

static void insert_range(struct rb_root *root, struct vmap_area *va,
			 rb_update_t update)
{
	struct rb_node **link = &root->node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = va->va_start < to_va(parent)->va_start ? &parent->left :
								&parent->right;
	}
	rb_link_node(&va->rb, parent, link);
	rb_insert(root, &va->rb, update);
}

static void add_range(struct rb_root *root, struct vmap_area *va)
{
	insert_range(root, va, update_max);
}

void range_link(struct rb_root *root, struct vmap_area *va)
{
	insert_range(root, va, NULL);
}

void range_remove(struct rb_root *root, struct vmap_area *va)
{
	rb_erase(root, &va->rb, update_max);
}

static void bury_range(struct vmap_area *va, struct vmap_area **dead)
{
	va->next = *dead;
	*dead = va;
}

/*
 * Returns the epoch of two merged ranges: that of the larger, or of two equal
 * ones the later. So a program that takes and frees small parts of a large
 * range does not keep the range from being purged.
 */
static u16 epoch_of_both(const struct vmap_area *a, const struct vmap_area *b)
{
	if (va_size(a) == va_size(b))
		return (u16)(a->epoch - b->epoch) < 0x8000 ? a->epoch :
							     b->epoch;
	return va_size(a) > va_size(b) ? a->epoch : b->epoch;
}

/* Adds a range, merged with the neighbours that it touches. */
void range_insert(struct rb_root *root, struct vmap_area *va,
		  struct vmap_area **dead)
{
	struct vmap_area *prev, *next;

	add_range(root, va);
	next = to_va(rb_next(&va->rb));
	prev = to_va(rb_prev(&va->rb));
	if (next && next->va_start == va->va_end) {
		range_remove(root, next);
		va->epoch = epoch_of_both(va, next);
		va->va_end = next->va_end;
		bury_range(next, dead);
		rb_propagate(&va->rb, update_max);
	}
	if (prev && prev->va_end == va->va_start) {
		range_remove(root, va);
		prev->epoch = epoch_of_both(prev, va);
		prev->va_end = va->va_end;
		bury_range(va, dead);
		rb_propagate(&prev->rb, update_max);
	}
}

static bool range_fits(const struct vmap_area *va, size_t size, size_t align,
		       uintptr_t vstart, uintptr_t *at)
{
	uintptr_t start = max(va->va_start, vstart);

	*at = ALIGN(start, align);
	return *at >= start && *at <= va->va_end && va->va_end - *at >= size;
}

/* Debug check of the descent: looks at every range in turn. */
static void check_lowest(const struct rb_root *root, size_t size, size_t align,
			 uintptr_t vstart, const struct vmap_area *found)
{
	const struct vmap_area *va = to_va(rb_first(root));
	uintptr_t at;

	while (va && !range_fits(va, size, align, vstart, &at))
		va = to_va(rb_next(&va->rb));
	BUG_ON(va != found);
}

/*
 * Climbs from a node below which nothing fits. Returns the first ancestor that
 * fits, or NULL with *node a right subtree that may hold one. No ancestor is
 * visited twice.
 */
static struct vmap_area *find_above(struct rb_node **node, size_t size,
				    size_t align, uintptr_t *vstart,
				    uintptr_t *at)
{
	struct rb_node *up;

	for (up = (*node)->parent; up; up = up->parent) {
		struct vmap_area *va = to_va(up);

		if (range_fits(va, size, align, *vstart, at))
			return va;
		if (subtree_max(up->right) >= size && *vstart <= va->va_start) {
			*vstart = va->va_start + 1;
			break;
		}
	}
	*node = up ? up->right : NULL;
	return NULL;
}

/*
 * Enters a subtree only if its largest range holds size bytes. If alignment or
 * vstart rules that range out, the search climbs up again.
 */
static struct vmap_area *find_fit(const struct rb_root *root, size_t size,
				  size_t align, uintptr_t vstart, uintptr_t *at)
{
	struct rb_node *node = root->node;
	struct vmap_area *va;

	if (subtree_max(node) < size)
		return NULL;
	while (node) {
		va = to_va(node);
		if (vstart < va->va_start && subtree_max(node->left) >= size) {
			node = node->left;
			continue;
		}
		if (range_fits(va, size, align, vstart, at))
			return va;
		if (subtree_max(node->right) >= size) {
			node = node->right;
			continue;
		}
		va = find_above(&node, size, align, &vstart, at);
		if (va)
			return va;
	}
	return NULL;
}

struct vmap_area *range_find_from(const struct rb_root *root, size_t size,
				  size_t align, uintptr_t vstart, uintptr_t *at)
{
	struct vmap_area *va = find_fit(root, size, align, vstart, at);

	if (IS_ENABLED(KM_CHECK))
		check_lowest(root, size, align, vstart, va);
	return va;
}

struct vmap_area *range_find(const struct rb_root *root, size_t size,
			     size_t align, uintptr_t *at)
{
	return range_find_from(root, size, align, 0, at);
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
		bury_range(va, dead);
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
		add_range(root, spare);
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
		BUG_ON((va->va_start | va->va_end) & (OS_PAGE_SIZE - 1));
		BUG_ON(prev && prev->va_end >= va->va_start);
		BUG_ON(va->subtree_max !=
		       max(va_size(va), max(subtree_max(node->left),
					    subtree_max(node->right))));
		prev = va;
	}
}
