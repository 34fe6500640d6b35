// SPDX-License-Identifier: MIT
/*
 * arrays.c - which objects wait in arrays, of threads, CPUs and nodes
 *
 *	main, spare	of an owner: heap.arrays
 *	barn		full sheaves of a node, linked by next
 *	shared		SLAB: words of slots, an address with a number of
 *			objects in its low bits
 *
 * All become one sorted list of addresses, so that a slab finds its own.
 */
#include <stdlib.h>
#include <string.h>

#include "view/map.h"

#define MOST_STORED (1UL << 21)
#define MOST_NODES 64U
#define MOST_BARNS 64U
#define MOST_SHEAVES 1024U /* of a barn */
#define MOST_WORDS 512U /* of a sheaf */

/* ---- nodes --------------------------------------------------------------- */

struct node_walk {
	struct map *m;
	const struct map_cache *c;
	uint64_t sheaf; /* bytes of one */
	node_array_fn *fn;
	void *to;
};

static void tell_barn(struct node_walk *w, uint64_t at)
{
	struct object sheaf;

	for (unsigned int i = 0; at && i < MOST_SHEAVES; i++) {
		struct node_array a = { .cache = w->c };

		if (object_load(w->m->lib, &sheaf, "slab_sheaf", at))
			return;
		a.nr = a.capacity = (uint32_t)object_get(&sheaf, "capacity");
		a.objects = at + w->sheaf - a.capacity * 8UL;
		if (a.capacity < w->sheaf / 8)
			w->fn(w->m, &a, w->to);
		at = object_get(&sheaf, "next");
	}
}

static void tell_barns(struct node_walk *w, uint64_t at)
{
	uint64_t nr = library_number(w->m->lib, "NR_BARNS"), full;
	size_t size = library_size(w->m->lib, "node_barn");

	at += library_offset(w->m->lib, "node_barn.full");
	for (uint64_t i = 0; i < nr && i < MOST_BARNS; i++)
		if (!target_word(w->m->lib->target, at + i * size, &full))
			tell_barn(w, full);
}

static void tell_shared(struct node_walk *w, uint64_t shared)
{
	uint64_t start = library_offset(w->m->lib, "shared_arrays.slot");
	uint64_t words[MOST_WORDS];
	size_t nr = (w->sheaf - start) / 8;
	struct object sheaf;

	if (!shared || nr > MOST_WORDS ||
	    w->m->lib->target->read(w->m->lib->target, shared + start, words,
				    nr * sizeof(*words)))
		return;
	for (size_t i = 0; i < nr; i++) {
		uint64_t at = words[i] & ~(w->sheaf - 1);
		struct node_array a = { .cache = w->c };

		if (!at || object_load(w->m->lib, &sheaf, "slab_sheaf", at))
			continue;
		a.nr = (uint32_t)(words[i] & (w->sheaf - 1));
		a.capacity = (uint32_t)object_get(&sheaf, "capacity");
		a.objects = at + w->sheaf - a.capacity * 8UL;
		if (a.nr <= a.capacity && a.capacity < w->sheaf / 8)
			w->fn(w->m, &a, w->to);
	}
}

static void tell_node(struct node_walk *w, uint64_t at)
{
	struct object node;

	if (object_load(w->m->lib, &node, "kmem_cache_node", at))
		return;
	if (w->c->row->on_slab && library_has(w->m->lib, "shared_arrays.slot"))
		tell_shared(w, object_get(&node, "shared"));
	else if (!w->c->row->on_slab && object_get(&node, "full_sheaves"))
		tell_barns(w, object_member(&node, "barn"));
}

void arrays_of_nodes(struct map *m, node_array_fn *fn, void *to)
{
	uint64_t sheaf = library_number(m->lib, "SHEAF_SIZE");
	uint64_t nr = library_number(m->lib, "MAX_NUMNODES");
	uint64_t into = library_offset(m->lib, "kmem_cache.node");
	uint64_t nodes[MOST_NODES];

	for (size_t i = 0; i < m->heap.nr_caches && nr <= MOST_NODES; i++) {
		const struct map_cache *c = &m->caches[i];
		struct node_walk w = { m, c, sheaf, fn, to };

		if (m->lib->target->read(m->lib->target, c->row->at + into,
					 nodes, nr * sizeof(*nodes)))
			continue;
		for (uint64_t node = 0; node < nr; node++)
			if (nodes[node])
				tell_node(&w, nodes[node]);
	}
}

/* ---- objects ------------------------------------------------------------- */

static void add_words(struct map *m, uint64_t at, uint32_t nr)
{
	size_t room = m->room_stored;
	uint64_t *longer = m->stored;

	if (nr > MOST_WORDS || m->nr_stored + nr > MOST_STORED) {
		m->stored_left = true;
		return;
	}
	if (m->nr_stored + nr > room) {
		room = 2 * room + MOST_WORDS;
		longer = realloc(longer, room * sizeof(*longer));
	}
	if (!longer)
		return;
	m->stored = longer;
	m->room_stored = room;
	if (!m->lib->target->read(m->lib->target, at, longer + m->nr_stored,
				  nr * sizeof(*longer)))
		m->nr_stored += nr;
}

static void add_node_array(struct map *m, const struct node_array *a, void *to)
{
	(void)to;
	add_words(m, a->objects, a->nr);
}

static int by_address(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

int arrays_look(struct map *m)
{
	m->nr_stored = 0;
	m->stored_left = m->heap.owners_left;
	for (size_t i = 0; i < m->heap.nr_arrays; i++)
		add_words(m, m->heap.arrays[i].objects, m->heap.arrays[i].nr);
	arrays_of_nodes(m, add_node_array, NULL);
	if (m->nr_stored)
		qsort(m->stored, m->nr_stored, sizeof(*m->stored), by_address);
	return 0;
}

/* Returns how many of the sorted list are below an address. */
static size_t below(const struct map *m, uint64_t address)
{
	size_t low = 0, high = m->nr_stored;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (m->stored[middle] < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t arrays_in(const struct map *m, uint64_t start, uint64_t end,
		 const uint64_t **first)
{
	size_t at = below(m, start);

	*first = m->stored + at;
	return below(m, end) - at;
}
