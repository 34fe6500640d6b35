// SPDX-License-Identifier: MIT
/*
 * openmetrics.c - a heap as OpenMetrics text, for monitors
 *
 *	# TYPE kmalloc_cache_objects gauge		a family
 *	# HELP kmalloc_cache_objects Objects that ..
 *	kmalloc_cache_objects{cache="malloc-32"} 177633	its samples
 *	kmalloc_cache_objects{cache="malloc-64"} 912
 *	..
 *	# EOF
 *
 * A table has rows (the process, its zones, its caches), and a family for each
 * column. Sizes are bytes. What only rises is a counter, whose samples end in
 * _total. Threads are left out: a monitor keeps each label that it ever saw.
 *
 * Invariants	O1  no two samples have the same name and labels, whatever names
 *		    the program has for its caches (number_copies())
 *		O2  a label's value is printable ASCII
 *
 * Source	the OpenMetrics specification, version 1.0.0
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "view.h"

#define MOST_COLUMNS 16
#define LABELS_MAX 256 /* bytes: a name of 64 twice as long, and more */

enum { BYTES = 1, COUNTER = 2 }; /* of a family; without: a gauge of things */

struct family {
	const char *name; /* ends in _bytes if it is of bytes */
	unsigned int flags;
	const char *help;
};

/* A cache, by a name that may be printed. */
struct named_cache {
	const struct heap_cache *cache;
	char name[64];
	unsigned int copy; /* how many older ones have this name */
};

struct rows {
	const struct view *v;
	struct named_cache *caches; /* by name */
};

struct table {
	const struct family *families;
	size_t columns;
	/* Writes the labels of a row, and a value for each column. */
	void (*fill)(const struct rows *rows, size_t row, char *labels,
		     uint64_t *values);
};

/* ---- labels -------------------------------------------------------------- */

/* Copies a name. What a terminal may obey becomes '?'. */
static void copy_printable(char *to, const char *from, size_t size)
{
	snprintf(to, size, "%s", from);
	for (; *to; to++)
		if (*to < ' ' || *to > '~')
			*to = '?';
}

/* Appends NAME="VALUE" to labels that have room for it. */
static void add_label(char *labels, const char *name, const char *value)
{
	char *to = labels + strlen(labels);

	to += sprintf(to, "%s%s=\"", to == labels ? "" : ",", name);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			*to++ = '\\';
		*to++ = *value;
	}
	strcpy(to, "\"");
}

static void add_number_label(char *labels, const char *name, unsigned int value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	add_label(labels, name, text);
}

/* ---- the process --------------------------------------------------------- */

static const struct family info_families[] = {
	{ "kmalloc_process_info", 0, "The process, and its libkmalloc." },
};

static void fill_info(const struct rows *rows, size_t row, char *labels,
		      uint64_t *values)
{
	const struct view *v = rows->v;
	char name[64];

	(void)row;
	add_number_label(labels, "pid", (unsigned int)v->pid);
	copy_printable(name, v->command, sizeof(name));
	add_label(labels, "command", name);
	copy_printable(name, v->heap.release, sizeof(name));
	add_label(labels, "release", name);
	copy_printable(name, v->heap.backend, sizeof(name));
	add_label(labels, "backend", name);
	values[0] = 1;
}

static const struct family resident_families[] = {
	{ "kmalloc_resident_bytes", BYTES,
	  "Memory of the process that is resident, of any kind." },
};

static void fill_resident(const struct rows *rows, size_t row, char *labels,
			  uint64_t *values)
{
	(void)row;
	(void)labels;
	values[0] = rows->v->resident;
}

static const struct family heap_families[] = {
	{ "kmalloc_in_use_bytes", BYTES,
	  "What the program has: objects, blocks of pages, areas." },
	{ "kmalloc_dirty_bytes", BYTES, "Free memory that may be resident." },
	{ "kmalloc_cached_bytes", BYTES,
	  "Free objects in arrays, which wait for the next malloc." },
	{ "kmalloc_slab_bytes", BYTES, "Memory of slabs." },
	{ "kmalloc_page_bytes", BYTES,
	  "Blocks of pages in use that are no slabs." },
	{ "kmalloc_areas", 0, "Areas of vmalloc space in use." },
	{ "kmalloc_area_bytes", BYTES, "Memory of these areas." },
	{ "kmalloc_lazy_bytes", BYTES,
	  "Memory of freed areas that is still mapped." },
};

