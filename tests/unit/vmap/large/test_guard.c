// SPDX-License-Identifier: MIT
/*
 * test_guard.c - guard pages behind large areas, and a kernel that has none
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "support/backend.h"
#include "sys/os.h"

#define MIB (1UL << 20)
#define SIZE (6 * MIB)

/* Does this machine's kernel have them? */
static bool kernel_has_guards(void)
{
	void *p = os_map(OS_PAGE_SIZE);
	int ret = os_guard(p, OS_PAGE_SIZE);

	os_release(p, OS_PAGE_SIZE);
	return !ret;
}

static struct large_area *take(size_t size)
{
	struct large_area *area = large_area_alloc(size, PAGE_SIZE);

	REQUIRE(area && large_size(area) == size);
	check_space();
	return area;
}

static void give(struct large_area *area)
{
	REQUIRE(large_area_unlink((void *)area->va.va_start) == area);
	large_area_free(area);
	check_space();
}

static int resize(struct large_area *area, size_t size)
{
	int ret;

	REQUIRE(large_area_unlink((void *)area->va.va_start) == area);
	ret = large_area_resize(area, size);
	large_area_link(area);
	check_space();
	return ret;
}

/* Would access to this byte fault? The kernel tries it, and no signal comes. */
static bool faults(uintptr_t at)
{
	return !os_readable((const void *)(at & ~7UL));
}

/* Every usable byte can be touched, and none behind them if it is guarded. */
static void require_guarded(const struct large_area *area)
{
	char *p = (char *)area->va.va_start;
	size_t size = large_size(area);
	struct large_area found;

	for (size_t at = 0; at < size; at += PAGE_SIZE)
		p[at] = p[at + PAGE_SIZE - 1] = 1;
	REQUIRE(area->va.flags & LARGE_AREA_GUARD);
	REQUIRE(area->va.va_end == (uintptr_t)p + size + OS_PAGE_SIZE);
	REQUIRE(faults(area->va.va_end - OS_PAGE_SIZE));
	REQUIRE(faults(area->va.va_end - 8));
	REQUIRE(large_area_find(p + size, &found) == -ENOENT);
	REQUIRE(!large_area_find(p + size - 1, &found));
	REQUIRE(found.va.va_start == (uintptr_t)p);
}

static void child_writes(void *arg)
{
	struct large_area *area;

	(void)arg;
	signal(SIGSEGV, SIG_DFL);
	REQUIRE(!start_vmap("arena=256M"));
	large_guards_on();
	area = take(SIZE);
	memset((void *)area->va.va_start, 1, SIZE);
	*(volatile char *)(area->va.va_start + SIZE) = 1;
}

/* A write one byte behind an area. Expect SIGSEGV. */
static void test_write(void **state)
{
	struct child_end end;

	(void)state;
	if (!kernel_has_guards())
		skip();
	child_run(child_writes, NULL, &end);
	assert_true(WIFSIGNALED(end.status));
	assert_int_equal(WTERMSIG(end.status), SIGSEGV);
}

/* Areas that are allocated, resized both ways, moved, freed and reused. Expect
 * a guard behind each at every moment, and none in what is lazy
 * (AREAGUARD1); as many bytes in use and lazy as pages are. */
static void child_life(void *arg)
{
	struct large_area *a, *b;
	struct large_area_stat stat;

	(void)arg;
	REQUIRE(!start_vmap("arena=256M vmap.lazy_max=64M"));
	if (!kernel_has_guards())
		return;
	large_guards_on();
	a = take(SIZE);
	b = take(SIZE);
	require_guarded(a);
	require_guarded(b);
	large_area_stat(&stat);
	REQUIRE(stat.busy == 2 * SIZE && !stat.lazy);
	REQUIRE(!resize(a, SIZE + MIB)); /* moves: b is behind it */
	require_guarded(a);
	REQUIRE(!resize(a, SIZE + 2 * MIB)); /* what is behind it is free */
	require_guarded(a);
	REQUIRE(!resize(b, 5 * MIB));
	require_guarded(b);
	large_area_stat(&stat);
	REQUIRE(stat.busy == SIZE + 7 * MIB && stat.lazy == MIB);
	give(a);
	give(b);
	large_area_stat(&stat);
	REQUIRE(!stat.busy);
	REQUIRE(stat.lazy == SIZE + 8 * MIB + 2 * OS_PAGE_SIZE);
	a = take(5 * MIB); /* of the same ranges */
	b = take(SIZE + MIB);
	require_guarded(a);
	require_guarded(b);
	give(a);
	give(b);
	large_purge(PURGE_ALL);
	a = take(5 * MIB);
	require_guarded(a);
	give(a);
}

