// SPDX-License-Identifier: MIT
/*
 * test_vm_struct.c - pages of vmalloc() that their owner knows by name,
 * and the ends of what one may ask for
 */
#include "compaction/internal.h"
#include "support/vmtest.h"

#define HIGH (GFP_KERNEL | __GFP_HIGHMEM)

/* A reference to a page of an area that is freed. Expect the next area to have
 * another page, and the first one to be its holder's until it is put. */
static void child_referenced(void *arg)
{
	struct vm_books books;
	struct page *page;
	char *p, *q, *slot;

	vm_start("", arg);
	page = alloc_page(HIGH);
	kunmap(vmalloc_to_page(kmap(page))); /* there are slots */
	__free_page(page);
	vfree(vmalloc(1));
	books = vm_books();
	p = vmalloc(4 * PAGE_SIZE);
	page = vmalloc_to_page(p + PAGE_SIZE);
	get_page(page);
	memset(p, 1, 4 * PAGE_SIZE);
	vfree(p);
	q = vmalloc(4 * PAGE_SIZE);
	for (unsigned long at = 0; at < 4; at++)
		REQUIRE(vmalloc_to_page(q + at * PAGE_SIZE) != page);
	memset(q, 2, 4 * PAGE_SIZE);
	slot = kmap(page);
	REQUIRE(all_bytes(slot, 1, PAGE_SIZE));
	kunmap(page);
	vfree(q);
	put_page(page);
	books.mappings++; /* its slot */
	vm_same_books(&books);
}

/* The area taken away, its pages left. Expect each to be a page that its new
 * owner frees, and none to count as vmalloc()'s. */
static void child_removed(void *arg)
{
	struct vm_books books;
	struct vm_struct *vm;
	char *p;

	vm_start("", arg);
	vfree(vmalloc(1));
	books = vm_books();
	p = vmalloc(7 * PAGE_SIZE);
	vm = remove_vm_area(p);
	REQUIRE(vm && vm->nr_pages == 7 && !vmalloc_nr_pages());
	REQUIRE(!os_readable(p) && !is_vmalloc_addr(p));
	for (unsigned int n = 0; n < vm->nr_pages; n++)
		__free_page(vm->pages[n]);
	kvfree(vm->pages);
	kfree(vm);
	vm_same_books(&books);
}

/* Pages for any zone, and for that of 32 bits. Expect the first alone to be
 * moved to wherever there is room. */
static void child_low(void *arg)
{
	char *p, *q, *r;

	pin_to_first_cpu();
	parse_args("arena=128M highmem=32M dma32=64M");
	vm_boot("", arg);
	p = vmalloc(PAGE_SIZE);
	q = vmalloc_32(PAGE_SIZE);
	r = __vmalloc(PAGE_SIZE, HIGH | __GFP_THISNODE);
	REQUIRE(p && q && r);
	REQUIRE(PageMovable(find_vm_area(p)->pages[0]));
	REQUIRE(!PageMovable(find_vm_area(q)->pages[0]));
	REQUIRE(!PageMovable(find_vm_area(r)->pages[0]));
	vfree(p);
	vfree(q);
	vfree(r);
}

/* Two nodes, a node asked for, with a pooled area of the other one at hand.
 * Expect pages of that node, and of it alone with __GFP_THISNODE. */
static void child_node(void *arg)
{
	char *p[2];

	pin_to_first_cpu();
	parse_args("arena=128M highmem=64M numa=fake=2");
	vm_boot("", arg);
	for (int turn = 0; turn < 2; turn++) {
		for (int nid = 0; nid < 2; nid++) {
			p[nid] = vmalloc_node(8 * PAGE_SIZE, nid);
			REQUIRE(p[nid]);
			for (unsigned int n = 0; n < 8; n++)
				REQUIRE(find_vm_area(p[nid])->pages[n] &&
					pfn_to_zone(
						page_to_pfn(find_vm_area(p[nid])
								    ->pages[n]))
							->node_id == nid);
			vfree(p[nid]);
		}
	}
	/* The pool has one of each; that of node 0 is the first to be looked
	 * at. */
	p[0] = vmalloc_node(16 * PAGE_SIZE, 0);
	p[1] = vmalloc_node(16 * PAGE_SIZE, 1);
	vfree(p[1]);
	vfree(p[0]);
	REQUIRE(vmalloc_node(16 * PAGE_SIZE, 1) == p[1]);
	vfree(p[1]);
	p[1] = __vmalloc_node(PAGE_SIZE, 1, HIGH | __GFP_THISNODE, 1, NULL);
	REQUIRE(p[1] && page_to_nid(vmalloc_to_page(p[1])) == 1);
	vfree(p[1]);
}

static void ask_for_much(void *arg)
{
	(void)arg;
	REQUIRE(!vmalloc((16UL << 40) + PAGE_SIZE));
}

/* More pages than a count of them can say, where there are as many. Expect the
 * kernel's text, and no area of what is left of the number. */
static void child_beyond_int(void *arg)
{
	char text[4096];

	pin_to_first_cpu();
	parse_args("arena=32T highmem=64M");
	vm_boot("", arg);
	capture_stderr(ask_for_much, NULL, text, sizeof(text));
	REQUIRE(strstr(text, "exceeds total pages"));
}

/* No mapping left for scattered pages, and another thread moves pages. Expect a
 * request that may not wait to be refused. */
static void child_no_wait(void *arg)
{
	static struct page *hogs[32768];
	struct vm_books books;
	unsigned long nr = 0;

	vm_start("vmap.max_mappings=8", arg);
	vfree(vmalloc(1));
	while (nr < ARRAY_SIZE(hogs) &&
	       (hogs[nr] = alloc_page(HIGH | __GFP_NOWARN | __GFP_NORETRY |
				      __GFP_MEMALLOC)))
		nr++;
	for (unsigned long i = 0; i < nr; i++)
		if (page_to_pfn(hogs[i]) % 2)
			__free_page(hogs[i]);
	books = vm_books();
	spin_lock(&migrate_lock);
	REQUIRE(!__vmalloc(20 * PAGE_SIZE, GFP_NOWAIT | __GFP_HIGHMEM));
	spin_unlock(&migrate_lock);
	vm_same_books(&books);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		vm_tests(child_referenced), vm_tests(child_removed),
		vm_tests(child_low),	    vm_tests(child_beyond_int),
		vm_tests(child_no_wait),    vm_tests(child_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
