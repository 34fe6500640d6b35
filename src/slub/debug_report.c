// SPDX-License-Identifier: MIT
/*
 * slub/debug_report.c - prints reports about an object and its slab
 *
 *	Allocated in f+0x12/0x40 age=5 cpu=0 pid=99
 *	 f+0x12/0x40
 *	 main+0x1d/0x60
 *	Freed in ...
 *	Slab 0x.. objects=16 used=3 fp=0x.. flags=0x200(slab|node=0|zone=2)
 *	Object 0x.. @offset=1024 fp=0x..
 *
 *	Redzone  00007f..: bb bb bb bb bb bb bb bb                      ........
 *	Object   00007f..: 6b 6b ...
 *	Redzone  00007f..: bb ...
 *	Padding  00007f..: 5a ...
 *
 * Locking	s->debug_lock
 * Source	Linux v6.12 mm/slub.c (docs/kernel.md D4)
 */
#include "diag/dump_stack.h"
#include "diag/fmt.h"
#include "diag/report.h"
#include "slub/debug.h"

#define PAGE_FLAG_SLAB 0x200U /* the kernel's PG_slab and PG_head */
#define PAGE_FLAG_HEAD 0x10000U

void print_tracking(const struct kmem_cache *s, void *obj)
{
	if (!(s->flags & SLAB_STORE_USER))
		return;
	print_track("Allocated", get_track(s, obj, TRACK_ALLOC));
	print_track("Freed", get_track(s, obj, TRACK_FREE));
}

static void print_slab_info(const struct slab *slab)
{
	unsigned int flags = slab->type == PAGE_SLAB ? PAGE_FLAG_SLAB : 0;

	if (slab->order)
		flags |= PAGE_FLAG_HEAD;
	km_report("Slab %p objects=%u used=%u fp=%p flags=0x%x(%s%snode=%u|"
		  "zone=%u)\n",
		  (const void *)slab, slab->state.counters.objects,
		  slab->state.counters.inuse, slab->state.freelist, flags,
		  flags & PAGE_FLAG_SLAB ? "slab|" : "",
		  flags & PAGE_FLAG_HEAD ? "head|" : "", slab->node_id,
		  slab->zone_id);
}

static void print_bytes(const struct kmem_cache *s, char *p, const char *start)
{
	unsigned int end = debug_data_end(s);

	if (s->flags & SLAB_RED_ZONE)
		print_hex_dump("Redzone  ", p - s->red_left_pad,
			       s->red_left_pad);
	else if (p > start + 16)
		print_hex_dump("Bytes b4 ", p - 16, 16);
	print_hex_dump("Object   ", p,
		       min((unsigned long)s->object_size, PAGE_SIZE));
	if (s->flags & SLAB_RED_ZONE)
		print_hex_dump("Redzone  ", p + s->object_size,
			       s->inuse - s->object_size);
	if (end != size_from_object(s))
		print_hex_dump("Padding  ", p + end, size_from_object(s) - end);
}

void print_trailer(const struct slab_check *c, void *obj)
{
	const char *start = slab_address(c->slab);

	print_tracking(c->s, obj);
	print_slab_info(c->slab);
	km_report("Object %p @offset=%lu fp=%p\n\n", obj,
		  (unsigned long)((char *)obj - start),
		  get_freepointer(c->s, c->slab, obj));
	print_bytes(c->s, obj, start);
	slab_bug_end(c->who);
}

void object_err(const struct slab_check *c, void *obj, const char *reason)
{
	if (slab_add_kunit_errors(c->s))
		return;
	slab_bug(c->s, "%s", reason);
	if (obj && check_valid_pointer(c->s, c->slab, obj)) {
		print_trailer(c, obj);
		return;
	}
	print_slab_info(c->slab);
	km_report("Invalid pointer %p\n", obj);
	slab_bug_end(c->who);
}

void slab_err(const struct slab_check *c, const char *fmt, ...)
{
	char what[128];
	va_list args;

	if (slab_add_kunit_errors(c->s))
		return;
	va_start(args, fmt);
	km_vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	slab_bug(c->s, "%s", what);
	print_slab_info(c->slab);
	slab_bug_end(c->who);
}

void trace_object(const struct slab_check *c, void *obj, const char *what)
{
	if (!(c->s->flags & SLAB_TRACE))
		return;
	km_report("TRACE %pE %s %p inuse=%d fp=%p\n", c->s->name, what, obj,
		  (int)c->slab->state.counters.inuse, c->slab->state.freelist);
	if (what[0] == 'f')
		print_hex_dump("Object   ", obj, c->s->object_size);
	dump_stack_entries(c->who->entries, c->who->nr);
}
