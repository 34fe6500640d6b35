// SPDX-License-Identifier: MIT
/*
 * test_place.c - places in vmalloc space, what is freed of them, what
 * helps when there are none
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "support/vmtest.h"

#define HIGH (GFP_KERNEL | __GFP_HIGHMEM)
#define LIMITLESS (KM_SANITIZE_ADDRESS || KM_SANITIZE_THREAD)

static void *one_in(uintptr_t start, uintptr_t end, size_t size, gfp_t gfp)
{
	return __vmalloc_node_range(size, 1, start, end, gfp, PAGE_KERNEL, 0,
				    NUMA_NO_NODE, NULL);
}

/* Areas, a hole between them. Expect the lowest place that is large enough. */
static void child_lowest(void *arg)
{
	struct vm_struct *vm[4], *fit;

	vm_start("", arg);
	for (int i = 0; i < 4; i++) {
		vm[i] = get_vm_area(3 * PAGE_SIZE, VM_IOREMAP);
		REQUIRE((uintptr_t)vm[i]->addr ==
			VMALLOC_START + (size_t)i * 4 * PAGE_SIZE);
	}
	free_vm_area(vm[1]);
	fit = get_vm_area(4 * PAGE_SIZE, VM_IOREMAP);
	REQUIRE((uintptr_t)fit->addr == VMALLOC_START + 16 * PAGE_SIZE);
	free_vm_area(fit);
	fit = get_vm_area(PAGE_SIZE, VM_IOREMAP);
	REQUIRE((uintptr_t)fit->addr == VMALLOC_START + 4 * PAGE_SIZE);
	REQUIRE(remove_vm_area(fit->addr) == fit);
	REQUIRE(!find_vm_area(fit->addr) && !remove_vm_area(fit->addr));
	kfree(fit);
	free_vm_area(vm[0]);
	free_vm_area(vm[2]);
	free_vm_area(vm[3]);
	vm_books();
	REQUIRE(vm_space.free.node && !rb_next(rb_first(&vm_space.free)));
}

static unsigned long holes(void)
{
	unsigned long nr = 0;

	for (struct rb_node *rb = rb_first(&vm_space.held); rb;
	     rb = rb_next(rb))
		nr++;
	return nr;
}

static struct vm_struct *cut(uintptr_t start, size_t pages, size_t align)
{
	struct vm_struct *vm = __get_vm_area_node(
		pages * PAGE_SIZE, align, PAGE_SHIFT, VM_NO_GUARD, start,
		VMALLOC_END, NUMA_NO_NODE, GFP_KERNEL, NULL);

	REQUIRE(vm && (uintptr_t)vm->addr >= start);
	vm_check_rooms();
	return vm;
}

/* Pieces cut out of one hole of 8 pages. Expect each of the four shapes, and
 * one hole again at the end. */
static void child_splits(void *arg)
{
	struct vm_struct *wall, *hole, *vm[4];
	uintptr_t at;

	vm_start("", arg);
	hole = cut(VMALLOC_START, 8, 1);
	at = (uintptr_t)hole->addr;
	wall = cut(at + 8 * PAGE_SIZE, 1, 1);
	free_vm_area(hole);
	REQUIRE(holes() == 2);
	vm[0] = cut(at, 8, 1); /* full */
	REQUIRE(holes() == 1 && (uintptr_t)vm[0]->addr == at);
	free_vm_area(vm[0]);
	vm[0] = cut(at, 2, 1); /* left edge */
	REQUIRE(holes() == 2 && (uintptr_t)vm[0]->addr == at);
	vm[1] = cut(at + 7 * PAGE_SIZE, 1, 1); /* right edge */
	REQUIRE(holes() == 2 && (uintptr_t)vm[1]->addr == at + 7 * PAGE_SIZE);
	vm[2] = cut(at + 4 * PAGE_SIZE, 2, 1); /* in the middle */
	REQUIRE(holes() == 3 && (uintptr_t)vm[2]->addr == at + 4 * PAGE_SIZE);
	free_vm_area(vm[1]);
	free_vm_area(vm[0]);
	REQUIRE(holes() == 3);
	free_vm_area(vm[2]);
	REQUIRE(holes() == 2);
	free_vm_area(wall);
	REQUIRE(holes() == 1);
	vm_books();
}

