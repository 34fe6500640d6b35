/* SPDX-License-Identifier: MIT */
/*
 * tests/support/vmtest.h - vmalloc space and the rooms below it, once a child
 *
 * 64 MiB of HighMem above 64 MiB of Normal, unless the test says else; ticks
 * are the test's alone. vm_tests(fn) runs fn(arg) for each of the two calls
 * that map frames: arg is the parameter that chooses one. kmalloc() is served
 * by SLUB, and by SLAB with slab_alloc=slab in KMALLOC_CMDLINE.
 */
#ifndef TEST_VMTEST_H
#define TEST_VMTEST_H

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <kmalloc/highmem.h>
#include <kmalloc/scope.h>
#include <kmalloc/vmalloc.h>

#include "buddy/buddy.h"
#include "core/start.h"
#include "core/tick.h"
#include "diag/param.h"
#include "kmem/barn.h"
#include "kmem/boot.h"
#include "kmem/cache.h"
#include "kmem/held.h"
#include "kmem/kmalloc.h"
#include "kmem/kmem.h"
#include "kmem/slab_ops.h"
#include "kmem/thread.h"
#include "reclaim/reclaim.h"
#include "request/request.h"
#include "slab/slab.h"
#include "slub/slub.h"
#include "support/child.h"
#include "support/cpu.h"
#include "sys/os.h"
#include "vmap/large/internal.h"
#include "vmap/vmalloc/internal.h"

struct vm_case {
	void (*fn)(void *arg);
	const char *backend;
};

static inline void vm_case_run(void **state)
{
	const struct vm_case *c = *state;
	struct child_end end;

	child_run(c->fn, (void *)(uintptr_t)c->backend, &end);
	expect_success(&end);
}

#define vm_case_with(fn, backend)                                           \
	{                                                                   \
#fn " " backend, vm_case_run, NULL, NULL, &(struct vm_case) \
		{                                                           \
			fn, backend                                         \
		}                                                           \
	}
#define vm_tests(fn) \
	vm_case_with(fn, "vmap=mmap"), vm_case_with(fn, "vmap=remap_file_pages")

/* Starts the rooms one by one. Returns 0 or -errno. */
static inline int vm_start_rooms(void)
{
	const char *line = os_getenv("KMALLOC_CMDLINE");
	const struct slab_ops *ops = &slub_ops;

	if (line && strstr(line, "slab_alloc=slab"))
		ops = &slab_ops;
	tick_last_ms = os_now_ms();
	if (arena_init() || page_alloc_init(0) || kmem_init(ops, NR_CURSORS) ||
	    large_init() || kmalloc_init() || vmalloc_init())
		return -ENOMEM;
	slab_state = FULL;
	engine_up = 1;
	return 0;
}

/* On all CPUs, with zones as the arguments say. */
static inline void vm_boot_by(int (*start)(void), const char *args,
			      const char *backend)
{
	parse_args(args);
	parse_args(backend);
	REQUIRE(!start());
	tick_interval_ms = ULONG_MAX;
}

static inline void vm_boot(const char *args, const char *backend)
{
	vm_boot_by(vm_start_rooms, args, backend);
}

/* On one CPU, with 64 MiB of Normal and as much of HighMem. */
static inline void vm_start_by(int (*start)(void), const char *args,
			       const char *backend)
{
	pin_to_first_cpu();
	parse_args("arena=128M highmem=64M");
	vm_boot_by(start, args, backend);
}

static inline void vm_start(const char *args, const char *backend)
{
	vm_start_by(vm_start_rooms, args, backend);
}

/* ---- what there is, to be the same when all is given back ---------------- */

struct vm_books {
	unsigned long highmem; /* frames of HighMem in use */
	unsigned long other; /* frames in use elsewhere */
	unsigned long mappings; /* charged */
	unsigned long places; /* bytes of vmalloc space that are taken */
	unsigned long pages; /* of vmalloc() */
};

static inline unsigned long vm_frames_used(bool highmem)
{
	unsigned long used = 0;
	struct zone_stat stat;
	struct zone *zone;

	for_each_zone(zone) {
		if ((zone_idx(zone) == ZONE_HIGHMEM) != highmem)
			continue;
		zone_stat(zone, &stat);
		used += stat.managed - stat.free - stat.pcp;
	}
	return used;
}

