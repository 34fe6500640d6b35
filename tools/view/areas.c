// SPDX-License-Identifier: MIT
/*
 * areas.c - the ranges of vmalloc space, from its trees
 *
 *	vm_space.busy .lazy .free .held .holes
 *		--> rb_node of a vmap_area: left, right; va_start, va_end
 *	vmap_nodes[n].busy	the same
 *		     .pool[i]	a list of vm_area, linked by vm_struct.next
 *
 * The second part is vmalloc()'s, which the preload libraries have not.
 *
 * A tree that turns meanwhile shows a range twice, or not; no walk is longer
 * than MOST_RANGES, nor deeper than a tree of as many can be.
 */
#include "view/map.h"

#define MOST_RANGES (1U << 16)
#define MOST_DEPTH 64U
#define MOST_NODES 256U

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

/* A list of areas that were freed. */
static void walk_pool(struct tree_walk *w, uint64_t area)
{
	uint64_t next = library_offset(w->m->lib, "vm_struct.next");
	uint64_t into = library_offset(w->m->lib, "vm_area.va"), va;
	struct object range;

	for (; area && w->left; w->left--) {
		if (target_word(w->m->lib->target, area + into, &va) ||
		    object_load(w->m->lib, &range, "vmap_area", va))
			return;
		w->fn(AREA_POOLED, object_get(&range, "va_start"),
		      object_get(&range, "va_end"), w->to);
		if (target_word(w->m->lib->target, area + next, &area))
			return;
	}
}

static void walk_node(struct tree_walk *w, uint64_t at)
{
	uint64_t pools = library_number(w->m->lib, "VMAP_POOL_PAGES") + 1;
	uint64_t busy = at + library_offset(w->m->lib, "vmap_node.busy");
	uint64_t pool = at + library_offset(w->m->lib, "vmap_node.pool");
	uint64_t first;

	w->kind = AREA_VMALLOC;
	if (!target_word(w->m->lib->target, busy, &first))
		walk_tree(w, first);
	for (uint64_t i = 0; i < pools && i < MOST_RANGES; i++)
		if (!target_word(w->m->lib->target, pool + i * 8, &first))
			walk_pool(w, first);
}

static void walk_nodes(struct tree_walk *w)
{
	uint64_t nodes = library_value(w->m->lib, "vmap_nodes");
	uint64_t nr = library_value(w->m->lib, "nr_vmap_nodes");
	size_t size = library_size(w->m->lib, "vmap_node");

	for (uint64_t i = 0; nodes && i < nr && i < MOST_NODES; i++)
		walk_node(w, nodes + i * size);
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
	if (library_has(m->lib, "vmap_nodes"))
		walk_nodes(&w);
	return w.left;
}