static void fill_heap(const struct rows *rows, size_t row, char *labels,
		      uint64_t *values)
{
	const struct heap *h = &rows->v->heap;

	(void)row;
	(void)labels;
	*values++ = h->in_use;
	*values++ = h->dirty;
	*values++ = h->cached;
	*values++ = h->slab_bytes;
	*values++ = h->page_bytes;
	*values++ = h->areas;
	*values++ = h->area_bytes;
	*values++ = h->lazy_bytes;
}

static const struct family run_families[] = {
	{ "kmalloc_page_runs", 0, "Page runs in use: blocks of malloc." },
	{ "kmalloc_page_run_bytes", BYTES, "Memory of these page runs." },
};

static void fill_runs(const struct rows *rows, size_t row, char *labels,
		      uint64_t *values)
{
	const struct heap *h = &rows->v->heap;

	(void)row;
	(void)labels;
	*values++ = h->runs;
	*values++ = h->run_pages * h->page_size;
}

/* ---- zones --------------------------------------------------------------- */

static const struct family zone_families[] = {
	{ "kmalloc_zone_managed_bytes", BYTES, "Memory that the zone has." },
	{ "kmalloc_zone_free_bytes", BYTES, "Memory on its free lists." },
	{ "kmalloc_zone_dirty_bytes", BYTES,
	  "Memory on its free lists that may be resident." },
	{ "kmalloc_zone_cpu_list_bytes", BYTES,
	  "Free memory on the lists of CPUs." },
	{ "kmalloc_zone_low_bytes", BYTES, "Its low watermark." },
	{ "kmalloc_zone_returned_bytes", BYTES | COUNTER,
	  "Memory given back to the system." },
};

static void label_zone(const struct heap_zone *z, char *labels)
{
	char name[sizeof(z->name)];

	copy_printable(name, z->name, sizeof(name));
	add_number_label(labels, "node", z->node);
	add_label(labels, "zone", name);
}

static void fill_zone(const struct rows *rows, size_t row, char *labels,
		      uint64_t *values)
{
	const struct heap *h = &rows->v->heap;
	const struct heap_zone *z = &h->zones[row];

	label_zone(z, labels);
	*values++ = z->managed * h->page_size;
	*values++ = z->free * h->page_size;
	*values++ = z->dirty * h->page_size;
	*values++ = z->pcp * h->page_size;
	*values++ = z->low * h->page_size;
	*values++ = z->returned * h->page_size;
}

static const struct family block_families[] = {
	{ "kmalloc_zone_free_blocks", 0, "Free blocks of 2^order pages." },
};

/* A row is an order of a zone. */
static void fill_blocks(const struct rows *rows, size_t row, char *labels,
			uint64_t *values)
{
	const struct heap *h = &rows->v->heap;
	const struct heap_zone *z = &h->zones[row / h->orders];

	label_zone(z, labels);
	add_number_label(labels, "order", (unsigned int)(row % h->orders));
	values[0] = z->nr_free[row % h->orders];
}

/* ---- caches -------------------------------------------------------------- */

static const struct family cache_families[] = {
	{ "kmalloc_cache_object_size_bytes", BYTES,
	  "Size of an object, as it is asked for." },
	{ "kmalloc_cache_objects", 0, "Objects that the program has." },
	{ "kmalloc_cache_array_objects", 0, "Free objects in arrays." },
	{ "kmalloc_cache_slab_objects", 0,
	  "Objects that the slabs have room for." },
	{ "kmalloc_cache_slabs", 0, "Slabs." },
	{ "kmalloc_cache_slab_bytes", BYTES, "Memory of these slabs." },
	{ "kmalloc_cache_passed_objects", COUNTER,
	  "Objects that went by slow paths. Calls that hit are not counted." },
};

static void fill_cache(const struct rows *rows, size_t row, char *labels,
		       uint64_t *values)
{
	const struct named_cache *named = &rows->caches[row];
	const struct heap_cache *c = named->cache;

	add_label(labels, "cache", named->name);
	if (named->copy)
		add_number_label(labels, "copy", named->copy);
	*values++ = c->object_size;
	*values++ = cache_live(c);
	*values++ = c->cached;
	*values++ = c->total;
	*values++ = c->slabs;
	*values++ = c->pages * rows->v->heap.page_size;
	*values++ = c->passed;
}

