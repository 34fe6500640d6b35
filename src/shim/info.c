// SPDX-License-Identifier: MIT
/*
 * shim/info.c - mallinfo, malloc_info, malloc_stats, malloc_trim, mallopt
 *
 * Each call counts anew: allocated objects of the slabs, less those in sheaves.
 * Other threads' sheaves are read while they change, so numbers may be off by
 * the objects that are being moved.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "buddy/buddy.h"
#include "diag/report.h"
#include "kmem/held.h"
#include "kmem/inside.h"
#include "kmem/slab_ops.h"
#include "kmem/stat.h"
#include "shim/exports.h"
#include "shim/info.h"
#include "sys/os.h"

/*
 * Returns the objects in slabs and sheaves that the program has not allocated.
 */
static unsigned long free_objects(struct kmem_cache *s, unsigned long used)
{
	struct slabinfo slabs = { 0 };

	s->ops->get_slabinfo(s, &slabs);
	return slabs.num_objs - min(used, slabs.num_objs);
}

/* Returns the free blocks of all orders; per-CPU lists are not counted. */
static unsigned long free_page_blocks(const struct zone *zone)
{
	unsigned long nr = 0;

	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++)
		nr += READ_ONCE(zone->free_area[order].nr_free);
	return nr;
}

static void sum_caches(struct shim_info *info)
{
	for (unsigned int class = 1; class <= NR_SMALL_CLASSES; class ++) {
		struct kmem_cache *s = shim_cache_made(class);
		unsigned long out, used;

		if (!s)
			continue;
		out = READ_ONCE(s->in_use);
		used = out - min(kmem_cache_cached(s), out);
		info->small_used += used * s->size;
		info->small_objects += used;
		info->small_cached += (out - used) * s->size;
		info->slabs += kmem_cache_nr_slabs(s);
		info->slabs_ever += READ_ONCE(s->slabs_ever);
		info->slab_bytes += kmem_cache_nr_pages(s) << PAGE_SHIFT;
		info->free_blocks += free_objects(s, used);
		info->refills += READ_ONCE(s->refills);
		info->flushes += READ_ONCE(s->flushes);
		info->refilled += READ_ONCE(s->refilled);
		info->flushed += READ_ONCE(s->flushed);
		info->locks += kmem_cache_locks(s);
	}
}

void shim_info(struct shim_info *info)
{
	struct zone *normal = &node_data[0].node_zones[ZONE_NORMAL];
	struct zone_stat zone;

	*info = (struct shim_info){ 0 };
	if (!km_ready() || !kmem_enter())
		return;
	sum_caches(info);
	zone_stat(normal, &zone);
	info->free_blocks += free_page_blocks(normal) + zone.pcp;
	large_area_stat(&info->areas);
	surplus_stat(&info->dirty);
	info->runs = READ_ONCE(large_stat.runs);
	info->runs_ever = READ_ONCE(large_stat.runs_ever);
	info->run_bytes = READ_ONCE(large_stat.run_pages) << PAGE_SHIFT;
	info->managed = zone.managed << PAGE_SHIFT;
	info->free = (zone.free + zone.pcp) << PAGE_SHIFT;
	info->resident_free = (zone.resident_free + zone.pcp) << PAGE_SHIFT;
	info->used = info->small_used + info->run_bytes + info->areas.busy;
	info->footprint = info->managed - info->free + info->resident_free +
			  info->areas.busy + info->areas.lazy;
	kmem_leave();
}

/*
 * As glibc counts: areas, which are mapped one by one, are in hblks and hblkhd
 * and nowhere else, and what a thread has cached is free. There are no
 * fastbins.
 */
EXPORT struct mallinfo2 mallinfo2(void)
{
	struct shim_info info;
	size_t used;

	shim_info(&info);
	used = info.used - info.areas.busy;
	return (struct mallinfo2){
		.arena = info.managed,
		.ordblks = info.free_blocks,
		.hblks = info.areas.areas,
		.hblkhd = info.areas.busy,
		.uordblks = used,
		.fordblks = info.managed - min(used, info.managed),
		.keepcost = info.resident_free + info.areas.lazy,
	};
}

static int narrow_to_int(size_t value)
{
	return value > INT_MAX ? INT_MAX : (int)value;
}

static struct mallinfo narrow_info(void)
{
	struct mallinfo2 m = mallinfo2();

	return (struct mallinfo){
		.arena = narrow_to_int(m.arena),
		.ordblks = narrow_to_int(m.ordblks),
		.smblks = narrow_to_int(m.smblks),
		.hblks = narrow_to_int(m.hblks),
		.hblkhd = narrow_to_int(m.hblkhd),
		.fsmblks = narrow_to_int(m.fsmblks),
		.uordblks = narrow_to_int(m.uordblks),
		.fordblks = narrow_to_int(m.fordblks),
		.keepcost = narrow_to_int(m.keepcost),
	};
}

EXPORT struct mallinfo mallinfo(void)
{
	return narrow_info();
}

EXPORT struct mallinfo __libc_mallinfo(void)
{
	return narrow_info();
}

