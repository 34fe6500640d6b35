// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/frames.c - runs of frames into vmalloc space, within a budget
 *
 *	pages	 7  8  9 | 40 | 12 13		three runs
 *	         |        |     |
 *	mmap     v        v     v		a call each, one madvise() for
 *	at	|--------|---|------|guard|	all: not for children of fork()
 *
 * The kernel limits the mappings of the whole process. This library takes at
 * most half of them and reports when they do not suffice, so that the program's
 * own mmap() does not fail.
 *
 * vmap=remap_file_pages maps the first run over the whole range and then lets
 * places the others in it. Linux emulates that call by mmap() since 4.0, so
 * it costs more; it is here to be measured.
 *
 * Locking	none: the range is its caller's; the count is atomic
 * Invariants	FRAME1  charged = runs + 1 over mapped areas, and the ends
 *		    of stretches of shared frames (share.c)
 *		FRAME2  every mapping of the memfd is MADV_DONTFORK, unless
 *		    vmap_fork=share
 *		(unit.vmap.vmalloc.vmap checks FRAME1, unit.init.vm_fork FRAME2)
 * Source	vmap_pages_range() of Linux v6.12 mm/vmalloc.c, whose page
 *		tables are the OS's here
 */
#include <errno.h>
#include <string.h>

#include "arena/arena.h"
#include "diag/param.h"
#include "sys/os.h"
#include "vmap/vmalloc/frames.h"

enum vmap_backend vmap_backend;
enum vmap_fork vmap_fork;
static unsigned long charged; /* atomic */
static unsigned long budget; /* 0: not read yet; relaxed */

static int set_backend(const char *value)
{
	if (!strcmp(value, "mmap"))
		vmap_backend = VMAP_MMAP;
	else if (!strcmp(value, "remap_file_pages"))
		vmap_backend = VMAP_REMAP_FILE_PAGES;
	else
		return -EINVAL;
	return 0;
}
boot_param("vmap", set_backend, "mmap, remap_file_pages");

static int set_fork(const char *value)
{
	static const char *const names[] = { "copy", "share", "none" };

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(value, names[i])) {
			vmap_fork = (enum vmap_fork)i;
			return 0;
		}
	}
	return -EINVAL;
}
boot_param("vmap_fork", set_fork, "copy, share, none");

/* For tests: so many mappings instead of half of what the OS allows. */
static int set_budget(const char *value)
{
	return param_number(value, 1, 1UL << 30, &budget);
}
boot_param("vmap.max_mappings", set_budget, "1 to 1G");

/* ---- the budget ---------------------------------------------------------- */

unsigned long frames_budget(void)
{
	unsigned long nr = READ_ONCE(budget);

	if (unlikely(!nr)) {
		nr = os_max_map_count() / 2;
		WRITE_ONCE(budget, nr);
	}
	return nr;
}

unsigned long frames_charged(void)
{
	return READ_ONCE(charged);
}

int frames_charge(unsigned long nr)
{
	unsigned long limit = frames_budget();

	if (__atomic_add_fetch(&charged, nr, __ATOMIC_RELAXED) <= limit)
		return 0;
	frames_uncharge(nr);
	return -ENOMEM;
}

void frames_charge_beyond(unsigned long nr)
{
	__atomic_add_fetch(&charged, nr, __ATOMIC_RELAXED);
}

void frames_uncharge(unsigned long nr)
{
	__atomic_sub_fetch(&charged, nr, __ATOMIC_RELAXED);
}

/* ---- mapping ------------------------------------------------------------- */

unsigned int frames_run(struct page *const *pages, unsigned int nr)
{
	unsigned int n = 1;

	while (n < nr && pages[n] == pages[0] + n)
		n++;
	return n;
}

unsigned int frames_runs(struct page *const *pages, unsigned int nr)
{
	unsigned int runs = 0;

	for (unsigned int n = 0; n < nr; runs++)
		n += frames_run(pages + n, nr - n);
	return runs;
}

static int map_runs(uintptr_t at, struct page *const *pages, unsigned int nr,
		    unsigned int prot)
{
	unsigned int n, len;
	int ret = 0;

	for (n = 0; n < nr && !ret; n += len) {
		uintptr_t to = at + ((size_t)n << PAGE_SHIFT);

		len = frames_run(pages + n, nr - n);
		if (n && vmap_backend == VMAP_REMAP_FILE_PAGES)
			ret = arena_remap((void *)to, page_to_pfn(pages[n]),
					  len);
		else
			ret = arena_map((void *)to, page_to_pfn(pages[n]), len,
					prot);
	}
	return ret;
}

/* remap_file_pages() keeps the protection of the whole range. */
int frames_map(uintptr_t at, struct page *const *pages, unsigned int nr,
	       unsigned int prot)
{
	size_t size = (size_t)nr << PAGE_SHIFT;
	int ret = 0;

	if (vmap_backend == VMAP_REMAP_FILE_PAGES)
		ret = arena_map((void *)at, page_to_pfn(pages[0]), nr, prot);
	if (!ret)
		ret = map_runs(at, pages, nr, prot);
	if (!ret && vmap_fork != VMAP_FORK_SHARE)
		ret = os_dont_fork((void *)at, size);
	if (ret)
		frames_unmap(at, size);
	return ret;
}

int frames_unmap(uintptr_t at, size_t size)
{
	return os_unmap_file((void *)at, size);
}
