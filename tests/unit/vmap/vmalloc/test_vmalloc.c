// SPDX-License-Identifier: MIT
/*
 * test_vmalloc.c - the vmalloc() family, and that it gives back what it took
 */
#include "reclaim/internal.h"
#include "reclaim/reclaim.h"
#include "support/vmtest.h"

#define MIB (1UL << 20)
#define HIGH (GFP_KERNEL | __GFP_HIGHMEM)

/* Every page there is, down to the last: how many. */
static unsigned long take_all(struct page **pages)
{
	unsigned long nr = 0;

	while ((pages[nr] = alloc_page(HIGH | __GFP_NOWARN | __GFP_NORETRY |
				       __GFP_MEMALLOC)))
		nr++;
	return nr;
}

static bool in_highmem(const void *p, size_t size)
{
	for (size_t at = 0; at < size; at += PAGE_SIZE) {
		struct page *page = vmalloc_to_page((const char *)p + at);

		if (!page || !frame_is_highmem(page))
			return false;
	}
	return true;
}

/* Sizes around pages and blocks. Expect whole pages of HighMem to the end, a
 * guard page that faults behind and before, and all of it back. */
static void child_sizes(void *arg)
{
	static const size_t sizes[] = { 1,	    4095,	 4096,
					4097,	    8192,	 100000,
					2 * MIB,    2 * MIB + 1, 4 * MIB,
					5 * MIB + 1 };
	struct vm_books books;

	vm_start("", arg);
	vfree(vmalloc(1));
	books = vm_books();
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t size = sizes[i], whole = PAGE_ALIGN(size);
		char *p = vmalloc(size);

		REQUIRE(p && !((uintptr_t)p % PAGE_SIZE));
		REQUIRE((uintptr_t)p >= VMALLOC_START &&
			(uintptr_t)p + whole < VMALLOC_END);
		REQUIRE(in_highmem(p, size));
		memset(p, 0x5a, whole);
		REQUIRE(all_bytes(p, 0x5a, whole));
		REQUIRE(os_readable(p + whole - 8) && !os_readable(p + whole));
		REQUIRE(!os_readable(p - 8));
		REQUIRE(find_vm_area(p)->size == whole + PAGE_SIZE);
		REQUIRE(get_vm_area_size(find_vm_area(p)) == whole);
		REQUIRE(vmalloc_nr_pages() == whole >> PAGE_SHIFT);
		vfree(p);
		vm_same_books(&books);
		REQUIRE(!os_readable(p));
	}
}

/* Memory that was written before. Expect zeros from those that promise them, by
 * memset and by the file alike, and the flags each has. */
static void child_zeroed(void *arg)
{
	static const size_t sizes[] = { 100, 5000, 200000, 3 * MIB };

	vm_start("", arg);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t size = sizes[i], whole = PAGE_ALIGN(size);

		for (int which = 0; which < 7; which++) {
			char *p = vmalloc(size);

			memset(p, 0xee, whole);
			vfree(p);
			if (which % 2) /* other frames, dirty as well */
				vm_unmap_aliases();
			switch (which) {
			case 0:
			case 1:
				p = vzalloc(size);
				break;
			case 2:
				p = vmalloc_user(size);
				REQUIRE(find_vm_area(p)->flags & VM_USERMAP);
				break;
			case 3:
				p = vzalloc_node(size, 0);
				break;
			case 4:
				p = vcalloc(size, 1);
				break;
			case 5:
				p = __vmalloc(size, GFP_KERNEL | __GFP_ZERO);
				break;
			default:
				p = vmalloc_32_user(size);
				REQUIRE(find_vm_area(p)->flags & VM_USERMAP);
			}
			REQUIRE(p && all_bytes(p, 0, whole));
			REQUIRE(find_vm_area(p)->flags & VM_ALLOC);
			memset(p, 0xee, whole);
			vfree(p);
		}
	}
}

/* Each other member of the family. Expect memory as it says. */
static void child_family(void *arg)
{
	char *p, *q;

	vm_start("", arg);
	p = vmalloc_node(10000, 0);
	REQUIRE(p && vmalloc_to_page(p)->node_id == 0);
	vfree(p);
	p = vmalloc_32(10000);
	REQUIRE(p && !in_highmem(p, 10000));
	vfree(p);
	p = vmalloc_array(100, 100);
	REQUIRE(p && get_vm_area_size(find_vm_area(p)) == 12288);
	vfree(p);
	REQUIRE(!vmalloc_array(SIZE_MAX / 2, 3));
	REQUIRE(!vcalloc(SIZE_MAX / 2, 3));
	p = __vmalloc(10000, GFP_KERNEL); /* no HighMem was asked for */
	REQUIRE(p && !in_highmem(p, 10000));
	vfree(p);
	q = __vmalloc(10000, HIGH);
	REQUIRE(q && in_highmem(q, 10000));
	vfree(q);
	p = __vmalloc_node(10000, 64 * 1024, HIGH, 0, NULL);
	REQUIRE(p && !((uintptr_t)p % (64 * 1024)));
	vfree(p);
	p = kvmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL);
	REQUIRE(p && is_vmalloc_addr(p));
	memset(p, 1, KMALLOC_MAX_SIZE + 1);
	kvfree(p);
	vfree(NULL);
	vunmap(NULL);
	vfree_atomic(NULL);
}

