// SPDX-License-Identifier: MIT
/*
 * json.c - a heap as a JSON object, for scripts
 *
 *	{"schema":"kmalloc-top","version":1,"pid":..,"command":..,
 *	 .. bytes .., "zones":[..],"caches":[..],"owners":[..]}
 *
 * All sizes are bytes, and all counts are those of the moment; `passed` counts
 * from the start of the process. Keys are only added, or the version rises.
 */
#include <inttypes.h>

#include "view.h"

/* Also for a page of HTML, where '<' could end the element it is in. */
void json_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < ' ' || c > '~' || c == '<')
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void put_key(FILE *out, const char *key, uint64_t value)
{
	fprintf(out, ",\"%s\":%" PRIu64, key, value);
}

static void put_begin(const struct view *v, FILE *out)
{
	fprintf(out, "{\"schema\":\"kmalloc-top\",\"version\":%d,\"pid\":%d",
		VIEW_SCHEMA, v->pid);
	fputs(",\"command\":", out);
	json_string(out, v->command);
	fputs(",\"release\":", out);
	json_string(out, v->heap.release);
	fputs(",\"backend\":", out);
	json_string(out, v->heap.backend);
	put_key(out, "resident", v->resident);
	put_key(out, "in_use", v->heap.in_use);
	put_key(out, "dirty", v->heap.dirty);
	put_key(out, "cached", v->heap.cached);
}

static void put_zone(const struct heap *h, const struct heap_zone *z, FILE *out)
{
	fprintf(out, "{\"node\":%u,\"name\":", z->node);
	json_string(out, z->name);
	put_key(out, "managed", z->managed * h->page_size);
	put_key(out, "free", z->free * h->page_size);
	put_key(out, "dirty", z->dirty * h->page_size);
	put_key(out, "on_cpus", z->pcp * h->page_size);
	put_key(out, "low", z->low * h->page_size);
	put_key(out, "returned", z->returned * h->page_size);
	fputs(",\"free_blocks\":[", out);
	for (unsigned int o = 0; o < h->orders; o++)
		fprintf(out, "%s%" PRIu64, o ? "," : "", z->nr_free[o]);
	fputs("]}", out);
}

static void put_cache(const struct heap *h, const struct heap_cache *c,
		      FILE *out)
{
	fputs("{\"name\":", out);
	json_string(out, c->name);
	put_key(out, "object_size", c->object_size);
	put_key(out, "size", c->size);
	put_key(out, "objects", cache_live(c));
	put_key(out, "in_arrays", c->cached);
	put_key(out, "total", c->total);
	put_key(out, "slabs", c->slabs);
	put_key(out, "slab_bytes", c->pages * h->page_size);
	put_key(out, "passed", c->passed);
	fputc('}', out);
}

static void put_owner(const struct heap_owner *o, FILE *out)
{
	fprintf(out, "{\"kind\":\"%s\"", o->is_cpu ? "cpu" : "thread");
	put_key(out, "id", o->id);
	put_key(out, "objects", o->objects);
	put_key(out, "bytes", o->bytes);
	fputc('}', out);
}

static void put_large(const struct heap *h, FILE *out)
{
	put_key(out, "slab_bytes", h->slab_bytes);
	put_key(out, "page_bytes", h->page_bytes);
	if (h->has_runs) {
		put_key(out, "runs", h->runs);
		put_key(out, "run_bytes", h->run_pages * h->page_size);
	}
	put_key(out, "areas", h->areas);
	put_key(out, "area_bytes", h->area_bytes);
	put_key(out, "lazy_bytes", h->lazy_bytes);
}

void view_json(const struct view *v, FILE *out)
{
	const struct heap *h = &v->heap;

	put_begin(v, out);
	put_large(h, out);
	fputs(",\"zones\":[", out);
	for (size_t i = 0; i < h->nr_zones; i++) {
		fputs(i ? "," : "", out);
		put_zone(h, &h->zones[i], out);
	}
	fputs("],\"caches\":[", out);
	for (size_t i = 0; i < h->nr_caches; i++) {
		fputs(i ? "," : "", out);
		put_cache(h, &h->caches[i], out);
	}
	fputs("],\"owners\":[", out);
	for (size_t i = 0; i < h->nr_owners; i++) {
		fputs(i ? "," : "", out);
		put_owner(&h->owners[i], out);
	}
	fputs("]}\n", out);
	fflush(out);
}

void view_process_json(const struct view *v, FILE *out)
{
	put_begin(v, out);
	fputs("}\n", out);
	fflush(out);
}
