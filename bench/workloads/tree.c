// SPDX-License-Identifier: MIT
/*
 * tree.c - workload (g): trees and big numbers that malloc in their inner loop
 *
 * Three parts, each about a third of the time under glibc:
 *
 *	binary trees	perfect trees built and freed by recursion, short ones
 *			by the hundred beside one that stays; 32-byte nodes
 *	a dictionary	a treap of string keys with random insertion, look-up
 *			and deletion; nodes of 48 bytes, keys of 9-40, values of
 *			8-120; 30,000 keys live
 *	big numbers	immutable naturals, as a functional program has them:
 *			each operation allocates its result (16-byte head and
 *			limbs in one block, 24 bytes to 1.5 KiB) and frees what
 *			it replaces; Fibonacci numbers and factorials
 *
 * Usage	tree [scale]
 */
#include "work.h"

#define NODE_DEPTH 14
#define TREE_ROUNDS 26
#define KEYS 60000
#define DICT_OPS 700000
#define FIB_N 1500
#define FACT_N 300
#define NUMBER_ROUNDS 1200

/* Part 1: binary trees */

struct node {
	struct node *left, *right;
	uint64_t value;
};

static struct node *tree_build(unsigned int depth, uint64_t value)
{
	struct node *node = must(malloc(sizeof(*node)), sizeof(*node));

	node->value = value;
	node->left = depth ? tree_build(depth - 1, value * 2) : NULL;
	node->right = depth ? tree_build(depth - 1, value * 2 + 1) : NULL;
	return node;
}

static uint64_t tree_drop(struct node *node)
{
	uint64_t sum = node->value;

	if (node->left)
		sum = sum * 31 + tree_drop(node->left);
	if (node->right)
		sum = sum * 31 + tree_drop(node->right);
	free(node);
	return sum;
}

static uint64_t binary_trees(size_t rounds)
{
	struct node *stays = tree_build(NODE_DEPTH + 1, 1);
	uint64_t sum = 0;
	unsigned int depth, i;

	while (rounds--)
		for (depth = 4; depth <= NODE_DEPTH; depth += 2)
			for (i = 0; i < 1U << (NODE_DEPTH - depth); i++)
				sum += tree_drop(tree_build(depth, i + depth));
	return sum + tree_drop(stays);
}

/* Part 2: a dictionary */

struct entry {
	struct entry *left, *right;
	char *key;
	struct ref value;
};

static uint64_t dict_sum;

/* The priority of a key is its hash: the shape of a treap is its set's. */
static uint32_t priority(const char *key)
{
	uint32_t h = 2166136261U;

	while (*key)
		h = (h ^ (unsigned char)*key++) * 16777619U;
	return h ^ h >> 15;
}

static void entry_free(struct entry *e)
{
	dict_sum += ref_free(&e->value) + strlen(e->key);
	free(e->key);
	free(e);
}

static struct entry *rotate_right(struct entry *e)
{
	struct entry *up = e->left;

	e->left = up->right;
	up->right = e;
	return up;
}

static struct entry *rotate_left(struct entry *e)
{
	struct entry *up = e->right;

	e->right = up->left;
	up->left = e;
	return up;
}

static struct entry *dict_insert(struct entry *e, struct entry *new)
{
	int cmp = e ? strcmp(new->key, e->key) : 0;

	if (!e)
		return new;
	if (cmp == 0) {
		struct ref old = e->value;

		e->value = new->value;
		new->value = old;
		entry_free(new);
		return e;
	}
	if (cmp < 0) {
		e->left = dict_insert(e->left, new);
		if (priority(e->left->key) > priority(e->key))
			return rotate_right(e);
	} else {
		e->right = dict_insert(e->right, new);
		if (priority(e->right->key) > priority(e->key))
			return rotate_left(e);
	}
	return e;
}

static struct entry *dict_join(struct entry *a, struct entry *b)
{
	if (!a || !b)
		return a ? a : b;
	if (priority(a->key) > priority(b->key)) {
		a->right = dict_join(a->right, b);
		return a;
	}
	b->left = dict_join(a, b->left);
	return b;
}