/* Start, end, alignment and flags for __vmalloc_node_range(). Expect the lowest
 * place that they allow, or none. */
static void child_range(void *arg)
{
	uintptr_t base;
	char *p, *q;

	vm_start("", arg);
	base = VMALLOC_START + 64 * MIB;
	p = __vmalloc_node_range(4096, 1, base, base + 16384, HIGH, PAGE_KERNEL,
				 0, NUMA_NO_NODE, NULL);
	REQUIRE((uintptr_t)p == base);
	q = __vmalloc_node_range(8192, 1, base, base + 16384,
				 HIGH | __GFP_NOWARN, PAGE_KERNEL, 0,
				 NUMA_NO_NODE, NULL);
	REQUIRE(!q); /* 2 pages and a guard do not fit behind it */
	q = __vmalloc_node_range(8192, 1, base, base + 16384, HIGH, PAGE_KERNEL,
				 VM_NO_GUARD, NUMA_NO_NODE, NULL);
	REQUIRE((uintptr_t)q == base + 8192);
	REQUIRE(get_vm_area_size(find_vm_area(q)) == 8192);
	REQUIRE(!os_readable(p + 4096) && !os_readable(q + 8192));
	vfree(p);
	vfree(q);
	vm_unmap_aliases();
	p = __vmalloc_node_range(4096, 2 * MIB, base + 4096, base + 4 * MIB,
				 HIGH, PAGE_KERNEL, 0, NUMA_NO_NODE, NULL);
	REQUIRE((uintptr_t)p == ALIGN(base + 4096, 2 * MIB));
	vfree(p);
	/* What is pooled is not for requests of another range or alignment. */
	q = __vmalloc_node_range(4096, 1, base, base + 16384, HIGH, PAGE_KERNEL,
				 0, NUMA_NO_NODE, NULL);
	REQUIRE((uintptr_t)q == base);
	vfree(q);
}

/* Huge areas. Expect pages of 2 MiB at their alignment and page_order to say
 * it, small ones below 2 MiB, and when there are none, pages one by one. */
static void child_huge(void *arg)
{
	static struct page *hogs[32768];
	unsigned long nr;
	char *p;

	vm_start("", arg);
	p = vmalloc_huge(4 * MIB, GFP_KERNEL);
	REQUIRE(p && !((uintptr_t)p % (2 * MIB)));
	REQUIRE(find_vm_area(p)->page_order == PAGEBLOCK_ORDER);
	for (size_t at = 0; at < 4 * MIB; at += 2 * MIB)
		REQUIRE(!(vmalloc_to_pfn(p + at) % PAGEBLOCK_PAGES) &&
			vmalloc_to_pfn(p + at + 2 * MIB - 4096) ==
				vmalloc_to_pfn(p + at) + PAGEBLOCK_PAGES - 1);
	memset(p, 1, 4 * MIB);
	vfree(p);
	vm_unmap_aliases();
	p = vmalloc_huge(2 * MIB - 4096, GFP_KERNEL);
	REQUIRE(p && find_vm_area(p)->page_order == 0);
	vfree(p);
	vm_unmap_aliases();
	nr = take_all(hogs);
	for (unsigned long i = 0; i < nr; i += 4) {
		__free_page(hogs[i]);
		hogs[i] = NULL;
	}
	p = vmalloc_huge(4 * MIB, GFP_KERNEL);
	REQUIRE(p && find_vm_area(p)->page_order == 0);
	memset(p, 1, 4 * MIB);
	vfree(p);
	for (unsigned long i = 0; i < nr; i++)
		if (hogs[i])
			__free_page(hogs[i]);
	vm_books();
}

static void child_nohuge(void *arg)
{
	char *p;

	vm_start("nohugevmalloc", arg);
	p = vmalloc_huge(2 * MIB, GFP_KERNEL);
	REQUIRE(p && find_vm_area(p)->page_order == 0);
	vfree(p);
}

/* Larger than all memory, or than what is left. Expect NULL, the kernel's text
 * once, and nothing lost. */
static void fail_twice(void *arg)
{
	(void)arg;
	REQUIRE(!vmalloc(200 * MIB));
	REQUIRE(!vmalloc(200 * MIB));
}

static void fail_pages(void *arg)
{
	(void)arg;
	REQUIRE(!vmalloc(57 * MIB));
}

