// SPDX-License-Identifier: MIT
/*
 * text.c - a heap as lines of text
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "view.h"

/*
 * Names in a line are the program's: it may have put there what a terminal
 * obeys. So only what prints is kept.
 */
__attribute__((format(printf, 3, 4))) static void
print_line(view_line *line, void *to, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	line(to, text);
}

/* A number of bytes in five places, such as "12.3M". */
struct bytes_text {
	char text[16];
};

static struct bytes_text in_bytes(uint64_t bytes)
{
	static const char units[] = "BKMGTPE";
	struct bytes_text t;
	double value = (double)bytes;
	int unit = 0;

	while (value >= 999.95 && units[unit + 1]) {
		value /= 1024;
		unit++;
	}
	if (unit)
		snprintf(t.text, sizeof(t.text), "%.1f%c", value, units[unit]);
	else
		snprintf(t.text, sizeof(t.text), "%.0f", value);
	return t;
}

/* ---- the head ------------------------------------------------------------ */

static void head_zones(const struct heap *h, view_line *line, void *to)
{
	char blocks[128];

	print_line(line, to, "%-4s %-8s %8s %8s %8s %8s  %s", "NODE", "ZONE",
		   "MANAGED", "FREE", "DIRTY", "LOW",
		   "FREE BLOCKS OF 1, 2, 4, ... PAGES");
	for (size_t i = 0; i < h->nr_zones; i++) {
		const struct heap_zone *z = &h->zones[i];
		size_t used = 0;

		for (unsigned int o = 0; o < h->orders; o++)
			used += (size_t)snprintf(blocks + used,
						 sizeof(blocks) - used,
						 " %" PRIu64,
						 z->nr_free[o] % 1000000000);
		print_line(line, to, "%-4u %-8s %8s %8s %8s %8s %s", z->node,
			   z->name, in_bytes(z->managed * h->page_size).text,
			   in_bytes(z->free * h->page_size).text,
			   in_bytes(z->dirty * h->page_size).text,
			   in_bytes(z->low * h->page_size).text, blocks);
	}
}

void view_head(const struct view *v, view_line *line, void *to)
{
	const struct heap *h = &v->heap;

	print_line(line, to, "process %d (%s), libkmalloc %s on %s", v->pid,
		   v->command, h->release,
		   h->backend[0] ? h->backend : "nothing yet");
	print_line(line, to,
		   "resident %s, in use %s, free and dirty %s, in arrays %s",
		   v->resident ? in_bytes(v->resident).text : "unknown",
		   in_bytes(h->in_use).text, in_bytes(h->dirty).text,
		   in_bytes(h->cached).text);
	if (h->has_runs)
		print_line(line, to,
			   "slabs %s, page blocks %s (%" PRIu64
			   " runs of %s), areas %" PRIu64 " of %s, lazy %s",
			   in_bytes(h->slab_bytes).text,
			   in_bytes(h->page_bytes).text, h->runs,
			   in_bytes(h->run_pages * h->page_size).text, h->areas,
			   in_bytes(h->area_bytes).text,
			   in_bytes(h->lazy_bytes).text);
	else
		print_line(line, to,
			   "slabs %s, page blocks %s, areas %" PRIu64
			   " of %s, lazy %s",
			   in_bytes(h->slab_bytes).text,
			   in_bytes(h->page_bytes).text, h->areas,
			   in_bytes(h->area_bytes).text,
			   in_bytes(h->lazy_bytes).text);
	line(to, "");
	head_zones(h, line, to);
}

/* ---- caches -------------------------------------------------------------- */

static uint64_t by_array_bytes(const struct heap_cache *c)
{
	return c->cached * c->size;
}

static uint64_t by_cache_size(const struct heap_cache *c)
{
	return c->pages;
}

static uint64_t by_slabs(const struct heap_cache *c)
{
	return c->slabs;
}

static uint64_t by_object_size(const struct heap_cache *c)
{
	return c->object_size;
}

static uint64_t by_passed(const struct heap_cache *c)
{
	return c->passed;
}

static uint64_t use_percent(const struct heap_cache *c)
{
	return c->total ? cache_live(c) * 100 / c->total : 0;
}

/* Pages of which the program has nothing; by pages of 4 KiB. */
static uint64_t waste_bytes(const struct heap_cache *c)
{
	uint64_t all = c->pages << 12, live = cache_live(c) * c->object_size;

	return all > live ? all - live : 0;
}

const struct view_sort view_sorts[] = {
	{ 'o', "objects", cache_live },
	{ 'c', "size of the cache", by_cache_size },
	{ 'l', "slabs", by_slabs },
	{ 's', "size of objects", by_object_size },
	{ 'u', "use", use_percent },
	{ 'a', "bytes in arrays", by_array_bytes },
	{ 'r', "objects by slow paths", by_passed },
	{ 'w', "waste", waste_bytes },
	{ 'n', "name", NULL },
	{ '\0', NULL, NULL },
};

