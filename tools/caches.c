// SPDX-License-Identifier: MIT
/*
 * caches.c - the rows of caches, from the list slab_caches
 *
 *	slab_caches <-> kmem_cache.list <-> ... <-> slab_caches
 *	                  node[nid] --> kmem_cache_node
 *
 * A cache that is made or destroyed meanwhile tears the walk. Then an entry
 * does not point back, or cannot be read.
 */
#include <stdlib.h>
#include <string.h>

#include "heap.h"

long list_read(struct target *t, uint64_t head, uint64_t *entries, size_t most)
{
	uint64_t link[2], before = head; /* next, prev */
	size_t nr = 0;

	if (!head || t->read(t, head, link, sizeof(link)))
		return -1;
	while (link[0] != head && nr < most) {
		entries[nr] = link[0];
		if (t->read(t, entries[nr], link, sizeof(link)) ||
		    link[1] != before)
			return -1;
		before = entries[nr++];
	}
	return (long)nr;
}

struct heap_cache *cache_at(struct heap *heap, uint64_t at)
{
	for (size_t i = 0; i < heap->nr_caches; i++)
		if (heap->caches[i].at == at)
			return &heap->caches[i];
	return NULL;
}

/* SLAB: the words of slots hold the numbers of objects in their low bits. */
static uint64_t shared_objects(struct library *lib, uint64_t shared)
{
	uint64_t words[512], nr = 0, sheaf = library_number(lib, "SHEAF_SIZE");
	uint64_t start = library_offset(lib, "shared_arrays.slot");
	size_t size = sheaf - start;

	if (!shared || size > sizeof(words) ||
	    lib->target->read(lib->target, shared + start, words, size))
		return 0;
	for (size_t i = 0; i < size / 8; i++)
		nr += words[i] & (sheaf - 1);
	return nr;
}

static int add_node(struct library *lib, uint64_t at, bool on_slab,
		    const struct object *cache, struct heap_cache *row)
{
	struct object node;

	if (object_load(lib, &node, "kmem_cache_node", at))
		return -1;
	row->slabs += object_get(&node, "nr_slabs");
	row->pages += object_get(&node, "nr_pages");
	row->total += object_get(&node, "total_objects");
	if (on_slab)
		row->cached += shared_objects(lib, object_get(&node, "shared"));
	else
		row->cached += object_get(&node, "full_sheaves") *
			       object_get(cache, "sheaf_capacity");
	return 0;
}

static int add_nodes(struct library *lib, bool on_slab,
		     const struct object *cache, struct heap_cache *row)
{
	uint64_t nr = library_number(lib, "MAX_NUMNODES"), nodes[64];

	if (nr > 64 ||
	    lib->target->read(lib->target, object_member(cache, "node"), nodes,
			      nr * sizeof(*nodes)))
		return -1;
	for (uint64_t i = 0; i < nr; i++)
		if (nodes[i] && add_node(lib, nodes[i], on_slab, cache, row))
			return -1;
	return 0;
}

/* The default backend is that of the oldest cache, which is the last one. */
static int note_backend(struct library *lib, struct heap *heap,
			const struct object *cache)
{
	uint64_t ops = object_get(cache, "ops"), name;

	if (target_word(lib->target, ops + library_offset(lib, "slab_ops.name"),
			&name))
		return -1;
	return target_text(lib->target, name, heap->backend,
			   sizeof(heap->backend));
}

static int add_cache(struct library *lib, struct heap *heap, uint64_t at)
{
	struct heap_cache *row = &heap->caches[heap->nr_caches];
	struct object cache;

	memset(row, 0, sizeof(*row));
	if (object_load(lib, &cache, "kmem_cache", at) ||
	    target_text(lib->target, object_get(&cache, "name"), row->name,
			sizeof(row->name)) ||
	    note_backend(lib, heap, &cache))
		return -1;
	row->at = at;
	row->on_slab = !strcmp(heap->backend, "slab");
	row->object_size = object_get(&cache, "object_size");
	row->size = object_get(&cache, "size");
	row->out = object_get(&cache, "in_use");
	row->cached = object_get(&cache, "rcu_waiting");
	row->passed = object_get(&cache, "refilled") +
		      object_get(&cache, "flushed");
	heap->nr_caches++;
	return add_nodes(lib, row->on_slab, &cache, row);
}

/* The list is read at one go, so that little can happen meanwhile. */
int caches_read(struct library *lib, struct heap *heap)
{
	uint64_t *entries = malloc(HEAP_MAX_CACHES * sizeof(*entries));
	uint64_t into = library_offset(lib, "kmem_cache.list");
	long nr = -1;
	int ret = -1;

	if (entries)
		nr = list_read(lib->target, library_symbol(lib, "slab_caches"),
			       entries, HEAP_MAX_CACHES);
	free(heap->caches);
	heap->caches = calloc((size_t)(nr + 2), sizeof(*heap->caches));
	heap->nr_caches = 0;
	if (nr >= 0 && heap->caches)
		ret = 0;
	for (long i = 0; i < nr && !ret; i++)
		ret = add_cache(lib, heap, entries[i] - into);
	free(entries);
	return ret;
}
