// SPDX-License-Identifier: MIT
/*
 * areas.c - the ranges of vmalloc space, from its trees
 *
 *	vm_space.busy .lazy .free .held .holes
 *		--> rb_node of a vmap_area: left, right; va_start, va_end
 *
 * A tree that turns meanwhile shows a range twice, or not; no walk is longer
 * than MOST_RANGES, nor deeper than a tree of as many can be.
 */
#include "view/map.h"

#define MOST_RANGES (1U << 16)
#define MOST_DEPTH 64U

struct tree_walk {
	struct map *m;
	enum area_kind kind;
	area_fn *fn;
	void *to;
	unsigned int left; /* ranges that may still come */
	uint64_t into, left_at, right_at;
};

/* Tells of a range. Returns the node to its right; 0: there is none. */
static uint64_t tell_area(struct tree_walk *w, uint64_t node)
{
	struct object va;
	uint64_t right = 0;

	if (object_load(w->m->lib, &va, "vmap_area", node - w->into))
		return 0;
	w->fn(w->kind, object_get(&va, "va_start"), object_get(&va, "va_end"),
	      w->to);
	target_word(w->m->lib->target, node + w->right_at, &right);
	return right;
}

/* By address: all to the left, the node, all to the right. */
static void walk_tree(struct tree_walk *w, uint64_t node)
{
	uint64_t above[MOST_DEPTH];
	unsigned int depth = 0;

	while ((node || depth) && w->left) {
		while (node && depth < MOST_DEPTH) {
			above[depth++] = node;
			if (target_word(w->m->lib->target, node + w->left_at,
					&node))
				node = 0;
		}
		node = tell_area(w, above[--depth]);
		w->left--;
	}
}

bool areas_look(struct map *m, area_fn *fn, void *to)
{
	static const struct {
		const char *member;
		enum area_kind kind;
	} trees[] = {
		{ "vmap_space.busy", AREA_BUSY },
		{ "vmap_space.lazy", AREA_LAZY },
		{ "vmap_space.free", AREA_FREE },
		{ "vmap_space.held", AREA_HELD },
		{ "vmap_space.holes", AREA_HOLE },
	};
	struct tree_walk w = {
		.m = m,
		.fn = fn,
		.to = to,
		.left = MOST_RANGES,
		.into = library_offset(m->lib, "vmap_area.rb"),
		.left_at = library_offset(m->lib, "rb_node.left"),
		.right_at = library_offset(m->lib, "rb_node.right")
	};
	uint64_t space = library_symbol(m->lib, "vm_space"), root;

	for (size_t i = 0; i < sizeof(trees) / sizeof(*trees); i++) {
		uint64_t at = space + library_offset(m->lib, trees[i].member);

		w.kind = trees[i].kind;
		if (!target_word(m->lib->target, at, &root))
			walk_tree(&w, root);
	}
	return w.left;
}
