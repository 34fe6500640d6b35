// SPDX-License-Identifier: MIT
/*
 * test_publish.c - an area that is being made is found by no other thread
 */
#include <errno.h>

#include "reclaim/reclaim.h"
#include "support/vmtest.h"

#define HIGH (GFP_KERNEL | __GFP_HIGHMEM)
#define MOST_PAGES 40000

static struct page *pages[MOST_PAGES];
static char *hole; /* where the next area goes */
static size_t hole_size;
static unsigned long looks;

/* Called while a request for frames waits for reclaim. */
static unsigned long count(struct shrinker *s, struct shrink_control *sc)
{
	(void)s;
	(void)sc;
	looks++;
	for (size_t at = 0; at < hole_size; at += PAGE_SIZE) {
		REQUIRE(!find_vm_area(hole + at));
		REQUIRE(!is_vmalloc_addr(hole + at));
		REQUIRE(!vmalloc_to_page(hole + at));
		REQUIRE(km_vmap_pin(hole + at) == -ENOENT);
	}
	return 0;
}

static unsigned long scan(struct shrinker *s, struct shrink_control *sc)
{
	(void)s;
	(void)sc;
	return SHRINK_STOP;
}

static struct shrinker looker = {
	.count_objects = count,
	.scan_objects = scan,
	.seeks = DEFAULT_SEEKS,
	.name = "looker",
};

/* All frames but a few; how many there were. */
static unsigned long exhaust(void)
{
	unsigned long nr = 0;

	while (nr < MOST_PAGES) {
		pages[nr] = alloc_page(HIGH | __GFP_NOWARN | __GFP_NORETRY);
		if (!pages[nr])
			return nr;
		nr++;
	}
	REQUIRE(!"so many frames");
	return 0;
}

/* The place of an area that was just given up, for that is where the next one
 * goes. */
static void find_hole(size_t size)
{
	vm_unmap_aliases();
	hole = vmalloc(size);
	REQUIRE(hole);
	hole_size = size;
	vfree(hole);
	vm_unmap_aliases();
}

/* vmalloc() waits for frames: once in vain, and once until some are freed.
 * Expect its area in no tree meanwhile, and after it the complete one, or
 * none. */
static void child_frames(void *arg)
{
	const size_t size = 64 * PAGE_SIZE;
	unsigned long nr;
	char *p;

	vm_start("", arg);
	vfree(vmalloc(1));
	find_hole(size);
	nr = exhaust();
	shrinker_register(&looker);
	REQUIRE(!__vmalloc(size, HIGH | __GFP_NOWARN));
	REQUIRE(looks);
	REQUIRE(!find_vm_area(hole) && !vmalloc_nr_pages());
	shrinker_free(&looker);
	free_pages_of_array(pages, nr);
	p = vmalloc(size);
	REQUIRE(p == hole && find_vm_area(p)->nr_pages == 64);
	REQUIRE(find_vm_area(p)->flags == VM_ALLOC);
	REQUIRE(to_area(find_vm_area(p))->state == (VM_MAPPED | VM_REUSABLE));
	vfree(p);
}

/* More pages than a block of vm_map_ram() has. Expect an area that names its
 * owner from the first moment. */
static void child_map_ram(void *arg)
{
	struct vm_struct *vm;
	char *p;

	vm_start("", arg);
	alloc_pages_into(pages, 100, HIGH);
	p = vm_map_ram(pages, 100, NUMA_NO_NODE);
	vm = find_vm_area(p);
	REQUIRE(vm && to_area(vm)->state == (VM_MAPPED | VM_RAM));
	REQUIRE(vm->flags == VM_MAP && vm->nr_pages == 100);
	vm_unmap_ram(p, 100);
	free_pages_of_array(pages, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		vm_tests(child_frames),
		vm_tests(child_map_ram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