static inline unsigned long vm_places_taken(void)
{
	const struct rb_root *unused[] = { &vm_space.free, &vm_space.held,
					   &vm_space.holes };
	unsigned long taken = arena.vmalloc_end - arena.vmalloc_start;
	struct rb_node *rb;

	for (unsigned int i = 0; i < ARRAY_SIZE(unused); i++)
		for (rb = rb_first(unused[i]); rb; rb = rb_next(rb))
			taken -= va_size(rb_entry(rb, struct vmap_area, rb));
	return taken;
}

/* Every structure is checked; no other thread allocates meanwhile. */
static inline void vm_check_rooms(void)
{
	struct kmem_owner *owner = kmem_owner_get();
	struct kmem_cache *s;
	struct zone *zone;

	if (owner)
		kmem_owner_check(owner);
	spin_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list) {
		barn_check(s);
		s->ops->check(s);
	}
	spin_unlock(&slab_mutex);
	space_check();
	vm_check();
	for_each_zone(zone)
		zone_check(zone);
}

/* Nothing is pooled any more, every structure is checked. */
static inline struct vm_books vm_books(void)
{
	vm_unmap_aliases();
	vm_check_rooms();
	REQUIRE(!vm_lazy_pages());
	return (struct vm_books){
		.highmem = vm_frames_used(true),
		.other = vm_frames_used(false),
		.mappings = frames_charged(),
		.places = vm_places_taken(),
		.pages = vmalloc_nr_pages(),
	};
}

/* Slabs may have been made for structs: so much more is no loss. */
#define VM_SLAB_SLACK 64

static inline void vm_same_books(const struct vm_books *was)
{
	struct vm_books is = vm_books();

	if (is.highmem == was->highmem && is.mappings == was->mappings &&
	    is.places == was->places && is.pages == was->pages &&
	    is.other <= was->other + VM_SLAB_SLACK)
		return;
	dprintf(2,
		"lost: highmem %ld, other %ld, mappings %ld, places %ld, pages %ld\n",
		(long)(is.highmem - was->highmem),
		(long)(is.other - was->other),
		(long)(is.mappings - was->mappings),
		(long)(is.places - was->places), (long)(is.pages - was->pages));
	_exit(1);
}

/* Mappings of this process. */
static inline unsigned long vm_maps_lines(void)
{
	static char buf[1 << 16];
	unsigned long nr = 0;
	long fd = os_open_read("/proc/self/maps"), len;

	REQUIRE(fd >= 0);
	while ((len = os_read((int)fd, buf, sizeof(buf))) > 0)
		for (long i = 0; i < len; i++)
			nr += buf[i] == '\n';
	os_close((int)fd);
	return nr;
}

/* ---- bytes --------------------------------------------------------------- */

static inline bool all_bytes(const void *p, unsigned char value, size_t n)
{
	const unsigned char *at = p;

	for (size_t i = 0; i < n; i++)
		if (at[i] != value)
			return false;
	return true;
}

/* A word for each page that names it. */
static inline void stamp_pages(void *p, unsigned long nr, u64 stamp)
{
	for (unsigned long i = 0; i < nr; i++)
		*(u64 *)((char *)p + i * PAGE_SIZE) = stamp + i;
}

static inline bool has_stamp(const void *p, unsigned long nr, u64 stamp)
{
	for (unsigned long i = 0; i < nr; i++)
		if (*(const u64 *)((const char *)p + i * PAGE_SIZE) !=
		    stamp + i)
			return false;
	return true;
}

static inline void alloc_pages_into(struct page **pages, unsigned long nr,
				    gfp_t gfp)
{
	for (unsigned long i = 0; i < nr; i++) {
		pages[i] = alloc_page(gfp);
		REQUIRE(pages[i]);
	}
}

static inline void free_pages_of_array(struct page **pages, unsigned long nr)
{
	for (unsigned long i = 0; i < nr; i++)
		__free_page(pages[i]);
}

#endif
