// SPDX-License-Identifier: MIT
/*
 * test_area.c - what PAGE_KERNEL_RO and its kin allow, and what faults
 */
#include <errno.h>

#include "support/vmprot.h"
#include "support/vmscatter.h"

#define NR 40UL
#define SIZE (NR * PAGE_SIZE)
#define NOTHING __KM_PROT(0)

/* Frames with an address and without, by struct page and by number. Expect
 * reads to see what is written elsewhere, writes to fault, a second mapping to
 * be writable. */
static void child_vmap(void *arg)
{
	struct page *pages[NR];
	unsigned long pfns[NR];
	struct vm_books books;
	char *p, *q, *rw;

	vm_start("", arg);
	catch_faults();
	alloc_pages_into(pages, NR / 2, HIGH);
	alloc_pages_into(pages + NR / 2, NR / 2, GFP_KERNEL);
	vunmap(vmap(pages, NR, VM_MAP, PAGE_KERNEL));
	books = vm_books();
	for (unsigned long n = 0; n < NR; n++)
		pfns[n] = page_to_pfn(pages[n]);
	p = vmap(pages, NR, VM_MAP, PAGE_KERNEL_RO);
	q = vmap_pfn(pfns, NR, PAGE_KERNEL_RO);
	rw = vmap(pages, NR, VM_MAP, PAGE_KERNEL);
	REQUIRE(p && q && rw);
	stamp_pages(rw, NR, 100);
	REQUIRE(has_stamp(p, NR, 100) && has_stamp(q, NR, 100));
	*(u64 *)page_address(pages[NR - 1]) = 7;
	REQUIRE(*(u64 *)(p + (NR - 1) * PAGE_SIZE) == 7);
	read_only(p, NR);
	read_only(q, NR);
	vunmap(p);
	vunmap(q);
	vunmap(rw);
	vm_same_books(&books);
	free_pages_of_array(pages, NR);
}

/* vmalloc() space that is zeroed, grown and freed though it is not writable.
 * Expect zeros, and that areas of PAGE_KERNEL are neither made of such nor the
 * reverse. */
static void child_vmalloc(void *arg)
{
	struct vm_books books;
	char *p, *q;

	vm_start("init_on_free=1", arg);
	catch_faults();
	vfree(vmalloc(1));
	books = vm_books();
	p = vmalloc(SIZE);
	memset(p, 1, SIZE);
	vfree(p);
	p = area_of(SIZE, HIGH | __GFP_ZERO, PAGE_KERNEL_RO);
	REQUIRE(p && all_bytes(p, 0, SIZE));
	read_only(p, NR);
	p = vrealloc(p, 100, HIGH | __GFP_ZERO);
	p = vrealloc(p, SIZE, HIGH | __GFP_ZERO);
	REQUIRE(p && all_bytes(p, 0, SIZE));
	read_only(p, NR);
	q = vrealloc(p, 2 * SIZE, HIGH | __GFP_ZERO);
	REQUIRE(q && q != p && !write_faults(q));
	q[0] = 0;
	REQUIRE(all_bytes(q, 0, 2 * SIZE));
	vfree(q);
	p = area_of(1000 * PAGE_SIZE, HIGH | __GFP_ZERO, PAGE_KERNEL_RO);
	REQUIRE(p && all_bytes(p, 0, 1000 * PAGE_SIZE));
	read_only(p, 1000);
	vfree(p);
	for (int i = 0; i < 3; i++) {
		p = area_of(SIZE, HIGH, PAGE_KERNEL_RO);
		vfree(p);
		q = vmalloc(SIZE);
		REQUIRE(p && q && !write_faults(q + SIZE - 8));
		vfree(q);
	}
	vm_same_books(&books);
}

/* The other kin. Expect code to run, and only where it may; a mapping without
 * any right to fault, and to be no trouble for km_vread(). */
