// SPDX-License-Identifier: MIT
/*
 * test_bad.c - calls that are wrong: a warning, NULL, and nothing lost
 */
#include "support/vmtest.h"

#define HIGH (GFP_KERNEL | __GFP_HIGHMEM)

/* A call, what it says, and what it must give: always NULL. */
struct bad {
	const void *p;
	size_t size, align;
	void *(*call)(const struct bad *bad);
	const char *text; /* NULL: silence is fine */
	void *got;
};

static void *bad_vfree(const struct bad *b)
{
	vfree(b->p);
	return NULL;
}

static void *bad_vunmap(const struct bad *b)
{
	vunmap(b->p);
	return NULL;
}

static void *bad_alloc(const struct bad *b)
{
	return __vmalloc_node_range(b->size, b->align, VMALLOC_START,
				    VMALLOC_END, HIGH, PAGE_KERNEL, 0,
				    NUMA_NO_NODE, NULL);
}

static void *bad_vrealloc(const struct bad *b)
{
	return vrealloc(b->p, b->size, GFP_KERNEL);
}

static void *bad_vmap(const struct bad *b)
{
	static struct page *none;

	return vmap(b->p ? &none : NULL, (unsigned int)b->size, VM_MAP,
		    PAGE_KERNEL);
}

static void *bad_area(const struct bad *b)
{
	return get_vm_area(b->size, VM_IOREMAP);
}

static void *bad_range(const struct bad *b)
{
	(void)b;
	return __vmalloc_node_range(4096, 1, VMALLOC_END, VMALLOC_START,
				    HIGH | __GFP_NOWARN, PAGE_KERNEL, 0,
				    NUMA_NO_NODE, NULL);
}

static void call(void *arg)
{
	struct bad *b = arg;

	b->got = b->call(b);
}

static void expect(struct bad *b)
{
	char text[4096];

	capture_stderr(call, b, text, sizeof(text));
	if (!b->got && (!b->text || strstr(text, b->text)))
		return;
	dprintf(2, "gave %p, said %s, not %s\n", b->got, text, b->text);
	_exit(1);
}

static const char bad_addr[] = "Trying to vfree() bad address (0x";
static const char no_area[] = "Trying to vfree() nonexistent vm area (0x";
static const char no_map[] = "Trying to vunmap() nonexistent vm area (0x";

/* Addresses that are no area's. Expect the kernel's warning for each, and areas
 * and memory as they were. */
static void child_addresses(void *arg)
{
	char *p, *freed, *normal;
	struct vm_books books;

	vm_start("", arg);
	vfree(vmalloc(1));
	freed = vmalloc(3 * PAGE_SIZE);
	vfree(freed);
	p = vmalloc(2 * PAGE_SIZE);
	normal = kmalloc(8192, GFP_KERNEL);
	books = vm_books();
	expect(&(struct bad){ p + 1, .call = bad_vfree, .text = bad_addr });
	expect(&(struct bad){ p + PAGE_SIZE, .call = bad_vfree,
			      .text = no_area });
	expect(&(struct bad){ freed, .call = bad_vfree, .text = no_area });
	expect(&(struct bad){ normal, .call = bad_vfree, .text = no_area });
	expect(&(struct bad){ (void *)4096UL, .call = bad_vfree,
			      .text = no_area });
	expect(&(struct bad){ (void *)~4095UL, .call = bad_vfree,
			      .text = no_area });
	expect(&(struct bad){ p + 1, .call = bad_vunmap, .text = no_map });
	expect(&(struct bad){ p + PAGE_SIZE, .call = bad_vunmap,
			      .text = no_map });
	expect(&(struct bad){ freed, .call = bad_vunmap, .text = no_map });
	expect(&(struct bad){ normal, .call = bad_vunmap, .text = no_map });
	expect(&(struct bad){ freed, 100, .call = bad_vrealloc,
			      .text = "Trying to vrealloc() nonexistent" });
	expect(&(struct bad){ p + 8, 100, .call = bad_vrealloc,
			      .text = "Trying to vrealloc() nonexistent" });
	REQUIRE(!remove_vm_area(freed));
	stamp_pages(p, 2, 9);
	REQUIRE(has_stamp(p, 2, 9));
	vm_same_books(&books);
	vfree(p);
	expect(&(struct bad){ p, .call = bad_vfree, .text = no_area });
	vm_books();
}