struct helper {
	struct km_vmap_notifier nb;
	void *hoard;
	unsigned long asked, calls;
};

static void help(struct km_vmap_notifier *nb, unsigned long size,
		 unsigned long *freed)
{
	struct helper *h = container_of(nb, struct helper, nb);

	h->calls++;
	h->asked = size;
	if (h->hoard)
		*freed += 2 * PAGE_SIZE;
	vfree(h->hoard);
	h->hoard = NULL;
	vm_unmap_aliases();
}

static uintptr_t window;

static void fail_in_window(void *arg)
{
	*(void **)arg = one_in(window, window + 4 * PAGE_SIZE, PAGE_SIZE, HIGH);
}

/* A window of addresses that is full. Expect what is lazy to be purged, then
 * the notifiers to be asked, then the text and NULL. */
static void child_runs_out(void *arg)
{
	struct helper helper = { .nb = { .call = help } };
	char text[4096], want[160];
	void *p, *q;

	vm_start("", arg);
	window = VMALLOC_START + (16UL << 20);
	p = one_in(window, window + 4 * PAGE_SIZE, PAGE_SIZE, HIGH);
	q = one_in(window, window + 4 * PAGE_SIZE, PAGE_SIZE, HIGH);
	REQUIRE(p && q);
	vfree(p);
	vfree(q);
	REQUIRE(vm_lazy_pages() == 2);
	p = one_in(window, window + 4 * PAGE_SIZE, 3 * PAGE_SIZE, HIGH);
	REQUIRE((uintptr_t)p == window && !vm_lazy_pages());
	REQUIRE(!register_vmap_purge_notifier(&helper.nb));
	helper.hoard = p;
	p = one_in(window, window + 4 * PAGE_SIZE, PAGE_SIZE, HIGH);
	REQUIRE((uintptr_t)p == window && helper.calls == 1);
	REQUIRE(helper.asked == 2 * PAGE_SIZE && !helper.hoard);
	q = one_in(window, window + 4 * PAGE_SIZE, PAGE_SIZE, HIGH);
	REQUIRE(q && helper.calls == 1);
	capture_stderr(fail_in_window, &helper.hoard, text, sizeof(text));
	REQUIRE(!helper.hoard && helper.calls == 2);
	snprintf(want, sizeof(want),
		 "vmalloc_node_range for size 8192 failed: Address range "
		 "restricted to %#lx - %#lx\n",
		 window, window + 4 * PAGE_SIZE);
	REQUIRE(!strncmp(text, want, strlen(want)) || strstr(text, want));
	REQUIRE(!unregister_vmap_purge_notifier(&helper.nb));
	REQUIRE(unregister_vmap_purge_notifier(&helper.nb) == -ENOENT);
	REQUIRE(!one_in(window, window + 4 * PAGE_SIZE, PAGE_SIZE,
			HIGH | __GFP_NOWARN));
	REQUIRE(helper.calls == 2);
	vfree(p);
	vfree(q);
	vm_books();
}

/* RLIMIT_AS. Expect areas in vmalloc space as without, aligned as asked, NULL
 * when there is no more to be had, and what is given back to be had again. */
static void child_limit(void *arg)
{
	struct rlimit limit = { 0, 1UL << 30 };
	char *p, *q, *all[64];
	unsigned int nr = 0;

	if (LIMITLESS)
		return;
	pin_to_first_cpu();
	parse_args("highmem=64M");
	limit.rlim_cur = os_address_space_used() + (256UL << 20);
	REQUIRE(!setrlimit(RLIMIT_AS, &limit));
	vm_boot("", arg);
	p = vzalloc(10 * PAGE_SIZE);
	REQUIRE(p && all_bytes(p, 0, 10 * PAGE_SIZE) && is_vmalloc_addr(p));
	REQUIRE((uintptr_t)p >= VMALLOC_START && (uintptr_t)p < VMALLOC_END);
	memset(p, 1, 10 * PAGE_SIZE);
	REQUIRE(!os_readable(p + 10 * PAGE_SIZE));
	q = __vmalloc_node(PAGE_SIZE, 1UL << 21, HIGH, NUMA_NO_NODE, NULL);
	REQUIRE(q && !((uintptr_t)q % (1UL << 21)));
	*q = 1;
	while (nr < ARRAY_SIZE(all) &&
	       (all[nr] = __vmalloc(8UL << 20, HIGH | __GFP_NOWARN)))
		nr++;
	REQUIRE(nr >= 4 && nr < 32);
	for (unsigned int i = 0; i < nr; i++)
		vfree(all[i]);
	vm_unmap_aliases();
	all[0] = vmalloc(8UL << 20);
	REQUIRE(all[0]);
	vfree(all[0]);
	vfree(p);
	vfree(q);
	vm_unmap_aliases();
	REQUIRE(!os_readable(q));
	vm_check();
}

