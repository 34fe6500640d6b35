// SPDX-License-Identifier: MIT
/*
 * vmalloc.c - a lesson: areas of vmalloc space, and the holes between them
 *
 *	[ 64K |g][ 128K |g][ 64K |g][ 256K |g] ....
 *	          freed: kept, then a hole
 */
#include <kmalloc/vmalloc.h>

#include "lesson.h"

static void *area_of(unsigned long kib)
{
	return needed(vmalloc(kib << 10));
}

int main(void)
{
	void *a, *b, *c, *d, *e;

	lesson("vmalloc space: areas and holes");
	hint("tabs areas first");
	a = area_of(64);
	step("vmalloc(64 KiB): the lowest place that fits is taken. The area has "
	     "a guard page at its end, so it takes 68 KiB of addresses. Its "
	     "pages may lie anywhere.");
	b = area_of(128);
	c = area_of(64);
	d = area_of(256);
	step("Three more areas of 128, 64 and 256 KiB: each lies behind the one "
	     "before.");
	vfree(b);
	step("The second is freed. To unmap it would cost a system call, so it "
	     "stays mapped, and waits for a request of the same size.");
	b = area_of(128);
	step("vmalloc(128 KiB): it is taken again as it is. No page was "
	     "allocated and nothing mapped.");
	vfree(b);
	vfree(d);
	step("The second and the fourth are freed.");
	vm_unmap_aliases();
	step("vm_unmap_aliases(): what waited is unmapped now. Its pages are "
	     "free, and between the first and the third area is a hole.");
	d = area_of(256);
	step("vmalloc(256 KiB) does not fit into the hole of 132 KiB: it goes "
	     "behind the third.");
	e = area_of(96);
	step("vmalloc(96 KiB) fits into the hole. What is left of that is too "
	     "small for most requests.");
	vfree(a);
	vfree(c);
	vfree(d);
	vfree(e);
	vm_unmap_aliases();
	step("All areas are freed and unmapped: the holes have merged.");
	return 0;
}