static void child_kin(void *arg)
{
	struct page *page;
	char *rw, *rox, *rwx, *none;
	u64 word = 5;

	vm_start("", arg);
	catch_faults();
	page = alloc_page(HIGH);
	rw = vmap(&page, 1, VM_MAP, PAGE_KERNEL);
	rox = vmap(&page, 1, VM_MAP, PAGE_KERNEL_ROX);
	rwx = vmap(&page, 1, VM_MAP, PAGE_KERNEL_EXEC);
	none = vmap(&page, 1, VM_MAP, NOTHING);
	REQUIRE(rw && rox && rwx && none);
	memcpy(rwx, answer, sizeof(answer));
	REQUIRE(call(rox) == 42 && call(rwx) == 42);
	REQUIRE(write_faults(rox) && !write_faults(rwx + 64));
	REQUIRE(read_faults(none) && write_faults(none));
	REQUIRE(km_vread((char *)&word, none, sizeof(word)) == 0 && !word);
	REQUIRE(km_vread((char *)&word, rox + 64, sizeof(word)) == 8 && word);
	if (!sigsetjmp(before_fault, 1)) {
		call(rw);
		REQUIRE(!"ran where it may not");
	}
	vunmap(rw);
	vunmap(rox);
	vunmap(rwx);
	vunmap(none);
	none = area_of(SIZE, HIGH | __GFP_ZERO, NOTHING);
	REQUIRE(none && read_faults(none + SIZE - 8));
	vfree(none);
	__free_page(page);
}

static void ask_for_other_bits(void *arg)
{
	struct page *page = arg;
	unsigned long pfn = page_to_pfn(page);

	REQUIRE(!vmap(&page, 1, VM_MAP, __KM_PROT(0x163)));
	REQUIRE(!vmap_pfn(&pfn, 1, __KM_PROT(8)));
	REQUIRE(!area_of(1, HIGH, __KM_PROT(1UL << 63)));
}

/* Bits of page table entries, as the kernel's own are. Expect a warning, and
 * NULL. */
static void child_other_bits(void *arg)
{
	struct vm_books books;
	struct page *page;
	char text[4096];

	vm_start("", arg);
	vfree(vmalloc(1));
	page = alloc_page(HIGH);
	books = vm_books();
	capture_stderr(ask_for_other_bits, page, text, sizeof(text));
	REQUIRE(strstr(text, "WARNING"));
	vm_same_books(&books);
}

/* ---- where mappings are made anew ---------------------------------------- */

static void migrate_as(const char *how, const char *backend)
{
	char *p;

	scatter_start(how, backend);
	catch_faults();
	p = scattered_area(4 * NR, PAGE_KERNEL_RO);
	REQUIRE(moves_of(p) > NR);
	REQUIRE(all_bytes(p, 0, 4 * SIZE));
	read_only(p, 4 * NR);
	vfree(p);
	p = scattered_area(4 * NR, PAGE_KERNEL_EXEC);
	for (unsigned long n = 0; n < 4 * NR; n++)
		memcpy(p + n * PAGE_SIZE, answer, sizeof(answer));
	REQUIRE(moves_of(p) > NR);
	for (unsigned long n = 0; n < 4 * NR; n++)
		REQUIRE(call(p + n * PAGE_SIZE) == 42 &&
			!write_faults(p + n * PAGE_SIZE));
	vfree(p);
	p = scattered_area(4 * NR, NOTHING);
	REQUIRE(!moves_of(p)); /* its bytes cannot be read */
	REQUIRE(read_faults(p));
	vfree(p);
	vm_books();
}

/* Compaction, with each way to let writes wait. Expect pages to have moved, and
 * the new mappings to allow what the old ones did. */
static void child_migrate(void *arg)
{
	migrate_as("vmap_migrate=auto", arg);
}

static void child_migrate_mprotect(void *arg)
{
	migrate_as("vmap_migrate=mprotect", arg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		vm_tests(child_vmap),	 vm_tests(child_vmalloc),
		vm_tests(child_kin),	 vm_tests(child_other_bits),
		vm_tests(child_migrate), vm_tests(child_migrate_mprotect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