static void dict_remove(struct entry **link, const char *key)
{
	while (*link) {
		struct entry *e = *link;
		int cmp = strcmp(key, e->key);

		if (cmp == 0) {
			*link = dict_join(e->left, e->right);
			entry_free(e);
			return;
		}
		link = cmp < 0 ? &e->left : &e->right;
	}
}

static void dict_drop(struct entry *e)
{
	if (!e)
		return;
	dict_drop(e->left);
	dict_drop(e->right);
	entry_free(e);
}

/* Keys of 8 to 39 characters: a number, then as many letters as it says. */
static char *make_key(uint32_t n)
{
	char text[48];
	int len = snprintf(text, sizeof(text), "%08x", n * 2654435761U);
	uint32_t more = n % 32;
	char *key;

	memset(text + len, 'k', more);
	text[len + (int)more] = 0;
	key = must(malloc(strlen(text) + 1), strlen(text) + 1);
	return strcpy(key, text);
}

static uint64_t dictionary(size_t ops)
{
	struct entry *root = NULL;
	struct rng rng = { 5 };

	while (ops--) {
		uint32_t tag = (uint32_t)rng_next(&rng);
		char *key = make_key(rng_below(&rng, KEYS));

		if (tag & 1) {
			struct entry *e = must(malloc(sizeof(*e)), sizeof(*e));

			*e = (struct entry){ .key = key };
			e->value = ref_alloc(8 + tag % 113, tag);
			root = dict_insert(root, e);
		} else {
			dict_remove(&root, key);
			free(key);
		}
	}
	dict_drop(root);
	return dict_sum;
}

/* Part 3: big numbers */

struct number {
	size_t len;
	size_t spare;
	uint64_t limb[];
};

static struct number *number_new(size_t len)
{
	size_t size = sizeof(struct number) + len * sizeof(uint64_t);
	struct number *n = must(malloc(size), size);

	n->len = len;
	return n;
}

static struct number *number_add(const struct number *a, const struct number *b)
{
	struct number *sum = number_new(a->len + 1);
	unsigned __int128 carry = 0;
	size_t i;

	for (i = 0; i < a->len; i++) {
		carry += a->limb[i];
		carry += i < b->len ? b->limb[i] : 0;
		sum->limb[i] = (uint64_t)carry;
		carry >>= 64;
	}
	sum->limb[a->len] = (uint64_t)carry;
	sum->len -= !carry;
	return sum;
}

static struct number *number_scale(const struct number *a, uint64_t by)
{
	struct number *product = number_new(a->len + 1);
	unsigned __int128 carry = 0;
	size_t i;

	for (i = 0; i < a->len; i++) {
		carry += (unsigned __int128)a->limb[i] * by;
		product->limb[i] = (uint64_t)carry;
		carry >>= 64;
	}
	product->limb[a->len] = (uint64_t)carry;
	product->len -= !carry;
	return product;
}

static struct number *number_one(void)
{
	struct number *one = number_new(1);

	one->limb[0] = 1;
	return one;
}

static uint64_t number_drop(struct number *n)
{
	uint64_t sum = n->len;
	size_t i;

	for (i = 0; i < n->len; i++)
		sum = sum * 31 + n->limb[i];
	free(n);
	return sum;
}

static uint64_t fibonacci(unsigned int n)
{
	struct number *a = number_one(), *b = number_one(), *next;

	while (n--) {
		next = number_add(b, a);
		free(a);
		a = b;
		b = next;
	}
	return number_drop(a) + number_drop(b);
}

static uint64_t factorial(unsigned int n)
{
	struct number *product = number_one(), *next;

	for (; n > 1; n--) {
		next = number_scale(product, n);
		free(product);
		product = next;
	}
	return number_drop(product);
}

static uint64_t big_numbers(size_t rounds)
{
	uint64_t sum = 0;

	while (rounds--)
		sum += fibonacci(FIB_N + rounds % 7) +
		       factorial(FACT_N + rounds % 7);
	return sum;
}

int main(int argc, char **argv)
{
	uint64_t trees = binary_trees(scaled(argc, argv, TREE_ROUNDS));
	uint64_t words = dictionary(scaled(argc, argv, DICT_OPS));
	uint64_t numbers = big_numbers(scaled(argc, argv, NUMBER_ROUNDS));

	printf("tree %016lx %016lx %016lx\n", trees, words, numbers);
	return 0;
}