/* Gives all free memory back to the OS. Returns 1 if there was any. */
EXPORT int malloc_trim(size_t pad)
{
	struct shim_info before, after;
	unsigned long pages;

	(void)pad;
	if (!km_ready())
		return 0;
	shim_info(&before);
	if (!kmem_enter())
		return 0;
	pages = km_reclaim_all();
	kmem_leave();
	shim_info(&after);
	return pages || after.footprint < before.footprint;
}

EXPORT void malloc_stats(void)
{
	struct shim_info info;

	shim_info(&info);
	km_report("kmalloc: in use %H: %lu small objects %H, %lu runs %H, %lu "
		  "areas %H\n",
		  info.used, info.small_objects, info.small_used, info.runs,
		  info.run_bytes, info.areas.areas, info.areas.busy);
	km_report("kmalloc: from the system %H; cached in threads and barns "
		  "%H, free and resident %H\n",
		  info.footprint, info.small_cached,
		  info.resident_free + info.areas.lazy);
}

/* Texts of malloc_info() and km_malloc_json(), with the same arguments. */
struct info_format {
	const char *begin, *between, *cache, *runs, *areas, *free, *system;
	const char *in_use;
};

static const struct info_format xml_format = {
	.begin = "<malloc version=\"1\">\n<caches>\n",
	.between = "",
	.cache = "%s<cache name=\"%s\" size=\"%u\" slabs=\"%lu\" "
		 "in_use=\"%lu\" cached=\"%lu\" locks=\"%lu\"/>\n",
	.runs = "</caches>\n<runs count=\"%lu\" size=\"%lu\"/>\n",
	.areas = "<areas count=\"%lu\" size=\"%lu\" lazy=\"%lu\"/>\n",
	.free = "<free dirty=\"%lu\" bound=\"%lu\" returned=\"%lu\" "
		"refaulted=\"%lu\"/>\n",
	.system = "<system type=\"current\" size=\"%lu\"/>\n",
	.in_use = "<total type=\"in_use\" size=\"%lu\"/>\n</malloc>\n",
};

static const struct info_format json_format = {
	.begin = "{\"schema\": 1,\n\"caches\": [\n",
	.between = ",\n",
	.cache = "%s{\"name\": \"%s\", \"size\": %u, \"slabs\": %lu, "
		 "\"in_use\": %lu, \"cached\": %lu, \"locks\": %lu}",
	.runs = "],\n\"runs\": {\"count\": %lu, \"size\": %lu},\n",
	.areas = "\"areas\": {\"count\": %lu, \"size\": %lu, "
		 "\"lazy\": %lu},\n",
	.free = "\"free\": {\"dirty\": %lu, \"bound\": %lu, "
		"\"returned\": %lu, \"refaulted\": %lu},\n",
	.system = "\"system\": %lu,\n",
	.in_use = "\"in_use\": %lu}\n",
};

/* Returns true if the class has a row. */
static bool info_class(FILE *out, const struct info_format *format,
		       unsigned int class, const char *between)
{
	struct kmem_cache *s = shim_cache_made(class);
	unsigned long objects, idle;

	if (!s || !kmem_cache_nr_slabs(s) || !kmem_enter())
		return false;
	objects = READ_ONCE(s->in_use);
	idle = kmem_cache_cached(s);
	kmem_leave();
	fprintf(out, format->cache, between, s->name, s->size,
		kmem_cache_nr_slabs(s), objects > idle ? objects - idle : 0,
		min(idle, objects), kmem_cache_locks(s));
	return true;
}

/* The only place that uses stdio. */
static void print_info(FILE *out, const struct info_format *format)
{
	const char *between = "";
	struct shim_info info;

	shim_info(&info);
	fputs(format->begin, out);
	for (unsigned int class = 1; km_ready() && class <= NR_SMALL_CLASSES;
	     class ++)
		if (info_class(out, format, class, between))
			between = format->between;
	fprintf(out, format->runs, info.runs, info.run_bytes);
	fprintf(out, format->areas, info.areas.areas, info.areas.busy,
		info.areas.lazy);
	fprintf(out, format->free, info.dirty.dirty << PAGE_SHIFT,
		info.dirty.bound << PAGE_SHIFT,
		info.dirty.returned << PAGE_SHIFT,
		info.dirty.refaulted << PAGE_SHIFT);
	fprintf(out, format->system, info.footprint);
	fprintf(out, format->in_use, info.used);
}

/* options must be 0, as glibc's. */
EXPORT int malloc_info(int options, FILE *out)
{
	if (options)
		return EINVAL;
	print_info(out, &xml_format);
	return 0;
}

EXPORT int km_malloc_json(FILE *out)
{
	print_info(out, &json_format);
	return 0;
}

/*
 * glibc's parameters are for glibc's heap and have no effect here. One has:
 * M_PERTURB, which fills blocks.
 */
EXPORT int mallopt(int param, int value)
{
	if (param == M_PERTURB && !shim_boot())
		shim_perturb((u8)value);
	return param >= M_ARENA_MAX && param <= M_MXFAST;
}

EXPORT int __libc_mallopt(int param, int value)
{
	return mallopt(param, value);
}

/* For heaps dumped by old emacs: not supported. */
EXPORT void *malloc_get_state(void)
{
	return NULL;
}

EXPORT int malloc_set_state(void *state)
{
	(void)state;
	return -1;
}
