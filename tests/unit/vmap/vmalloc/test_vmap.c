// SPDX-License-Identifier: MIT
/*
 * test_vmap.c - vmap(): any frames side by side, and what they are after
 */
#include "request/request.h"
#include "support/vmtest.h"

#define NR 16UL
#define HIGH (GFP_KERNEL | __GFP_HIGHMEM)

static struct page *pages[100000];

/* Frames of HighMem, in an order of the caller's. Expect that order, and one
 * memory behind two mappings; a guard page; the frames the caller's after. */
static void child_highmem(void *arg)
{
	struct page *shuffled[NR];
	struct vm_books books;
	char *a, *b;

	vm_start("", arg);
	alloc_pages_into(pages, NR, HIGH);
	vunmap(vmap(pages, NR, VM_MAP, PAGE_KERNEL));
	books = vm_books();
	for (unsigned long i = 0; i < NR; i++)
		shuffled[i] = pages[i * 7 % NR];
	a = vmap(pages, NR, VM_MAP, PAGE_KERNEL);
	b = vmap(shuffled, NR, VM_MAP, PAGE_KERNEL);
	REQUIRE(a && b && a != b);
	stamp_pages(a, NR, 100);
	for (unsigned long i = 0; i < NR; i++) {
		REQUIRE(*(u64 *)(b + i * PAGE_SIZE) == 100 + i * 7 % NR);
		REQUIRE(vmalloc_to_page(b + i * PAGE_SIZE + 5) == shuffled[i]);
		REQUIRE(vmalloc_to_pfn(b + i * PAGE_SIZE) ==
			page_to_pfn(shuffled[i]));
	}
	*(u64 *)b = 7;
	REQUIRE(*(u64 *)a == 7);
	REQUIRE(!os_readable(a + NR * PAGE_SIZE));
	REQUIRE(is_vmalloc_addr(a) && !vmalloc_to_page(a + NR * PAGE_SIZE));
	vunmap(a);
	REQUIRE(!os_readable(a) && !is_vmalloc_addr(a));
	REQUIRE(*(u64 *)b == 7);
	vunmap(b);
	vm_same_books(&books);
	free_pages_of_array(pages, NR);
}

/* Frames of Normal, which have an address. Expect their bytes kept, each write
 * seen at both addresses; private memory again, and the file's page gone, when
 * they are freed. */
static void child_normal(void *arg)
{
	unsigned long charged;
	size_t start, end;
	char *p;

	vm_start("", arg);
	charged = frames_charged();
	alloc_pages_into(pages, NR, GFP_KERNEL);
	for (unsigned long i = 0; i < NR; i++)
		memset(page_address(pages[i]), (int)i + 1, PAGE_SIZE);
	p = vmap(pages, NR, VM_MAP, PAGE_KERNEL);
	REQUIRE(p);
	for (unsigned long i = 0; i < NR; i++) {
		char *home = page_address(pages[i]);

		REQUIRE(frame_is_shared(page_to_pfn(pages[i])));
		REQUIRE(all_bytes(home, (u8)(i + 1), PAGE_SIZE));
		REQUIRE(all_bytes(p + i * PAGE_SIZE, (u8)(i + 1), PAGE_SIZE));
		home[9] = 'h';
		p[i * PAGE_SIZE + 10] = 'v';
		REQUIRE(p[i * PAGE_SIZE + 9] == 'h' && home[10] == 'v');
	}
	vunmap(p);
	start = page_to_pfn(pages[0]) << PAGE_SHIFT;
	REQUIRE(os_file_data(arena.highmem_fd, &start, &end));
	*(char *)page_address(pages[0]) = 1; /* is still shared, and fine */
	for (unsigned long i = 0; i < NR; i++) {
		unsigned long pfn = page_to_pfn(pages[i]);

		__free_page(pages[i]);
		REQUIRE(!frame_is_shared(pfn));
		start = pfn << PAGE_SHIFT;
		REQUIRE(!os_file_data(arena.highmem_fd, &start, &end) ||
			start != pfn << PAGE_SHIFT);
	}
	REQUIRE(frames_charged() == charged);
	vm_check_rooms();
}

/* Tails of a block, a block that is split later, a slab. Expect all to alias;
 * what is freed in parts to be private again in parts. */
