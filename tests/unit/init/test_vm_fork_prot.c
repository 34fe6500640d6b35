// SPDX-License-Identifier: MIT
/*
 * test_vm_fork_prot.c - protections of vmalloc space in a child of fork()
 *
 * The rest of what protections do is in unit.vmap.vmalloc.area. This needs the
 * handlers of fork(), which are in init.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "support/vmengine.h"
#include "support/vmprot.h"

#define HIGH (GFP_KERNEL | __GFP_HIGHMEM)
#define NR 40UL
#define SIZE (NR * PAGE_SIZE)

/* fork(). Expect the child's mappings to be protected as the parent's are, and
 * the pages under them to be its own. */
static void child_fork(void *arg)
{
	struct page *pages[NR];
	char *p, *q, *rox;
	int status;
	pid_t pid;

	vm_start_forking("", arg);
	catch_faults();
	alloc_pages_into(pages, NR, HIGH);
	p = vmap(pages, NR, VM_MAP, PAGE_KERNEL_RO);
	q = __vmalloc_node_range(SIZE, 1, VMALLOC_START, VMALLOC_END,
				 HIGH | __GFP_ZERO, PAGE_KERNEL_RO, 0,
				 NUMA_NO_NODE, NULL);
	rox = vmap(pages, 1, VM_MAP, PAGE_KERNEL_ROX);
	REQUIRE(p && q && rox);
	memcpy(kmap(pages[0]), answer, sizeof(answer));
	pid = fork();
	if (!pid) {
		read_only(p, NR);
		read_only(q, NR);
		REQUIRE(all_bytes(q, 0, SIZE));
		REQUIRE(call(rox) == 42 && write_faults(rox));
		vfree(q);
		q = vmalloc(SIZE);
		REQUIRE(q && !write_faults(q));
		_exit(0);
	}
	REQUIRE(pid > 0 && waitpid(pid, &status, 0) == pid && !status);
	read_only(p, NR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		vm_tests(child_fork),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
