// SPDX-License-Identifier: MIT
/*
 * look.c - looks at a heap as JSON
 *
 *	{"schema":"kmalloc-view","version":1, .. constants ..,
 *	 "looks":[ {"seconds":0,"text":"..","hints":{..},"resident":..,
 *		    .. sums ..,
 *		    "zones":[{..}],"caches":[{..}],"owners":[{..}],
 *		    "arrays":[[..]],"areas":[[..]],
 *		    "pageblocks":[[..]],"gone":[..],"cut":{..}}, .. ]}
 *
 * A pageblock is [number, bits, block, ...]. A look has only those that are
 * not as they were in the look before; `gone` are those offline since. A block
 * begins with its kind (enum block_kind) and goes on with what the kind has:
 *
 *	FREE	order, migratetype, 1 if the OS has it, ticks since it is free
 *	PCP	order, migratetype
 *	PAGES	order, migratetype
 *	SLAB	order, cache, objects, in use, in arrays, list, offset of the
 *		first object, states
 *	others	frames
 *
 * In states a letter stands for an object, or for as many as a number behind it
 * says. They are empty if all are in use, or if it is not known. Where the
 * limit is reached a pageblock is [number, bits, "cut", free and dirty frames,
 * returned, of slabs, of other blocks]. An array is [owner, or -1: its node's;
 * cache; 1 if it is a spare; objects; capacity].
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "view.h"
#include "view/look.h"

/* ---- pageblocks ---------------------------------------------------------- */

/* A row that is being written. */
struct row {
	struct map_visitor visitor; /* first */
	struct looks *l;
	FILE *to; /* a buffer */
	char *text;
	size_t size;
	size_t maps; /* bytes of text that are letters of objects */
	uint64_t pageblock, frames[4]; /* of a row that is cut: see above */
	unsigned int bits;
	unsigned int nr; /* rows of this look */
	uint64_t nr_cut; /* of these */
	uint64_t slabs_cut; /* slabs with states that were left out */
	uint64_t budget; /* bytes up to the end of this look */
	uint64_t maps_budget;
	bool failed; /* there is no memory */
};

static void begin_row(struct map_visitor *v, uint64_t pageblock,
		      unsigned int bits)
{
	struct row *r = (struct row *)v;

	r->to = open_memstream(&r->text, &r->size);
	r->failed |= !r->to;
	r->pageblock = pageblock;
	r->bits = bits;
	r->maps = 0;
	memset(r->frames, 0, sizeof(r->frames));
	r->l->m->want_states = r->l->maps < r->maps_budget;
	if (r->to)
		fprintf(r->to, "[%" PRIu64 ",%u", pageblock, bits);
}

/* Letters, each with the number of equal ones if there are more. */
static void put_states(struct row *r, const struct block *b)
{
	for (uint32_t i = 0, same; i < b->objects; i += same) {
		for (same = 1; i + same < b->objects &&
			       b->states[i + same] == b->states[i];)
			same++;
		fputc(b->states[i], r->to);
		if (same > 1)
			fprintf(r->to, "%u", same);
		r->maps += same > 1 ? 3 : 1;
	}
}

static void put_slab(struct row *r, const struct block *b)
{
	uint64_t head = r->l->m->base + b->pfn * r->l->m->page_size;

	fprintf(r->to, ",[%d,%u,%d,%u,%u,%u,%d,%" PRIu64 ",\"", b->kind,
		b->order, b->cache ? (int)b->cache->id : -1, b->objects,
		b->used, b->in_arrays, b->list, b->cache ? b->start - head : 0);
	if (b->used < b->objects && b->states)
		put_states(r, b);
	else if (b->used < b->objects && !r->l->m->want_states)
		r->slabs_cut++;
	fputs("\"]", r->to);
	r->l->m->want_states = r->l->maps + r->maps < r->maps_budget;
}

static unsigned int column_of(const struct block *b)
{
	switch (b->kind) {
	case BLOCK_FREE:
		return b->returned;
	case BLOCK_FRESH:
		return 1;
	case BLOCK_PCP:
	case BLOCK_ISOLATED:
		return 0;
	case BLOCK_SLAB:
		return 2;
	default:
		return 3;
	}
}

static void add_block(struct map_visitor *v, const struct block *b)
{
	struct row *r = (struct row *)v;

	if (!r->to)
		return;
	if (b->kind != BLOCK_NONE)
		r->frames[column_of(b)] += b->pages;
	switch (b->kind) {
	case BLOCK_FREE:
		fprintf(r->to, ",[%d,%u,%u,%d,%u]", b->kind, b->order,
			b->migratetype, b->returned, b->age);
		return;
	case BLOCK_PCP:
	case BLOCK_PAGES:
		fprintf(r->to, ",[%d,%u,%u]", b->kind, b->order,
			b->migratetype);
		return;
	case BLOCK_SLAB:
		put_slab(r, b);
		return;
	default:
		fprintf(r->to, ",[%d,%" PRIu64 "]", b->kind, b->pages);
	}
}