static void child_blocks(void *arg)
{
	struct page *page, *part[2];
	unsigned long charged;
	char *p, *home, *object;

	vm_start("", arg);
	charged = frames_charged();
	page = alloc_pages(GFP_KERNEL, 3);
	home = page_address(page);
	stamp_pages(home, 8, 50);
	part[0] = page + 5;
	part[1] = page + 2;
	p = vmap(part, 2, VM_MAP, PAGE_KERNEL);
	REQUIRE(*(u64 *)p == 55 && *(u64 *)(p + PAGE_SIZE) == 52);
	*(u64 *)p = 1;
	REQUIRE(*(u64 *)(home + 5 * PAGE_SIZE) == 1);
	split_page(page, 3);
	vunmap(p);
	for (unsigned long i = 0; i < 8; i++) {
		unsigned long pfn = page_to_pfn(page) + i;

		REQUIRE(frame_is_shared(pfn));
		__free_page(page + i);
		REQUIRE(!frame_is_shared(pfn));
	}
	page = alloc_pages(GFP_KERNEL | __GFP_COMP, 2);
	part[0] = page + 3;
	p = vmap(part, 1, VM_MAP, PAGE_KERNEL);
	strcpy(p, "tail");
	REQUIRE(!strcmp((char *)page_address(page) + 3 * PAGE_SIZE, "tail"));
	vunmap(p);
	__free_pages(page, 2);
	object = kmalloc(64, GFP_KERNEL);
	strcpy(object, "slab");
	part[0] = virt_to_page(object);
	p = vmap(part, 1, VM_MAP, PAGE_KERNEL);
	REQUIRE(!strcmp(p + (uintptr_t)object % PAGE_SIZE, "slab"));
	p[(uintptr_t)object % PAGE_SIZE] = 'S';
	REQUIRE(!strcmp(object, "Slab"));
	kfree(kmalloc(64, GFP_KERNEL));
	vunmap(p);
	kfree(object);
	drop_caches(DROP_PAGES | DROP_SLABS);
	REQUIRE(frames_charged() == charged);
	vm_books();
}

/* A run that ends before its block does, and a run behind it. Expect
 * each to be shared by itself, and to be private by itself again. */
static void child_runs(void *arg)
{
	struct page *run, *behind[3], *part[2];
	char *home, *p, *q;

	vm_start("", arg);
	run = alloc_page_run(GFP_KERNEL, 5);
	home = page_address(run);
	stamp_pages(home, 5, 1);
	alloc_pages_into(behind, 1, GFP_KERNEL);
	while (behind[0] != run + 5) /* the rest of the block of 8 */
		alloc_pages_into(behind, 1, GFP_KERNEL);
	strcpy(page_address(behind[0]), "behind");
	part[0] = run + 3;
	part[1] = behind[0];
	p = vmap(part, 1, VM_MAP, PAGE_KERNEL);
	REQUIRE(*(u64 *)p == 4);
	REQUIRE(!frame_is_shared(page_to_pfn(behind[0])));
	q = vmap(part + 1, 1, VM_MAP, PAGE_KERNEL);
	REQUIRE(!strcmp(q, "behind"));
	strcpy(q, "alias");
	REQUIRE(!strcmp(page_address(behind[0]), "alias"));
	vunmap(p);
	free_page_run(run, 5);
	for (int i = 0; i < 5; i++)
		REQUIRE(!frame_is_shared(page_to_pfn(run) + (size_t)i));
	REQUIRE(frame_is_shared(page_to_pfn(behind[0])));
	REQUIRE(!strcmp(q, "alias"));
	vunmap(q);
	__free_page(behind[0]);
	REQUIRE(!frame_is_shared(page_to_pfn(run) + 5));
	vm_books();
}

/* Frames of both kinds, one of them twice, and vmap_pfn(). Expect the same. */
static void child_mixed(void *arg)
{
	unsigned long pfns[4];
	struct page *list[4];
	char *p, *q;

	vm_start("", arg);
	alloc_pages_into(pages, 2, HIGH);
	alloc_pages_into(pages + 2, 1, GFP_KERNEL);
	list[0] = list[3] = pages[2];
	list[1] = pages[1];
	list[2] = pages[0];
	p = vmap(list, 4, VM_MAP, PAGE_KERNEL);
	stamp_pages(p, 4, 1);
	REQUIRE(*(u64 *)p == 4 && *(u64 *)page_address(pages[2]) == 4);
	for (int i = 0; i < 4; i++)
		pfns[i] = page_to_pfn(list[i]);
	q = vmap_pfn(pfns, 4, PAGE_KERNEL);
	REQUIRE(q && *(u64 *)q == 4 && *(u64 *)(q + PAGE_SIZE) == 2);
	REQUIRE(find_vm_area(q)->flags & VM_IOREMAP);
	vunmap(q);
	vunmap(p);
	pfns[1] = arena_nr_frames + 5;
	REQUIRE(!vmap_pfn(pfns, 4, PAGE_KERNEL));
	free_pages_of_array(pages, 3);
	vm_books();
}

