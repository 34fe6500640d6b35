// SPDX-License-Identifier: MIT
/*
 * core/rbtree.h - red-black trees whose nodes summarise their subtree
 *
 * The caller descends and links by itself, as in the kernel, because only the
 * caller knows the order. An augmented tree has an update function that
 * computes a node's summary from its own value and its children's; the tree
 * calls it wherever a subtree changed. NULL for a plain tree.
 *
 * Locking	the caller's.
 * Invariants	RB1  a red node has no red child
 *		RB2  every path from a node down to a leaf has as many blacks
 *		RB3  each summary equals update() of its node
 *					(rb_check() checks RB1, RB2;
 *					unit.core.rbtree RB3)
 * Source	the interface of Linux lib/rbtree.c; the algorithm is the
 *		textbook's (Cormen et al., ch. 13), with parent pointers.
 */
#ifndef KM_CORE_RBTREE_H
#define KM_CORE_RBTREE_H

#include "sys/compiler.h"

struct rb_node {
	struct rb_node *parent, *left, *right;
	u8 red;
};

struct rb_root {
	struct rb_node *node;
};

typedef void (*rb_update_t)(struct rb_node *node);

#define rb_entry(ptr, type, member) container_of(ptr, type, member)
#define rb_entry_safe(ptr, type, member)                        \
	({                                                      \
		struct rb_node *_n = (ptr);                     \
		_n ? rb_entry(_n, type, member) : (type *)NULL; \
	})

/* Put a node where the descent ended; then colour it in with rb_insert(). */
static inline void rb_link_node(struct rb_node *node, struct rb_node *parent,
				struct rb_node **link)
{
	node->parent = parent;
	node->left = NULL;
	node->right = NULL;
	node->red = 1;
	*link = node;
}

void rb_insert(struct rb_root *root, struct rb_node *node, rb_update_t update);
void rb_erase(struct rb_root *root, struct rb_node *node, rb_update_t update);
/* A node's own value changed: recompute the summaries up to the root. */
void rb_propagate(struct rb_node *node, rb_update_t update);
struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);
/* 0 if RB1 and RB2 hold, else -EINVAL. */
int rb_check(const struct rb_root *root);

#endif
