// SPDX-License-Identifier: MIT
/*
 * core/rbtree.c - insertion, deletion and walking; see rbtree.h
 *
 *	      x                    y
 *	     / \    rotate left   / \
 *	    a   y   ---------->  x   c	  the subtree holds the same nodes, so
 *	       / \  <---------- / \	  only the summaries of x and y change
 *	      b   c rotate right a b
 */
#include <errno.h>

#include "core/rbtree.h"

static bool is_red(const struct rb_node *node)
{
	return node && node->red;
}

static void update_one(struct rb_node *node, rb_update_t update)
{
	if (update && node)
		update(node);
}

void rb_propagate(struct rb_node *node, rb_update_t update)
{
	if (!update)
		return;
	for (; node; node = node->parent)
		update(node);
}

/* Let `new` hang where `old` hung. */
static void replace_child(struct rb_root *root, struct rb_node *old,
			  struct rb_node *new)
{
	struct rb_node *parent = old->parent;

	if (!parent)
		root->node = new;
	else if (parent->left == old)
		parent->left = new;
	else
		parent->right = new;
	if (new)
		new->parent = parent;
}

static void rotate_left(struct rb_root *root, struct rb_node *x,
			rb_update_t update)
{
	struct rb_node *y = x->right;

	x->right = y->left;
	if (y->left)
		y->left->parent = x;
	replace_child(root, x, y);
	y->left = x;
	x->parent = y;
	update_one(x, update);
	update_one(y, update);
}

static void rotate_right(struct rb_root *root, struct rb_node *x,
			 rb_update_t update)
{
	struct rb_node *y = x->left;

	x->left = y->right;
	if (y->right)
		y->right->parent = x;
	replace_child(root, x, y);
	y->right = x;
	x->parent = y;
	update_one(x, update);
	update_one(y, update);
}

/* The parent is red and the uncle black: at most two rotations end it. */
static void insert_rotate(struct rb_root *root, struct rb_node *node,
			  rb_update_t update)
{
	struct rb_node *parent = node->parent, *grand = parent->parent;

	if (parent == grand->left) {
		if (node == parent->right) {
			rotate_left(root, parent, update);
			parent = node;
		}
		rotate_right(root, grand, update);
	} else {
		if (node == parent->left) {
			rotate_right(root, parent, update);
			parent = node;
		}
		rotate_left(root, grand, update);
	}
	parent->red = 0;
	grand->red = 1;
}

void rb_insert(struct rb_root *root, struct rb_node *node, rb_update_t update)
{
	rb_propagate(node, update);
	while (is_red(node->parent)) {
		struct rb_node *parent = node->parent, *grand = parent->parent;
		struct rb_node *uncle;

		uncle = parent == grand->left ? grand->right : grand->left;
		if (!is_red(uncle)) {
			insert_rotate(root, node, update);
			break;
		}
		parent->red = 0;
		uncle->red = 0;
		grand->red = 1;
		node = grand;
	}
	root->node->red = 0;
}

/*
 * `node` (perhaps NULL) is the left child of `parent` and its side lacks one
 * black. Returns true when that is settled, else the lack moved to `parent`.
 */
static bool erase_fix_left(struct rb_root *root, struct rb_node *parent,
			   rb_update_t update)
{
	struct rb_node *sibling = parent->right;

	if (sibling->red) {
		sibling->red = 0;
		parent->red = 1;
		rotate_left(root, parent, update);
		sibling = parent->right;
	}
	if (!is_red(sibling->left) && !is_red(sibling->right)) {
		sibling->red = 1;
		return false;
	}
	if (!is_red(sibling->right)) {
		sibling->left->red = 0;
		sibling->red = 1;
		rotate_right(root, sibling, update);
		sibling = parent->right;
	}
	sibling->red = parent->red;
	parent->red = 0;
	sibling->right->red = 0;
	rotate_left(root, parent, update);
	return true;
}

/* The mirror image of erase_fix_left(). */
static bool erase_fix_right(struct rb_root *root, struct rb_node *parent,
			    rb_update_t update)
{
	struct rb_node *sibling = parent->left;

	if (sibling->red) {
		sibling->red = 0;
		parent->red = 1;
		rotate_right(root, parent, update);
		sibling = parent->left;
	}
	if (!is_red(sibling->left) && !is_red(sibling->right)) {
		sibling->red = 1;
		return false;
	}
	if (!is_red(sibling->left)) {
		sibling->right->red = 0;
		sibling->red = 1;
		rotate_left(root, sibling, update);
		sibling = parent->left;
	}
	sibling->red = parent->red;
	parent->red = 0;
	sibling->left->red = 0;
	rotate_right(root, parent, update);
	return true;
}

static void erase_fix(struct rb_root *root, struct rb_node *node,
		      struct rb_node *parent, rb_update_t update)
{
	while (parent && !is_red(node)) {
		bool settled = node == parent->left ?
				       erase_fix_left(root, parent, update) :
				       erase_fix_right(root, parent, update);

		if (settled)
			return;
		node = parent;
		parent = node->parent;
	}
	if (node)
		node->red = 0;
}

/*
 * Take out a node with two children by moving its successor `next` into its
 * place. Returns the lowest node whose subtree lost one.
 */
static struct rb_node *move_up(struct rb_root *root, struct rb_node *node,
			       struct rb_node *next)
{
	struct rb_node *parent = next;

	if (next->parent != node) {
		parent = next->parent;
		replace_child(root, next, next->right);
		next->right = node->right;
		next->right->parent = next;
	}
	replace_child(root, node, next);
	next->left = node->left;
	next->left->parent = next;
	return parent;
}

void rb_erase(struct rb_root *root, struct rb_node *node, rb_update_t update)
{
	struct rb_node *child, *parent;
	u8 lost_red = node->red;

	if (node->left && node->right) {
		struct rb_node *next = rb_next(node);

		child = next->right;
		lost_red = next->red;
		parent = move_up(root, node, next);
		next->red = node->red;
	} else {
		child = node->left ? node->left : node->right;
		parent = node->parent;
		replace_child(root, node, child);
	}
	rb_propagate(parent, update);
	if (!lost_red)
		erase_fix(root, child, parent, update);
}

struct rb_node *rb_first(const struct rb_root *root)
{
	struct rb_node *node = root->node;

	while (node && node->left)
		node = node->left;
	return node;
}

struct rb_node *rb_next(const struct rb_node *node)
{
	struct rb_node *below = node->right;

	if (below) {
		while (below->left)
			below = below->left;
		return below;
	}
	while (node->parent && node == node->parent->right)
		node = node->parent;
	return node->parent;
}

struct rb_node *rb_prev(const struct rb_node *node)
{
	struct rb_node *below = node->left;

	if (below) {
		while (below->right)
			below = below->right;
		return below;
	}
	while (node->parent && node == node->parent->left)
		node = node->parent;
	return node->parent;
}

/* Number of blacks on every path below `node`, or -EINVAL. */
static int black_height(const struct rb_node *node)
{
	int left, right;

	if (!node)
		return 0;
	if (node->red && (is_red(node->left) || is_red(node->right)))
		return -EINVAL;
	if ((node->left && node->left->parent != node) ||
	    (node->right && node->right->parent != node))
		return -EINVAL;
	left = black_height(node->left);
	right = black_height(node->right);
	if (left < 0 || left != right)
		return -EINVAL;
	return left + !node->red;
}

int rb_check(const struct rb_root *root)
{
	if (is_red(root->node))
		return -EINVAL;
	return black_height(root->node) < 0 ? -EINVAL : 0;
}