/* Pages that are handed over. Expect vfree() to free them and their array;
 * vunmap() to leave both. */
static void child_put_pages(void *arg)
{
	struct vm_books books;
	struct page **array;
	char *p;

	vm_start("", arg);
	vfree(vmalloc(1));
	books = vm_books();
	array = kvmalloc_array(NR, sizeof(*array), GFP_KERNEL);
	alloc_pages_into(array, NR, HIGH);
	p = vmap(array, NR, VM_MAP | VM_MAP_PUT_PAGES, PAGE_KERNEL);
	REQUIRE(p && find_vm_area(p)->pages == array);
	stamp_pages(p, NR, 3);
	vfree(p);
	vm_same_books(&books);
	array = kvmalloc_array(NR, sizeof(*array), GFP_KERNEL);
	alloc_pages_into(array, NR, HIGH);
	p = vmap(array, NR, VM_MAP | VM_MAP_PUT_PAGES, PAGE_KERNEL);
	vunmap(p);
	free_pages_of_array(array, NR);
	kvfree(array);
	vm_same_books(&books);
	alloc_pages_into(pages, NR, HIGH);
	p = vmap(pages, NR, VM_MAP, PAGE_KERNEL);
	vfree(p); /* without the flag pages stay the caller's */
	free_pages_of_array(pages, NR);
	vm_same_books(&books);
}

struct scattered {
	unsigned int nr;
	void *got;
};

static void do_vmap(void *arg)
{
	struct scattered *s = arg;

	s->got = vmap(pages, s->nr, VM_MAP, PAGE_KERNEL);
}

/* nr frames of which no two are adjacent, from what was taken of a zone. */
static void scatter(unsigned int nr, gfp_t gfp)
{
	struct page *skipped;

	for (unsigned int i = 0; i < nr; i++) {
		do {
			pages[i] = alloc_page(gfp);
			REQUIRE(pages[i]);
			skipped = alloc_page(gfp);
		} while (i && pages[i] == pages[i - 1] + 1);
		REQUIRE(skipped);
	}
	for (unsigned int i = 0; i < nr; i++) /* no two in a row, either way */
		REQUIRE(!i || (pages[i] != pages[i - 1] + 1));
}

static void too_many(unsigned int nr, const char *size)
{
	struct scattered s = { .nr = nr };
	unsigned long charged, lines;
	char text[4096], want[128];

	vunmap(vmap(pages, 1, VM_MAP, PAGE_KERNEL));
	charged = frames_charged();
	lines = vm_maps_lines();
	capture_stderr(do_vmap, &s, text, sizeof(text));
	REQUIRE(!s.got);
	snprintf(want, sizeof(want), "vmap error: size %s, failed to map pages",
		 size);
	REQUIRE(strstr(text, want));
	REQUIRE(frames_charged() == charged);
	REQUIRE(vm_maps_lines() <= lines + 2);
	for (unsigned int i = 0; i < nr; i++)
		if (!frame_is_highmem(pages[i]) && i)
			REQUIRE(!frame_is_shared(page_to_pfn(pages[i])) ||
				pages[i] == pages[0]);
	vm_check();
}

/* 100,000 frames of HighMem, no two adjacent, with the budget of this system.
 * Expect NULL, the text, nothing mapped and no mapping lost. */
static void child_budget(void *arg)
{
	pin_to_first_cpu();
	parse_args("arena=2G highmem=1G");
	vm_boot("", arg);
	REQUIRE(frames_budget() < 100000);
	scatter(100000, HIGH);
	too_many(100000, "409600000");
}

/* Frames of Normal, fewer than the budget as areas go, more with what it takes
 * to share them. Expect the same, and every byte still at its address. */
static void child_budget_shared(void *arg)
{
	vm_start("vmap.max_mappings=1000", arg);
	scatter(800, GFP_KERNEL);
	for (unsigned long i = 0; i < 800; i++)
		*(u64 *)page_address(pages[i]) = i + 1;
	too_many(800, "3276800");
	for (unsigned long i = 0; i < 800; i++)
		REQUIRE(*(u64 *)page_address(pages[i]) == i + 1);
	REQUIRE(vmap(pages, 200, VM_MAP, PAGE_KERNEL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		vm_tests(child_highmem), vm_tests(child_normal),
		vm_tests(child_blocks),	 vm_tests(child_mixed),
		vm_tests(child_runs),	 vm_tests(child_put_pages),
		vm_tests(child_budget),	 vm_tests(child_budget_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
