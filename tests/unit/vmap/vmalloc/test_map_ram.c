// SPDX-License-Identifier: MIT
/*
 * test_map_ram.c - short mappings in blocks of address space
 */
#include "support/vmtest.h"

#define HIGH (GFP_KERNEL | __GFP_HIGHMEM)

static struct page *pages[2048];

/* Numbers of pages up to and beyond 64. Expect the order kept, places in one
 * block rounded up to powers of two, an area of its own above 64. */
static void child_counts(void *arg)
{
	static const unsigned int counts[] = { 1, 2, 3, 5, 8, 33, 64, 65, 200 };
	struct vm_books books;
	uintptr_t block = 0, next = 0;

	vm_start("", arg);
	alloc_pages_into(pages, 200, HIGH);
	vm_unmap_ram(vm_map_ram(pages, 1, -1), 1);
	books = vm_books();
	for (unsigned int i = 0; i < ARRAY_SIZE(counts); i++) {
		unsigned int nr = counts[i];
		char *p = vm_map_ram(pages, nr, -1);
		uintptr_t at = (uintptr_t)p;

		REQUIRE(p);
		stamp_pages(p, nr, nr);
		for (unsigned int n = 0; n < nr; n++)
			REQUIRE(vmalloc_to_page(p + n * PAGE_SIZE) == pages[n]);
		if (nr <= 64) {
			if (!block)
				next = block = at;
			REQUIRE(at == next && !(block % (1024 * PAGE_SIZE)));
			next += roundup_pow_of_two(nr) << PAGE_SHIFT;
		}
		if (nr & (nr - 1)) /* rounded up, and not mapped there */
			REQUIRE(!os_readable(p + nr * PAGE_SIZE));
		vm_unmap_ram(p, nr);
		REQUIRE(!os_readable(p) && !vmalloc_to_page(p));
		vm_check();
	}
	vm_same_books(&books);
	free_pages_of_array(pages, 200);
}

/* A block used up, 16 times 64 pages, and freed in another order. Expect a
 * second block for one more, the first gone when the last of it is unmapped. */
static void child_blocks(void *arg)
{
	struct vm_books books;
	char *p[17];

	vm_start("", arg);
	alloc_pages_into(pages, 64, HIGH);
	vm_unmap_ram(vm_map_ram(pages, 64, -1), 64);
	books = vm_books();
	for (int i = 0; i < 17; i++) {
		p[i] = vm_map_ram(pages, 64, -1);
		REQUIRE(p[i]);
		REQUIRE(!i || i == 16 || p[i] == p[0] + i * 64 * PAGE_SIZE);
	}
	REQUIRE(p[16] < p[0] || p[16] >= p[0] + 1024 * PAGE_SIZE);
	*(u64 *)p[3] = 5;
	REQUIRE(*(u64 *)p[16] == 5);
	for (int i = 0; i < 16; i++)
		vm_unmap_ram(p[i * 5 % 16], 64);
	REQUIRE(!is_vmalloc_addr(p[0]) && is_vmalloc_addr(p[16]));
	vm_unmap_aliases(); /* the other has a page in use */
	REQUIRE(is_vmalloc_addr(p[16]));
	vm_unmap_ram(p[16], 64);
	REQUIRE(is_vmalloc_addr(p[16])); /* 960 of its pages are free */
	vm_same_books(&books);
	REQUIRE(!is_vmalloc_addr(p[16]));
}

/* Frames of Normal, freed by the test itself. Expect aliases of their
 * address. */
static void child_normal(void *arg)
{
	char *p;

	vm_start("", arg);
	alloc_pages_into(pages, 8, GFP_KERNEL);
	strcpy(page_address(pages[3]), "three");
	p = vm_map_ram(pages, 8, -1);
	REQUIRE(!strcmp(p + 3 * PAGE_SIZE, "three"));
	strcpy(p, "zero");
	REQUIRE(!strcmp(page_address(pages[0]), "zero"));
	vm_unmap_ram(p, 8);
	free_pages_of_array(pages, 8);
	vm_books();
}

static void *wrong_at;
static unsigned int wrong_count;

static void unmap_wrong(void *arg)
{
	(void)arg;
	vm_unmap_ram(wrong_at, wrong_count);
}

static void expect_warning(const char *at, unsigned int count)
{
	struct child_end end;

	wrong_at = (void *)(uintptr_t)at;
	wrong_count = count;
	child_run(unmap_wrong, NULL, &end);
	REQUIRE(!end.status);
	REQUIRE(strstr(end.err, "WARNING") || strstr(end.err, "Trying to"));
}

/* What is no mapping, part of one, or too much. Expect a warning each, and the
 * mapping there still. */
static void child_wrong(void *arg)
{
	char *p, *q;

	vm_start("vmap_fork=share", arg);
	alloc_pages_into(pages, 70, HIGH);
	p = vm_map_ram(pages, 5, -1);
	q = vm_map_ram(pages, 70, -1);
	expect_warning(NULL, 1);
	expect_warning(p + 1, 5);
	expect_warning(p + PAGE_SIZE, 4);
	expect_warning(p, 4);
	expect_warning(p, 6);
	expect_warning(p, 0);
	expect_warning(p, 70);
	expect_warning(p + 16 * PAGE_SIZE, 1);
	expect_warning(q, 64);
	expect_warning((char *)1 + 4095, 1);
	expect_warning(kmalloc(4096, GFP_KERNEL), 1);
	stamp_pages(p, 5, 1);
	stamp_pages(q, 70, 1);
	vm_unmap_ram(p, 5);
	vm_unmap_ram(q, 70);
	vm_books();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		vm_tests(child_counts),
		vm_tests(child_blocks),
		vm_tests(child_normal),
		vm_tests(child_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