static uint64_t hash_of(const char *text)
{
	uint64_t hash = 14695981039346656037UL;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 1099511628211UL;
	return hash | 1;
}

/* The sums of a row for which there is no room. */
static void cut_row(struct row *r)
{
	free(r->text);
	r->text = NULL;
	if (asprintf(&r->text,
		     "[%" PRIu64 ",%u,\"cut\",%" PRIu64 ",%" PRIu64 ",%" PRIu64
		     ",%" PRIu64,
		     r->pageblock, r->bits, r->frames[0], r->frames[1],
		     r->frames[2], r->frames[3]) < 0)
		r->text = NULL;
	r->nr_cut++;
	r->maps = 0;
}

/* Returns the place of a pageblock's hash, or NULL without memory. */
static uint64_t *seen_at(struct looks *l, uint64_t pageblock)
{
	size_t nr = l->nr_seen;
	uint64_t *longer;

	if (pageblock >= nr) {
		nr = 2 * pageblock + 64;
		longer = realloc(l->seen, nr * sizeof(*longer));
		if (!longer)
			return NULL;
		memset(longer + l->nr_seen, 0,
		       (nr - l->nr_seen) * sizeof(*longer));
		l->seen = longer;
		l->nr_seen = nr;
	}
	return &l->seen[pageblock];
}

/* The hash of a row of this look; its lowest bits say which look had it. */
#define HASH_MASK (~(uint64_t)0xff)

static void end_row(struct map_visitor *v)
{
	struct row *r = (struct row *)v;
	struct looks *l = r->l;
	uint64_t *seen = seen_at(l, r->pageblock), hash;

	if (!r->to || !seen)
		return;
	fclose(r->to);
	if (l->written + r->size > r->budget)
		cut_row(r);
	if (r->text) {
		hash = (hash_of(r->text) & HASH_MASK) | (l->nr % 255 + 1);
		if ((hash ^ *seen) & HASH_MASK) {
			l->written += strlen(r->text) + 2;
			l->maps += r->maps;
			fprintf(l->out, "%s%s]", r->nr++ ? ",\n" : "", r->text);
		}
		*seen = hash;
	}
	free(r->text);
	r->text = NULL;
}

/* Those of the look before that this look has not. */
static void put_gone(struct looks *l)
{
	bool comma = false;

	fputs("],\"gone\":[", l->out);
	for (size_t i = 0; i < l->nr_seen; i++) {
		if (!l->seen[i] || (l->seen[i] & 0xff) == l->nr % 255 + 1)
			continue;
		l->seen[i] = 0;
		fprintf(l->out, "%s%zu", comma ? "," : "", i);
		comma = true;
	}
	fputs("]", l->out);
}

static int put_pageblocks(struct looks *l)
{
	struct row r = { .visitor = { begin_row, add_block, end_row }, .l = l };
	int ret;

	/* each look may have its part, and what those before it left */
	r.budget = l->limit / l->planned * (l->nr + 1);
	r.maps_budget = l->maps_limit / l->planned * (l->nr + 1);
	fputs("],\n\"pageblocks\":[\n", l->out);
	ret = map_walk(l->m, &r.visitor);
	put_gone(l);
	fprintf(l->out,
		",\"cut\":{\"pageblocks\":%" PRIu64 ",\"slabs\":%" PRIu64
		",\"arrays\":%d}}",
		r.nr_cut, r.slabs_cut, l->m->stored_left);
	return ret || r.failed ? -1 : 0;
}

/* ---- the rest of a look -------------------------------------------------- */

static void put_key(FILE *out, const char *key, uint64_t value)
{
	fprintf(out, ",\"%s\":%" PRIu64, key, value);
}

static void put_sums(const struct heap *h, FILE *out)
{
	put_key(out, "in_use", h->in_use);
	put_key(out, "dirty", h->dirty);
	put_key(out, "cached", h->cached);
	put_key(out, "slab_bytes", h->slab_bytes);
	put_key(out, "page_bytes", h->page_bytes);
	put_key(out, "area_bytes", h->area_bytes);
	put_key(out, "lazy_bytes", h->lazy_bytes);
}

static void put_zone(const struct heap *h, const struct heap_zone *z, FILE *out)
{
	fprintf(out, "{\"node\":%u,\"name\":", z->node);
	json_string(out, z->name);
	put_key(out, "start", z->start);
	put_key(out, "spanned", z->spanned);
	put_key(out, "present", z->present);
	put_key(out, "managed", z->managed);
	put_key(out, "free", z->free);
	put_key(out, "dirty", z->dirty);
	put_key(out, "on_cpus", z->pcp);
	put_key(out, "low", z->low);
	fputs(",\"free_blocks\":[", out);
	for (unsigned int o = 0; o < h->orders; o++)
		fprintf(out, "%s%" PRIu64, o ? "," : "", z->nr_free[o]);
	fputs("]}", out);
}