/* By name; of one name the oldest first, which is the last one in the heap. */
static int compare_names(const void *one, const void *other)
{
	const struct named_cache *a = one, *b = other;
	int order = strcmp(a->name, b->name);

	return order ? order : a->cache < b->cache ? 1 : -1;
}

/* Caches may share a name, or do so when it has become printable. */
static void number_copies(struct named_cache *caches, size_t nr)
{
	for (size_t i = 1; i < nr; i++)
		if (!strcmp(caches[i].name, caches[i - 1].name))
			caches[i].copy = caches[i - 1].copy + 1;
}

/* Returns the caches by name, for the caller to free, or NULL. */
static struct named_cache *name_caches(const struct heap *h)
{
	struct named_cache *caches = calloc(h->nr_caches + 1, sizeof(*caches));

	if (!caches)
		return NULL;
	for (size_t i = 0; i < h->nr_caches; i++) {
		caches[i].cache = &h->caches[i];
		copy_printable(caches[i].name, h->caches[i].name,
			       sizeof(caches[i].name));
	}
	qsort(caches, h->nr_caches, sizeof(*caches), compare_names);
	number_copies(caches, h->nr_caches);
	return caches;
}

/* ---- the text ------------------------------------------------------------ */

#define TABLE(families, fill)                                          \
	{                                                              \
		families, sizeof(families) / sizeof(families[0]), fill \
	}

static const struct table info_table = TABLE(info_families, fill_info);
static const struct table resident_table = TABLE(resident_families,
						 fill_resident);
static const struct table heap_table = TABLE(heap_families, fill_heap);
static const struct table run_table = TABLE(run_families, fill_runs);
static const struct table zone_table = TABLE(zone_families, fill_zone);
static const struct table block_table = TABLE(block_families, fill_blocks);
static const struct table cache_table = TABLE(cache_families, fill_cache);

/* The name of a family is that of its samples without what its type appends. */
static void put_head(const struct family *f, const char *type, FILE *out)
{
	int length = (int)strlen(f->name);

	if (!strcmp(type, "info"))
		length -= (int)strlen("_info");
	fprintf(out, "# TYPE %.*s %s\n", length, f->name, type);
	if (f->flags & BYTES)
		fprintf(out, "# UNIT %.*s bytes\n", length, f->name);
	fprintf(out, "# HELP %.*s %s\n", length, f->name, f->help);
}

static void put_table(const struct table *t, const struct rows *rows,
		      size_t nr_rows, FILE *out)
{
	for (size_t column = 0; column < t->columns; column++) {
		const struct family *f = &t->families[column];
		const char *end = f->flags & COUNTER ? "_total" : "";

		put_head(f,
			 t == &info_table   ? "info" :
			 f->flags & COUNTER ? "counter" :
					      "gauge",
			 out);
		for (size_t row = 0; row < nr_rows; row++) {
			uint64_t values[MOST_COLUMNS];
			char labels[LABELS_MAX] = "";

			t->fill(rows, row, labels, values);
			fprintf(out,
				*labels ? "%s%s{%s} %" PRIu64 "\n" :
					  "%s%s%s %" PRIu64 "\n",
				f->name, end, labels, values[column]);
		}
	}
}

int view_openmetrics(const struct view *v, FILE *out)
{
	const struct heap *h = &v->heap;
	struct rows rows = { v, name_caches(h) };

	if (!rows.caches)
		return -1;
	put_table(&info_table, &rows, 1, out);
	if (v->resident)
		put_table(&resident_table, &rows, 1, out);
	put_table(&heap_table, &rows, 1, out);
	if (h->has_runs)
		put_table(&run_table, &rows, 1, out);
	put_table(&zone_table, &rows, h->nr_zones, out);
	put_table(&block_table, &rows, h->nr_zones * h->orders, out);
	put_table(&cache_table, &rows, h->nr_caches, out);
	fputs("# EOF\n", out);
	free(rows.caches);
	return 0;
}