/* Another mapping where areas would go. Expect them behind it, that mapping
 * left alone, and its place to be used when it is gone and nothing else is
 * left. */
static void child_hole(void *arg)
{
	char *first, *other, *p;

	pin_to_first_cpu();
	parse_args("arena=32M");
	vm_boot("", arg);
	other = mmap((void *)(VMALLOC_START + (2UL << 20)), PAGE_SIZE,
		     PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	REQUIRE((uintptr_t)other == VMALLOC_START + (2UL << 20));
	*other = 0x55;
	first = vmalloc(2UL << 20);
	REQUIRE((uintptr_t)first > VMALLOC_START + (2UL << 20));
	*first = 1;
	p = (char *)get_vm_area(22UL << 20, VM_IOREMAP)->addr;
	REQUIRE(p > other && *other == 0x55 && vm_space.holes.node);
	vm_check_rooms();
	REQUIRE(!munmap(other, PAGE_SIZE));
	other = vmalloc(3UL << 20);
	REQUIRE(other && other < first);
	vfree(other);
	vfree(first);
	free_vm_area(find_vm_area(p));
	vm_books();
	REQUIRE(!vm_places_taken() && !vm_space.holes.node);
}

/* ---- lazy ---------------------------------------------------------------- */

/* 50 areas side by side, freed in any order. Expect one call to unmap them
 * all. */
static void child_one_call(void *arg)
{
	char *p[50];
	unsigned long calls;

	vm_start("", arg);
	for (int i = 0; i < 50; i++)
		p[i] = memset(vmalloc(PAGE_SIZE), 1, PAGE_SIZE);
	for (int i = 0; i < 50; i++)
		vfree(p[i * 7 % 50]);
	REQUIRE(vm_lazy_pages() == 50 && os_readable(p[20]));
	calls = os_mem_calls;
	REQUIRE(vm_purge(VM_PURGE_ALL) == 50);
	REQUIRE(os_mem_calls == calls + 1);
	for (int i = 0; i < 50; i++)
		REQUIRE(!os_readable(p[i]));
	REQUIRE(!vm_purge(VM_PURGE_ALL));
	vm_books();
}

/* Freed, and as much wanted again. Expect the same area without a call of the
 * OS; another where the kind of memory differs. */
static void child_reuse(void *arg)
{
	unsigned long calls;
	char *p, *q;

	vm_start("", arg);
	p = vmalloc(10 * PAGE_SIZE);
	vfree(p);
	calls = os_mem_calls;
	REQUIRE(vmalloc(10 * PAGE_SIZE - 100) == p && os_mem_calls == calls);
	vfree(p);
	q = __vmalloc(10 * PAGE_SIZE, GFP_KERNEL);
	REQUIRE(q && q != p);
	vfree(q);
	REQUIRE(vm_lazy_pages() == 10);
	q = vmalloc(11 * PAGE_SIZE);
	REQUIRE(q != p);
	vfree(q);
	REQUIRE(vm_lazy_pages() == 21);
	tick_run(tick_last_ms + 1);
	REQUIRE(vm_lazy_pages() == 21);
	tick_run(tick_last_ms + 1);
	REQUIRE(!vm_lazy_pages() && !os_readable(p) && !os_readable(q));
	vfree(vmalloc(1));
	drop_caches(DROP_PAGES | DROP_SLABS);
	REQUIRE(!vm_lazy_pages());
	vm_books();
}

/* vmalloc.lazy_max. Expect so many bytes to be kept, more to end all; 0 to keep
 * nothing; by default 32 MiB for each bit of the number of CPUs. */
static void child_lazy_max(void *arg)
{
	void *p;

	vm_start("vmalloc.lazy_max=64K", arg);
	p = vmalloc(17 * PAGE_SIZE);
	vfree(p);
	REQUIRE(vm_lazy_pages() == 17);
	vfree(vmalloc(PAGE_SIZE));
	REQUIRE(!vm_lazy_pages() && !os_readable(p));
}

static void child_lazy_none(void *arg)
{
	void *p;

	vm_start("vmalloc.lazy_max=0", arg);
	p = vmalloc(PAGE_SIZE);
	vfree(p);
	REQUIRE(!vm_lazy_pages() && !os_readable(p));
}

static void child_lazy_default(void *arg)
{
	void *p, *q;

	vm_start("", arg);
	REQUIRE(nr_cpu_ids == 1);
	p = vmalloc(20UL << 20);
	q = vmalloc(13UL << 20);
	vfree(p);
	REQUIRE(vm_lazy_pages() == 5120);
	vfree(q);
	REQUIRE(!vm_lazy_pages());
}

/* Two CPUs. Expect what one freed to be in its pool, and not in the other's. */
static void child_cpus(void *arg)
{
	void *p, *q;

	parse_args("arena=128M highmem=64M");
	vm_boot("", arg);
	if (nr_cpu_ids < 2)
		return;
	REQUIRE(nr_vmap_nodes == nr_cpu_ids);
	REQUIRE(!km_set_cpu(0));
	p = vmalloc(5 * PAGE_SIZE);
	vfree(p);
	REQUIRE(vmap_nodes[0].nr_pooled == 1 && !vmap_nodes[1].nr_pooled);
	REQUIRE(!km_set_cpu(1));
	q = vmalloc(5 * PAGE_SIZE);
	REQUIRE(q != p);
	vfree(q);
	REQUIRE(vmap_nodes[1].nr_pooled == 1);
	REQUIRE(!km_set_cpu(0));
	REQUIRE(vmalloc(5 * PAGE_SIZE) == p);
	km_set_cpu(-1);
	vm_check();
}

/* The OS refuses to unmap. Expect areas kept for another time, none of vmap()'s
 * given to vmalloc(), and all of it gone then. */
static void child_refused(void *arg)
{
	struct vm_books books;
	struct page *page;
	void *p, *q;

	vm_start("", arg);
	page = alloc_page(HIGH);
	vunmap(vmap(&page, 1, VM_MAP, PAGE_KERNEL));
	books = vm_books();
	p = vmap(&page, 1, VM_MAP, PAGE_KERNEL);
	vfree(vmalloc(3 * PAGE_SIZE));
	os_fail_calls(1, 1000);
	vunmap(p);
	vm_unmap_aliases();
	os_fail_calls(0, 0);
	REQUIRE(vm_lazy_pages() == 3);
	vm_check();
	q = vmalloc(PAGE_SIZE);
	REQUIRE(q && q != p && vmalloc_to_page(q) != page);
	vfree(q);
	vm_unmap_aliases();
	REQUIRE(!os_readable(p));
	vm_same_books(&books);
	__free_page(page);
}

/* The sum of the pools, broken by hand. Expect the check of everything to
 * see. */
static void break_pool(void *arg)
{
	vm_start("", arg);
	vfree(vmalloc(1));
	vmap_nodes[0].pool[1]->vm.nr_pages = 2;
	vm_check_rooms();
}

static void test_check_sees(void **state)
{
	(void)state;
	assert_true(child_aborts(break_pool, (void *)(uintptr_t) "",
				 "kmalloc: BUG: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		vm_tests(child_lowest),
		vm_tests(child_splits),
		vm_tests(child_runs_out),
		vm_tests(child_limit),
		vm_tests(child_hole),
		vm_tests(child_one_call),
		vm_tests(child_reuse),
		vm_tests(child_lazy_max),
		vm_tests(child_lazy_none),
		vm_tests(child_lazy_default),
		vm_tests(child_cpus),
		vm_tests(child_refused),
		cmocka_unit_test(test_check_sees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
