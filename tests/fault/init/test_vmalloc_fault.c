// SPDX-License-Identifier: MIT
/*
 * test_vmalloc_fault.c - the n-th call of the OS fails, for every n
 *
 * A script of vmalloc space runs with one call failing, then with all from the
 * n-th on; what it cannot do it leaves, and what it did it takes back. It forks
 * too, so it needs the handlers of init.
 */
#include <fcntl.h>
#include <sys/wait.h>

#include "support/vmengine.h"

#define HIGH (GFP_KERNEL | __GFP_HIGHMEM)
#define NR 6UL
#define MAX_CALLS 600

static struct page *high[NR], *normal[NR];

static void try_vmalloc(void)
{
	char *p = __vmalloc(100000, HIGH | __GFP_NOWARN);
	char *q = __vmalloc(300000, HIGH | __GFP_NOWARN | __GFP_ZERO);
	char *r;

	if (p)
		memset(p, 1, 100000);
	if (q)
		REQUIRE(all_bytes(q, 0, 300000));
	r = p ? vrealloc(p, 200000, GFP_KERNEL | __GFP_NOWARN) : NULL;
	if (r)
		REQUIRE(all_bytes(r, 1, 100000));
	else if (p)
		REQUIRE(all_bytes(p, 1, 100000));
	vfree(r ? r : p);
	vfree(q);
	vfree(__vmalloc(5000, GFP_KERNEL | __GFP_NOWARN));
	vfree(vmalloc_huge(2UL << 20, GFP_KERNEL | __GFP_NOWARN));
}

static void try_vmap(void)
{
	u64 *home = page_address(normal[1]);
	char *p, *q, *r;

	*home = 77;
	p = vmap(high, NR, VM_MAP, PAGE_KERNEL);
	q = vmap(normal, NR, VM_MAP, PAGE_KERNEL);
	REQUIRE(*home == 77);
	if (p)
		stamp_pages(p, NR, 5);
	if (q) {
		REQUIRE(*(u64 *)(q + PAGE_SIZE) == 77);
		*(u64 *)(q + PAGE_SIZE) = 78;
		REQUIRE(*home == 78);
	}
	r = vm_map_ram(high, 3, NUMA_NO_NODE);
	if (p && r)
		REQUIRE(has_stamp(r, 3, 5));
	if (r)
		vm_unmap_ram(r, 3);
	vunmap(p);
	vunmap(q);
}

static void try_kmap(void)
{
	for (unsigned long i = 0; i < NR; i++) {
		u64 *p = kmap(high[i]);

		if (!p)
			continue;
		*p = i;
		REQUIRE(*p == i);
		kunmap(high[i]);
	}
}

/* Each fork() that has no copy says so. */
static pid_t quiet_fork(void)
{
	int saved = dup(2), none = open("/dev/null", O_WRONLY);
	pid_t pid;

	REQUIRE(saved >= 0 && none >= 0 && dup2(none, 2) == 2);
	pid = fork();
	dup2(saved, 2);
	close(saved);
	close(none);
	return pid;
}

static void try_fork(void)
{
	char *p = __vmalloc(50000, HIGH | __GFP_NOWARN);
	int status;
	pid_t pid;

	if (p)
		memset(p, 9, 50000);
	pid = quiet_fork();
	if (!pid) {
		os_fail_calls(0, 0);
		if (p && os_readable(p) && os_readable(p + 49992))
			REQUIRE(all_bytes(p, 9, 50000));
		vfree(vzalloc(20000));
		vm_check();
		_exit(0);
	}
	REQUIRE(pid > 0 && waitpid(pid, &status, 0) == pid);
	REQUIRE(!status);
	if (p)
		REQUIRE(all_bytes(p, 9, 50000));
	vfree(p);
}

static void script(void)
{
	try_vmalloc();
	try_vmap();
	try_kmap();
	vm_unmap_aliases();
	try_fork();
}

/* All frames are given back meanwhile, so that each turn shares them anew. */
static unsigned long turn(unsigned long first, unsigned long count)
{
	unsigned long calls;

	alloc_pages_into(high, NR, HIGH);
	alloc_pages_into(normal, NR, GFP_KERNEL);
	os_fail_calls(first, count);
	script();
	calls = os_mem_calls;
	os_fail_calls(0, 0);
	free_pages_of_array(high, NR);
	free_pages_of_array(normal, NR);
	return calls;
}

/* What failures say is said once in a while: here, and then no more. */
static void turn_once(void *arg)
{
	turn(*(unsigned long *)arg, 1UL << 30);
}

static void each_call(const char *backend, unsigned long count)
{
	struct vm_books books;
	unsigned long first, calls;
	static char text[4096];

	vm_start_forking("", backend);
	turn(0, 0);
	capture_stderr(turn_once, &(unsigned long){ 1 }, text, sizeof(text));
	books = vm_books();
	for (first = 1; first < MAX_CALLS; first++) {
		calls = turn(first, count);
		vm_same_books(&books);
		if (calls < first)
			break; /* none failed */
	}
	REQUIRE(first > 20 && first < MAX_CALLS);
}

/* One call fails. Expect NULL here and there, no byte wrong, nothing lost. */
static void child_one(void *arg)
{
	each_call(arg, 1);
}

/* All calls fail from one on. Expect the same. */
static void child_all(void *arg)
{
	each_call(arg, 1UL << 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		vm_tests(child_one),
		vm_tests(child_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