const struct view_sort *view_sort_of(int key)
{
	for (const struct view_sort *s = view_sorts; s->key; s++)
		if (s->key == key)
			return s;
	return NULL;
}

static int compare_caches(const void *one, const void *other, void *by)
{
	const struct heap_cache *a = one, *b = other;
	const struct view_sort *sort = by;
	uint64_t x = sort->value ? sort->value(a) : 0;
	uint64_t y = sort->value ? sort->value(b) : 0;

	if (x != y)
		return x < y ? 1 : -1;
	return strcmp(a->name, b->name);
}

/* Returns what came since the look before, for each second. */
static uint64_t passed_rate(const struct heap_cache *c, const struct view *v,
			    const struct view *before)
{
	const struct heap_cache *old = NULL;

	for (size_t i = 0; i < before->heap.nr_caches && !old; i++)
		if (before->heap.caches[i].at == c->at)
			old = &before->heap.caches[i];
	if (!old || old->passed > c->passed || v->seconds <= 0)
		return 0;
	return (uint64_t)((double)(c->passed - old->passed) / v->seconds);
}

void view_caches(const struct view *v, const struct view *before,
		 const struct view_sort *sort, view_line *line, void *to)
{
	const struct heap *h = &v->heap;
	struct heap_cache *rows = calloc(h->nr_caches + 1, sizeof(*rows));

	if (!rows)
		return;
	memcpy(rows, h->caches, h->nr_caches * sizeof(*rows));
	/* The rate is what is shown, so it is what is sorted by. */
	for (size_t i = 0; before && i < h->nr_caches; i++)
		rows[i].passed = passed_rate(&rows[i], v, before);
	qsort_r(rows, h->nr_caches, sizeof(*rows), compare_caches,
		(void *)(uintptr_t)sort);
	print_line(line, to, "%-20s %7s %10s %10s %4s %8s %8s %8s %10s %8s",
		   "CACHE", "OBJSIZE", "OBJECTS", "TOTAL", "USE", "SLABS",
		   "SIZE", "ARRAYS", before ? "SLOWPATH/S" : "SLOWPATH",
		   "WASTE");
	for (size_t i = 0; i < h->nr_caches; i++) {
		const struct heap_cache *c = &rows[i];

		if (c->slabs)
			print_line(line, to,
				   "%-20s %7" PRIu64 " %10" PRIu64 " %10" PRIu64
				   " %3" PRIu64 "%% %8" PRIu64
				   " %8s %8s %10" PRIu64 " %8s",
				   c->name, c->object_size, cache_live(c),
				   c->total, use_percent(c), c->slabs,
				   in_bytes(c->pages * h->page_size).text,
				   in_bytes(c->cached * c->size).text,
				   c->passed, in_bytes(waste_bytes(c)).text);
	}
	free(rows);
}

/* ---- owners -------------------------------------------------------------- */

static int compare_owners(const void *one, const void *other)
{
	const struct heap_owner *a = one, *b = other;

	if (a->bytes != b->bytes)
		return a->bytes < b->bytes ? 1 : -1;
	return a->id < b->id ? -1 : a->id > b->id;
}

static void owner_line(const struct heap_owner *o, view_line *line, void *to)
{
	char id[24] = "?";

	if (o->is_cpu || o->id)
		snprintf(id, sizeof(id), "%" PRIu64, o->id);
	print_line(line, to, "%-6s %8s %10" PRIu64 " %8s",
		   o->is_cpu ? "CPU" : "thread", id, o->objects,
		   in_bytes(o->bytes).text);
}

void view_owners(const struct view *v, view_line *line, void *to)
{
	const struct heap *h = &v->heap;
	struct heap_owner *rows = calloc(h->nr_owners + 1, sizeof(*rows));

	if (!rows)
		return;
	memcpy(rows, h->owners, h->nr_owners * sizeof(*rows));
	qsort(rows, h->nr_owners, sizeof(*rows), compare_owners);
	print_line(line, to, "%-6s %8s %10s %8s", "OWNER", "ID", "IN ARRAYS",
		   "BYTES");
	for (size_t i = 0; i < h->nr_owners; i++)
		owner_line(&rows[i], line, to);
	if (h->owners_left)
		line(to, "... and more threads");
	free(rows);
}

/* ---- a list of processes ------------------------------------------------- */

void view_processes_head(view_line *line, void *to)
{
	print_line(line, to, "%8s %8s %8s %8s %8s  %s", "PID", "RESIDENT",
		   "IN USE", "DIRTY", "CACHED", "COMMAND");
}

void view_process(const struct view *v, view_line *line, void *to)
{
	print_line(line, to, "%8d %8s %8s %8s %8s  %s", v->pid,
		   in_bytes(v->resident).text, in_bytes(v->heap.in_use).text,
		   in_bytes(v->heap.dirty).text, in_bytes(v->heap.cached).text,
		   v->command);
}
