// SPDX-License-Identifier: MIT
/*
 * test_vmallocinfo.c - the text of all areas
 * (docs/kernel.md I5), and their bytes
 */
#include "diag/fmt.h"
#include "diag/proc.h"
#include "support/vmtest.h"

#define HIGH (GFP_KERNEL | __GFP_HIGHMEM)

static char text[1 << 14];

static void read_info(void)
{
	REQUIRE(proc_read("vmallocinfo", text, sizeof(text)) > 0);
}

/* The line that begins with this address must be so behind its addresses. */
static void expect_line(const void *p, size_t size, const char *rest)
{
	char want[512], *at;

	snprintf(want, sizeof(want), "0x%lx-0x%lx %7lu%s\n", (uintptr_t)p,
		 (uintptr_t)p + size, size, rest);
	at = strstr(text, want);
	if (!at || (at != text && at[-1] != '\n')) {
		dprintf(2, "no line:\n%sin:\n%s", want, text);
		_exit(1);
	}
}

static int caller; /* stands for code: shown by its address */

static const char *with_caller(const char *rest)
{
	static char buf[256];

	km_snprintf(buf, sizeof(buf), " %pS%s", (void *)&caller, rest);
	return buf;
}

/* Areas of each kind. Expect the kernel's text, guard page in the size, and
 * none of an area that is still being made. */
static void child_text(void *arg)
{
	struct page *pages[70], **array;
	struct vm_struct *vm;
	char *p[8], addr[40];

	vm_start("", arg);
	alloc_pages_into(pages, 70, HIGH);
	p[0] = __vmalloc_node(3 * PAGE_SIZE, 1, HIGH, 0, &caller);
	p[1] = __vmalloc_node_range(5000, 1, VMALLOC_START, VMALLOC_END,
				    HIGH | __GFP_ZERO, PAGE_KERNEL,
				    VM_USERMAP | VM_NO_GUARD, NUMA_NO_NODE,
				    &caller);
	p[2] = vmap(pages, 5, VM_MAP, PAGE_KERNEL);
	find_vm_area(p[2])->caller = &caller;
	p[3] = vm_map_ram(pages, 3, -1);
	p[4] = vm_map_ram(pages, 70, -1);
	vm = __get_vm_area_node(PAGE_SIZE, 1, PAGE_SHIFT,
				VM_IOREMAP | VM_SPARSE | VM_DMA_COHERENT,
				VMALLOC_START, VMALLOC_END, NUMA_NO_NODE,
				GFP_KERNEL, &caller);
	vm->phys_addr = 0xabc000;
	array = vmalloc(4 * sizeof(*array));
	alloc_pages_into(array, 4, HIGH);
	p[5] = vmap(array, 4, VM_MAP | VM_MAP_PUT_PAGES, PAGE_KERNEL);
	find_vm_area(p[5])->caller = NULL;
	p[6] = vmalloc(7 * PAGE_SIZE);
	vfree(p[6]);
	p[7] = get_vm_area(PAGE_SIZE, VM_IOREMAP | VM_UNINITIALIZED)->addr;
	read_info();
	expect_line(p[0], 4 * PAGE_SIZE, with_caller(" pages=3 vmalloc N0=3"));
	expect_line(p[1], 2 * PAGE_SIZE,
		    with_caller(" pages=2 vmalloc user N0=2"));
	expect_line(p[2], 6 * PAGE_SIZE, with_caller(" vmap"));
	expect_line(p[3], 1024 * PAGE_SIZE, " vm_map_ram");
	expect_line(p[4], 71 * PAGE_SIZE, " vm_map_ram");
	expect_line(vm->addr, 2 * PAGE_SIZE,
		    with_caller(" phys=0xabc000 ioremap sparse dma-coherent"));
	expect_line(p[5], 5 * PAGE_SIZE, " pages=4 vmap vpages N0=4");
	expect_line(p[6], 8 * PAGE_SIZE, " unpurged vm_area");
	snprintf(addr, sizeof(addr), "0x%lx-", (uintptr_t)p[7]);
	REQUIRE(!strstr(text, addr));
	vfree(p[5]);
}

/* The caller. Expect the function by name. */
static void child_caller(void *arg)
{
	vm_start("", arg);
	REQUIRE(vmalloc(PAGE_SIZE));
	read_info();
	REQUIRE(strstr(text, " child_caller+0x"));
}

/* Bytes across an area, its guard page and nothing. Expect them, and zeros. */
static void child_vread(void *arg)
{
	static char buf[5 * PAGE_SIZE];
	char *p;

	vm_start("", arg);
	p = vmalloc(2 * PAGE_SIZE);
	memset(p, 7, 2 * PAGE_SIZE);
	memset(buf, 1, sizeof(buf));
	REQUIRE(km_vread(buf, p + 100, 4 * PAGE_SIZE) ==
		(long)(2 * PAGE_SIZE - 100));
	REQUIRE(all_bytes(buf, 7, 2 * PAGE_SIZE - 100));
	REQUIRE(all_bytes(buf + 2 * PAGE_SIZE - 100, 0, 2 * PAGE_SIZE + 100));
	REQUIRE(buf[4 * PAGE_SIZE] == 1);
	vfree(p);
	REQUIRE(km_vread(buf, p, 100) == 0 && all_bytes(buf, 0, 100));
	REQUIRE(km_vread(buf, NULL, 100) == 0);
	REQUIRE(km_vread(buf, p, 0) == 0);
	REQUIRE(!is_vmalloc_addr(p) && !is_vmalloc_addr(NULL));
	REQUIRE(!is_vmalloc_addr(&caller));
	REQUIRE(!is_vmalloc_addr(kmalloc(10, GFP_KERNEL)));
	REQUIRE(!vmalloc_to_page(&caller) && !vmalloc_to_pfn(p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		vm_tests(child_text),
		vm_tests(child_caller),
		vm_tests(child_vread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