/* Sizes of 0, beyond all numbers, bad alignments and ranges. Expect NULL. */
static void child_sizes(void *arg)
{
	static const size_t huge[] = { SIZE_MAX, SIZE_MAX - 4095,
				       (size_t)PTRDIFF_MAX,
				       (size_t)PTRDIFF_MAX + 1, 1UL << 62 };
	struct vm_books books;

	vm_start("", arg);
	vfree(vmalloc(1));
	books = vm_books();
	expect(&(struct bad){ NULL, 0, 1, bad_alloc, "WARNING", NULL });
	expect(&(struct bad){ NULL, 100, 3, bad_alloc, "WARNING", NULL });
	expect(&(struct bad){ NULL, 100, 12288, bad_alloc, NULL, NULL });
	expect(&(struct bad){ NULL, 0, .call = bad_vmap, .text = "WARNING" });
	expect(&(struct bad){ bad_addr, 0, .call = bad_vmap });
	expect(&(struct bad){ bad_addr, 1U << 31, .call = bad_vmap });
	expect(&(struct bad){ .call = bad_area, .text = "WARNING" });
	expect(&(struct bad){ .call = bad_range });
	for (size_t i = 0; i < ARRAY_SIZE(huge); i++) {
		expect(&(struct bad){ NULL, huge[i], 1, bad_alloc, NULL,
				      NULL });
		expect(&(struct bad){ NULL, huge[i], .call = bad_area });
		expect(&(struct bad){ NULL, huge[i], .call = bad_vrealloc });
		REQUIRE(!vmap_pfn(NULL, 1, PAGE_KERNEL));
		REQUIRE(!vmalloc_huge(huge[i], GFP_KERNEL));
	}
	vm_same_books(&books);
}

/* Larger, smaller, 0, from nothing. Expect bytes kept, zeros where they were
 * asked for, in place while the pages are enough. */
static void child_vrealloc(void *arg)
{
	struct vm_books books;
	char *p, *q;

	vm_start("", arg);
	vfree(vmalloc(1));
	books = vm_books();
	p = vrealloc(NULL, 5000, GFP_KERNEL | __GFP_ZERO);
	REQUIRE(p && all_bytes(p, 0, 5000));
	memset(p, 1, 5000);
	REQUIRE(vrealloc(p, 8192, GFP_KERNEL | __GFP_ZERO) == p);
	REQUIRE(all_bytes(p, 1, 5000) && all_bytes(p + 5000, 0, 3192));
	memset(p, 2, 8192);
	REQUIRE(vrealloc(p, 100, GFP_KERNEL | __GFP_ZERO) == p);
	REQUIRE(all_bytes(p, 2, 100) && all_bytes(p + 100, 0, 8092));
	q = vrealloc(p, 20000, GFP_KERNEL | __GFP_ZERO);
	REQUIRE(q && q != p && all_bytes(q, 2, 100));
	REQUIRE(all_bytes(q + 100, 0, 20480 - 100));
	REQUIRE(!vrealloc(q, 1UL << 40, GFP_KERNEL | __GFP_NOWARN));
	REQUIRE(all_bytes(q, 2, 100));
	REQUIRE(!vrealloc(q, 0, GFP_KERNEL));
	REQUIRE(!is_vmalloc_addr(q));
	REQUIRE(!vrealloc(NULL, 0, GFP_KERNEL));
	vm_same_books(&books);
}

/* Freed where no lock may be taken. Expect areas freed by the next call. */
static void child_atomic(void *arg)
{
	struct vm_books books;
	char *p[10];

	vm_start("", arg);
	vfree(vmalloc(1));
	books = vm_books();
	for (int i = 0; i < 10; i++)
		p[i] = vmalloc(PAGE_SIZE * 2);
	for (int i = 0; i < 9; i++)
		vfree_atomic(p[i]);
	REQUIRE(is_vmalloc_addr(p[5]));
	vfree(p[9]);
	for (int i = 0; i < 10; i++)
		REQUIRE(!is_vmalloc_addr(p[i]));
	p[0] = vmalloc(PAGE_SIZE * 3);
	vfree_atomic(p[0]);
	p[1] = vmalloc(1);
	REQUIRE(!is_vmalloc_addr(p[0]));
	vfree(p[1]);
	vm_same_books(&books);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		vm_tests(child_addresses),
		vm_tests(child_sizes),
		vm_tests(child_vrealloc),
		vm_tests(child_atomic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