/* An area of 4 MiB. Expect no guard, and no page for one. */
static void child_small(void *arg)
{
	struct large_area *area;

	(void)arg;
	REQUIRE(!start_vmap("arena=256M"));
	large_guards_on();
	area = take(MAX_BLOCK_SIZE);
	REQUIRE(!(area->va.flags & LARGE_AREA_GUARD));
	REQUIRE(va_size(&area->va) == MAX_BLOCK_SIZE);
	give(area);
}

static unsigned int mappings(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned int nr = 0;
	int c;

	while ((c = getc(maps)) != EOF)
		nr += c == '\n';
	fclose(maps);
	return nr;
}

/* Twenty guarded areas side by side. Expect as many mappings as with one. */
static void child_mappings(void *arg)
{
	unsigned int before;

	(void)arg;
	REQUIRE(!start_vmap("arena=256M"));
	large_guards_on();
	take(SIZE);
	before = mappings();
	for (int i = 0; i < 20; i++)
		take(SIZE);
	REQUIRE(mappings() <= before + 1);
}

/* The child of a fork. Expect the guards there too. */
static void child_fork(void *arg)
{
	struct large_area *area;
	int pid, status;

	(void)arg;
	REQUIRE(!start_vmap("arena=256M"));
	if (!kernel_has_guards())
		return;
	large_guards_on();
	area = take(SIZE);
	require_guarded(area);
	pid = fork();
	if (!pid) {
		require_guarded(area);
		REQUIRE(!resize(area, SIZE + MIB));
		require_guarded(area);
		_exit(0);
	}
	REQUIRE(waitpid(pid, &status, 0) == pid && !status);
}

/* Each system call of a life fails in its turn. Expect blocks that can be used
 * to their last byte whether they have a guard or not, and no page lost to one:
 * what is taken afterwards can be touched as a whole. */
static void child_failures(void *arg)
{
	(void)arg;
	REQUIRE(!start_vmap("arena=256M"));
	large_guards_on();
	for (unsigned long nr = 1; nr < 14; nr++) {
		struct large_area *area;

		os_fail_calls(nr, 1);
		area = large_area_alloc(SIZE, PAGE_SIZE);
		if (area) {
			resize(area, SIZE + MIB);
			memset((void *)area->va.va_start, 1, large_size(area));
			give(area);
		}
		os_fail_calls(0, 0);
		area = large_area_alloc(2 * SIZE, PAGE_SIZE);
		REQUIRE(area);
		memset((void *)area->va.va_start, 1, large_size(area));
		give(area);
	}
}

/*
 * As a kernel before 6.13, which does not know the advice: least is 0. As 6.13
 * on locked memory: it refuses the advice for a byte or more, least is 1.
 */
static void refuse_guards(unsigned int least)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 5),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 102, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, least, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_SIZE(code), code };

	REQUIRE(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	REQUIRE(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
}

/* A kernel that has no guards. Expect one try, then areas without. */
static void child_old_kernel(void *arg)
{
	struct large_area *area;
	unsigned long calls;

	(void)arg;
	REQUIRE(!start_vmap("arena=256M vmap.lazy_max=64M"));
	refuse_guards(0);
	REQUIRE(!kernel_has_guards());
	large_guards_on();
	area = large_area_alloc(SIZE, PAGE_SIZE);
	REQUIRE(area && large_size(area) == SIZE + OS_PAGE_SIZE);
	memset((void *)area->va.va_start, 1, large_size(area));
	give(area);
	calls = os_mem_calls;
	area = take(SIZE); /* of the lazy range */
	REQUIRE(os_mem_calls == calls && va_size(&area->va) == SIZE);
	give(area);
}

/* The first area is locked in memory, on a kernel that has guards but not
 * there. Expect it to have none, and a try for the next area. */
static void child_locked(void *arg)
{
	struct large_area *area;
	unsigned long calls;

	(void)arg;
	REQUIRE(!start_vmap("arena=256M vmap.lazy_max=64M"));
	if (!kernel_has_guards())
		return;
	refuse_guards(1);
	REQUIRE(!kernel_has_guards());
	large_guards_on();
	area = large_area_alloc(SIZE, PAGE_SIZE);
	REQUIRE(area && !(area->va.flags & LARGE_AREA_GUARD));
	memset((void *)area->va.va_start, 1, large_size(area));
	give(area);
	calls = os_mem_calls;
	area = large_area_alloc(SIZE, PAGE_SIZE); /* of the lazy range */
	REQUIRE(area && os_mem_calls == calls + 2);
	REQUIRE(va_size(&area->va) == SIZE + OS_PAGE_SIZE);
	give(area);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write), child_test(child_life),
		child_test(child_small),      child_test(child_mappings),
		child_test(child_fork),	      child_test(child_failures),
		child_test(child_old_kernel), child_test(child_locked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
