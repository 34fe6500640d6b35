// SPDX-License-Identifier: MIT
/*
 * test_rbtree.c - the red-black tree against a sorted table of bits
 */
#include <errno.h>

#include "core/rbtree.h"
#include "support/child.h"

#define KEYS 4096
#define OPERATIONS 100000

struct node {
	struct rb_node rb;
	unsigned int key;
	unsigned long weight, sum; /* sum: weights of the subtree */
};

static struct node nodes[KEYS];
static u8 present[KEYS];
static struct rb_root root;

#define to_node(n) rb_entry(n, struct node, rb)

static unsigned long sum_of(struct rb_node *n)
{
	return n ? to_node(n)->sum : 0;
}

static void update_sum(struct rb_node *n)
{
	struct node *node = to_node(n);

	node->sum = node->weight + sum_of(n->left) + sum_of(n->right);
}

static void insert(unsigned int key, rb_update_t update)
{
	struct rb_node **link = &root.node, *parent = NULL;

	nodes[key].key = key;
	while (*link) {
		parent = *link;
		link = key < to_node(parent)->key ? &parent->left :
						    &parent->right;
	}
	rb_link_node(&nodes[key].rb, parent, link);
	rb_insert(&root, &nodes[key].rb, update);
	present[key] = 1;
}

static void erase(unsigned int key, rb_update_t update)
{
	rb_erase(&root, &nodes[key].rb, update);
	present[key] = 0;
}

/* RB3 for every node below, recomputed. */
static unsigned long check_sums(struct rb_node *n)
{
	unsigned long sum;

	if (!n)
		return 0;
	sum = to_node(n)->weight + check_sums(n->left) + check_sums(n->right);
	assert_int_equal(to_node(n)->sum, sum);
	return sum;
}

/* The tree holds what the table says, in order, both ways. */
static void check_walk(void)
{
	struct rb_node *n = rb_first(&root), *prev = NULL;

	for (unsigned int key = 0; key < KEYS; key++) {
		if (!present[key])
			continue;
		assert_non_null(n);
		assert_int_equal(to_node(n)->key, key);
		assert_ptr_equal(rb_prev(n), prev);
		prev = n;
		n = rb_next(n);
	}
	assert_null(n);
}

static int reset(void **state)
{
	(void)state;
	root.node = NULL;
	memset(present, 0, sizeof(present));
	return 0;
}

/* 100,000 insertions and deletions at random. Expect RB1 and RB2 after each,
 * and now and then the table's order and every subtree's sum. */
static void test_random(void **state)
{
	u64 seed = 88172645463325252UL;

	(void)state;
	for (int i = 0; i < OPERATIONS; i++) {
		/* small universes first: empty and tiny trees are met often */
		unsigned int span = i < OPERATIONS / 4 ? 8 : i % 2000 + 1;
		unsigned int key = (unsigned int)test_below(&seed, span);

		if (present[key]) {
			erase(key, update_sum);
		} else {
			nodes[key].weight = test_below(&seed, 1000);
			insert(key, update_sum);
		}
		if (i % 16 == 0 || i < 2000)
			assert_int_equal(rb_check(&root), 0);
		if (i % 512 == 0) {
			check_walk();
			check_sums(root.node);
		}
	}
	assert_int_equal(rb_check(&root), 0);
	check_walk();
}

/* Keys rising and falling, erased from each end. Expect a balanced tree. */
static void test_sorted(void **state)
{
	(void)state;
	for (unsigned int key = 0; key < KEYS; key++) {
		insert(key % 2 ? KEYS - key : key, NULL);
		assert_int_equal(rb_check(&root), 0);
	}
	check_walk();
	while (root.node) {
		erase(to_node(rb_first(&root))->key, NULL);
		assert_int_equal(rb_check(&root), 0);
	}
	check_walk();
}

/* A value changed in place. Expect the sums right up to the root. */
static void test_propagate(void **state)
{
	(void)state;
	for (unsigned int key = 0; key < 500; key++) {
		nodes[key].weight = key;
		insert(key, update_sum);
	}
	for (unsigned int key = 0; key < 500; key += 7) {
		nodes[key].weight = 1000000 + key;
		rb_propagate(&nodes[key].rb, update_sum);
	}
	check_sums(root.node);
}

/* Trees broken by hand, one rule each. Expect rb_check() to say so. */
static void test_check_sees(void **state)
{
	struct rb_node *n;

	(void)state;
	for (unsigned int key = 0; key < 64; key++)
		insert(key, NULL);
	root.node->red = 1; /* a red root */
	assert_int_equal(rb_check(&root), -EINVAL);
	root.node->red = 0;
	n = rb_first(&root);
	n->red = !n->red; /* a path with another number of blacks, or RB1 */
	assert_int_equal(rb_check(&root), -EINVAL);
	n->red = !n->red;
	n = root.node->left;
	n->parent = n; /* a child that names another parent */
	assert_int_equal(rb_check(&root), -EINVAL);
	n->parent = root.node;
	assert_int_equal(rb_check(&root), 0);
}

/* An empty tree and one with one node. Expect no first, no neighbours. */
static void test_tiny(void **state)
{
	(void)state;
	assert_null(rb_first(&root));
	assert_int_equal(rb_check(&root), 0);
	insert(5, NULL);
	assert_ptr_equal(rb_first(&root), &nodes[5].rb);
	assert_null(rb_next(&nodes[5].rb));
	assert_null(rb_prev(&nodes[5].rb));
	erase(5, NULL);
	assert_null(root.node);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_random, reset),
		cmocka_unit_test_setup(test_sorted, reset),
		cmocka_unit_test_setup(test_propagate, reset),
		cmocka_unit_test_setup(test_check_sees, reset),
		cmocka_unit_test_setup(test_tiny, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