static void child_too_large(void *arg)
{
	struct vm_books books;
	char text[4096];

	vm_start("", arg);
	vfree(vmalloc(1));
	books = vm_books();
	capture_stderr(fail_twice, NULL, text, sizeof(text));
	REQUIRE(count_phrase(text, "vmalloc error: size 209715200, exceeds "
				   "total pages") == 1);
	vm_same_books(&books);
}

static void child_no_pages(void *arg)
{
	struct vm_books books;
	char text[4096];
	char *p;

	vm_start("", arg);
	p = vmalloc(70 * MIB);
	vfree(p);
	books = vm_books();
	p = vmalloc(70 * MIB);
	capture_stderr(fail_pages, NULL, text, sizeof(text));
	REQUIRE(strstr(text, "vmalloc error: size 59768832, failed to "
			     "allocate pages"));
	vfree(p);
	vm_same_books(&books);
}

/* One page from each hole. Expect the budget of mappings to be kept, the text
 * when it is not enough, and nothing lost. */
static void child_budget(void *arg)
{
	static struct page *hogs[32768];
	struct vm_books books;
	unsigned long nr;
	char *p;

	vm_start("vmap.max_mappings=600", arg);
	p = vmalloc(1);
	vfree(p);
	nr = take_all(hogs);
	for (unsigned long i = 0; i < nr; i += 2)
		__free_page(hogs[i]);
	books = vm_books();
	p = vmalloc(500 * PAGE_SIZE);
	REQUIRE(p);
	REQUIRE(frames_charged() <= 600);
	REQUIRE(!__vmalloc(500 * PAGE_SIZE, HIGH | __GFP_NOWARN));
	REQUIRE(frames_charged() <= 600);
	/* What is pooled does not stand in the way. */
	vfree(p);
	p = vmalloc(501 * PAGE_SIZE);
	REQUIRE(p);
	vfree(p);
	vm_same_books(&books);
}

static void by_tick(void)
{
	tick_run(tick_last_ms + 1);
}

static void by_reclaim(void)
{
	shrink_slab(GFP_KERNEL, 0, 0);
}

static void by_drop_caches(void)
{
	drop_caches(DROP_SLABS);
}

static void by_vfree(void)
{
	vfree(NULL);
	vfree(vmalloc(1));
}

/* Areas left to vfree_atomic(), and then each thing that is to free them, with
 * no other area there. Expect them to be areas until then and none after; their
 * memory to be back at once or, where they are kept for the next, two ticks
 * later. */
static void child_atomic(void *arg)
{
	static void (*const ways[])(void) = { by_tick, by_reclaim,
					      by_drop_caches, vm_unmap_aliases,
					      by_vfree };
	struct vm_books books;
	void *p[3];

	vm_start("", arg);
	vfree(vmalloc(1));
	for (size_t way = 0; way < ARRAY_SIZE(ways); way++) {
		books = vm_books();
		for (size_t i = 0; i < ARRAY_SIZE(p); i++)
			p[i] = vmalloc(20000 << i);
		for (size_t i = 0; i < ARRAY_SIZE(p); i++)
			vfree_atomic(p[i]);
		for (size_t i = 0; i < ARRAY_SIZE(p); i++)
			REQUIRE(find_vm_area(p[i]));
		ways[way]();
		for (size_t i = 0; i < ARRAY_SIZE(p); i++)
			REQUIRE(!find_vm_area(p[i]));
		REQUIRE(ways[way] == by_tick || ways[way] == by_vfree ||
			!vm_lazy_pages());
		by_tick();
		by_tick();
		by_tick();
		REQUIRE(!vm_lazy_pages());
		vm_same_books(&books);
	}
}

static int ticks_run;

static void count_tick(unsigned int flags)
{
	(void)flags;
	ticks_run++;
}

static void let_tick_be_due(void)
{
	tick_interval_ms = 3600000;
	tick_last_ms = os_now_ms() - tick_interval_ms;
}

/* A vmalloc() that makes a new area, and a vfree(), when a tick is due. Expect
 * each to run it. */
static void child_ticks(void *arg)
{
	static struct tick tick = { .fn = count_tick };
	void *p;

	vm_start("", arg);
	vfree(vmalloc(1));
	vm_unmap_aliases();
	tick_register(&tick);
	let_tick_be_due();
	p = vmalloc(20000);
	REQUIRE(p && ticks_run == 1);
	let_tick_be_due();
	vfree(p);
	REQUIRE(ticks_run == 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		vm_tests(child_sizes),	   vm_tests(child_zeroed),
		vm_tests(child_family),	   vm_tests(child_range),
		vm_tests(child_huge),	   vm_tests(child_nohuge),
		vm_tests(child_too_large), vm_tests(child_no_pages),
		vm_tests(child_budget),	   vm_tests(child_atomic),
		vm_tests(child_ticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
