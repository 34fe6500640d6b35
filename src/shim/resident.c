// SPDX-License-Identifier: MIT
/*
 * shim/resident.c - how much resident memory is the library's own
 *
 *	vmemmap, index, pageblocks	up to the last frame that is online
 *	the file's mappings		code, data, bss
 *	slabs of caches that are not	sheaves, nodes, and the like
 *	malloc's
 *	the region			tables of cursors of the threads
 *
 * Locking	slab_mutex, for the list of caches
 */
#include <dlfcn.h>
#include <link.h>

#include "kmem/cache.h"
#include "kmem/kmem.h"
#include "kmem/region.h"
#include "shim/resident.h"
#include "shim/shim.h"
#include "sys/os.h"

#define PRESENT (1ULL << 63)

/* Returns the resident bytes of [start, start + size), by pages. */
static size_t present_bytes(int fd, const void *start, size_t size)
{
	unsigned long page = (uintptr_t)start >> OS_PAGE_SHIFT, nr = 0;
	unsigned long end = ((uintptr_t)start + size + OS_PAGE_SIZE - 1) >>
			    OS_PAGE_SHIFT;
	u64 entry[256];

	while (page < end) {
		size_t want = min(end - page, 256UL);
		long n = os_pread(fd, entry, want * 8, (u64)page * 8);

		if (n < 8)
			break;
		for (long i = 0; i < n / 8; i++)
			nr += !!(entry[i] & PRESENT);
		page += (unsigned long)n / 8;
	}
	return nr << OS_PAGE_SHIFT;
}

const char *resident_file(const void *code)
{
	struct os_object object;

	return os_find_object((uintptr_t)code, &object) ? "" : object.name;
}

static size_t image_bytes(int fd)
{
	const void *here = (const void *)resident_own;
	struct os_object object;

	/* in a static program library and program are one object */
	if (os_find_object((uintptr_t)here, &object) || !*object.name)
		return 0;
	return present_bytes(fd, (const void *)object.start,
			     object.end - object.start);
}

static size_t own_caches(void)
{
	unsigned long pages = region_pages();
	const struct kmem_cache *s;

	spin_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list)
		if (!shim_has_cache(s))
			pages += kmem_cache_nr_pages(s);
	spin_unlock(&slab_mutex);
	return pages << PAGE_SHIFT;
}

void resident_own(struct resident *own)
{
	long fd = os_open_read("/proc/self/pagemap");
	unsigned long frames = READ_ONCE(arena_nr_frames);

	*own = (struct resident){ .caches = own_caches() };
	if (fd < 0)
		return;
	own->image = image_bytes((int)fd);
	own->tables = present_bytes((int)fd, arena.vmemmap,
				    frames * sizeof(struct page)) +
		      present_bytes((int)fd, arena_index, frames) +
		      present_bytes((int)fd, arena.pageblocks,
				    frames >> PAGEBLOCK_ORDER);
	os_close((int)fd);
}