static void put_cache(const struct map_cache *c, FILE *out)
{
	fprintf(out, "{\"id\":%u,\"name\":", c->id);
	json_string(out, c->row->name);
	put_key(out, "object_size", c->row->object_size);
	put_key(out, "size", c->row->size);
	put_key(out, "objects", cache_live(c->row));
	put_key(out, "in_arrays", c->row->cached);
	put_key(out, "total", c->row->total);
	put_key(out, "slabs", c->row->slabs);
	put_key(out, "pages", c->row->pages);
	put_key(out, "per_slab", c->num);
	fprintf(out, ",\"on_slab\":%d}", c->row->on_slab);
}

static void put_owner(const struct heap_owner *o, FILE *out)
{
	fprintf(out, "{\"kind\":\"%s\"", o->is_cpu ? "cpu" : "thread");
	put_key(out, "id", o->id);
	put_key(out, "objects", o->objects);
	put_key(out, "bytes", o->bytes);
	fputs("}", out);
}

static void put_node_array(struct map *m, const struct node_array *a, void *to)
{
	struct looks *l = to;

	(void)m;
	fprintf(l->out, ",[-1,%u,0,%u,%u]", a->cache->id, a->nr, a->capacity);
}

static void put_arrays(struct looks *l)
{
	const struct heap *h = &l->m->heap;

	fputs("],\"arrays\":[[]", l->out);
	for (size_t i = 0; i < h->nr_arrays; i++) {
		const struct heap_array *a = &h->arrays[i];

		for (size_t j = 0; j < h->nr_caches; j++)
			if (h->caches[j].at == a->cache)
				fprintf(l->out, ",[%u,%u,%d,%u,%u]", a->owner,
					l->m->caches[j].id, a->spare, a->nr,
					a->capacity);
	}
	arrays_of_nodes(l->m, put_node_array, l);
}

static void put_area(enum area_kind kind, uint64_t start, uint64_t end,
		     void *to)
{
	struct looks *l = to;

	fprintf(l->out, ",[%d,%" PRIu64 ",%" PRIu64 "]", kind, start, end);
}

static void put_lists(struct looks *l)
{
	const struct heap *h = &l->m->heap;
	FILE *out = l->out;

	fputs(",\n\"zones\":[", out);
	for (size_t i = 0; i < h->nr_zones; i++) {
		fputs(i ? "," : "", out);
		put_zone(h, &h->zones[i], out);
	}
	fputs("],\n\"caches\":[", out);
	for (size_t i = 0; i < h->nr_caches; i++) {
		fputs(i ? ",\n" : "", out);
		put_cache(&l->m->caches[i], out);
	}
	fputs("],\n\"owners\":[", out);
	for (size_t i = 0; i < h->nr_owners; i++) {
		fputs(i ? "," : "", out);
		put_owner(&h->owners[i], out);
	}
	put_arrays(l);
	fputs("],\"areas\":[[]", out);
	areas_look(l->m, put_area, l);
}

/* ---- all ----------------------------------------------------------------- */

void looks_begin(struct looks *l, const struct about *about)
{
	struct library *lib = l->m->lib;
	const struct heap *h = &l->m->heap;

	fprintf(l->out,
		"{\"schema\":\"kmalloc-view\",\"version\":%d,\"pid\":%d,"
		"\"name\":",
		LOOK_SCHEMA, (int)about->pid);
	json_string(l->out, about->name);
	fputs(",\"when\":", l->out);
	json_string(l->out, about->when);
	fputs(",\"release\":", l->out);
	json_string(l->out, h->release);
	fputs(",\"backend\":", l->out);
	json_string(l->out, h->backend);
	put_key(l->out, "base", l->m->base);
	put_key(l->out, "page_size", l->m->page_size);
	put_key(l->out, "pageblock_order", l->m->block_order);
	put_key(l->out, "orders", h->orders);
	put_key(l->out, "tick_ms", library_value(lib, "tick_interval_ms"));
	fputs(",\n\"looks\":[", l->out);
}

const char *const hint_names[NR_HINTS] = { "title", "tabs", "cache", "colour",
					   "at" };

static void put_hints(const struct moment *moment, FILE *out)
{
	bool comma = false;

	if (!moment->hints)
		return;
	fputs(",\"hints\":{", out);
	for (int i = 0; i < NR_HINTS; i++) {
		if (!moment->hints[i][0])
			continue;
		fprintf(out, "%s\"%s\":", comma ? "," : "", hint_names[i]);
		json_string(out, moment->hints[i]);
		comma = true;
	}
	fputs("}", out);
}

int looks_add(struct looks *l, const struct moment *moment)
{
	int ret;

	fprintf(l->out, "%s\n{\"seconds\":%.3f", l->nr ? "," : "",
		moment->seconds);
	if (moment->text) {
		fputs(",\"text\":", l->out);
		json_string(l->out, moment->text);
	}
	put_hints(moment, l->out);
	put_key(l->out, "resident", moment->resident);
	put_sums(&l->m->heap, l->out);
	put_lists(l);
	ret = put_pageblocks(l);
	l->nr++;
	return ret;
}

void looks_end(struct looks *l)
{
	fputs("]}\n", l->out);
	free(l->seen);
	l->seen = NULL;
	l->nr_seen = 0;
}
