// SPDX-License-Identifier: MIT
/*
 * sys/os_mem.c - the memory calls of the OS seam, on Linux
 *
 * Every call goes through mem_call(), which counts it and lets the fault
 * tests fail the n-th one. No call here maps over what is mapped already, but
 * for os_move(): address space is owned by agreement, and another mapping may
 * have come to lie in it.
 *
 * Locking	none; the counters are atomic.
 * Invariants	OS1  a call that reports failure changed no mapping
 *		OS2  errno is never written
 *					(unit.sys.os_mem checks both)
 */
#include <linux/mempolicy.h>
#include <linux/mman.h>
#include <sys/mman.h>

#include "sys/mem_call.h"
#include "sys/os.h"
#include "sys/raw.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103
#endif

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

unsigned long os_mem_calls;
static unsigned long fail_first, fail_count;

void os_fail_calls(unsigned long first, unsigned long count)
{
	WRITE_ONCE(os_mem_calls, 0UL);
	WRITE_ONCE(fail_count, count);
	WRITE_ONCE(fail_first, first);
}

/* Counts this call. Returns true if the fault tests want it to fail. */
bool mem_call(void)
{
	unsigned long nr;
	unsigned long first = READ_ONCE(fail_first);

	nr = __atomic_add_fetch(&os_mem_calls, 1, __ATOMIC_RELAXED);
	return unlikely(first) && nr - first < READ_ONCE(fail_count);
}

/* Returns the address, or -errno. */
static long call_mmap(void *addr, size_t size, int prot, int flags)
{
	if (mem_call())
		return -ENOMEM;
	return sys6(SYS_mmap, addr, size, prot, flags, -1, 0);
}

static void *do_mmap(void *addr, size_t size, int prot, int flags)
{
	long ret = call_mmap(addr, size, prot, flags);

	return is_error(ret) ? NULL : (void *)ret;
}

/*
 * Maps at `addr` only if nothing is there. Kernels before 4.17 take the flag
 * for a hint and may map at another place: that is unmapped again.
 */
static int map_if_free(void *addr, size_t size, int prot, int flags)
{
	long got = call_mmap(addr, size, prot,
			     ANON | MAP_FIXED_NOREPLACE | flags);

	if (is_error(got))
		return (int)got;
	if (got == (long)addr)
		return 0;
	sys2(SYS_munmap, got, size);
	return -EEXIST;
}

void *os_place(size_t size)
{
	void *at = do_mmap(NULL, size, PROT_NONE, ANON | MAP_NORESERVE);

	if (at)
		sys2(SYS_munmap, at, size);
	return at;
}

int os_reserve(void *addr, size_t size)
{
	return map_if_free(addr, size, PROT_NONE, MAP_NORESERVE);
}

int os_commit(void *addr, size_t size)
{
	return map_if_free(addr, size, PROT_READ | PROT_WRITE, 0);
}

int os_commit_readonly(void *addr, size_t size)
{
	return map_if_free(addr, size, PROT_READ, MAP_NORESERVE);
}

int os_make_writable(void *addr, size_t size)
{
	if (mem_call())
		return -ENOMEM;
	return (int)sys3(SYS_mprotect, addr, size, PROT_READ | PROT_WRITE);
}

int os_discard(void *addr, size_t size)
{
	if (mem_call())
		return -ENOMEM;
	return (int)sys3(SYS_madvise, addr, size, MADV_DONTNEED);
}

int os_huge(void *addr, size_t size)
{
	if (mem_call())
		return -ENOMEM;
	return (int)sys3(SYS_madvise, addr, size, MADV_HUGEPAGE);
}

int os_collapse(void *addr, size_t size)
{
	if (mem_call())
		return -ENOMEM;
	return (int)sys3(SYS_madvise, addr, size, MADV_COLLAPSE);
}

int os_guard(void *addr, size_t size)
{
	if (mem_call())
		return -ENOMEM;
	return (int)sys3(SYS_madvise, addr, size, MADV_GUARD_INSTALL);
}

int os_unguard(void *addr, size_t size)
{
	if (mem_call())
		return -ENOMEM;
	return (int)sys3(SYS_madvise, addr, size, MADV_GUARD_REMOVE);
}

int os_deny(void *addr, size_t size)
{
	if (mem_call())
		return -ENOMEM;
	return (int)sys3(SYS_mprotect, addr, size, PROT_NONE);
}

int os_allow(void *addr, size_t size)
{
	return (int)sys3(SYS_mprotect, addr, size, PROT_READ | PROT_WRITE);
}

int os_release(void *addr, size_t size)
{
	if (mem_call())
		return -ENOMEM;
	return (int)sys2(SYS_munmap, addr, size);
}

void *os_map(size_t size)
{
	return do_mmap(NULL, size, PROT_READ | PROT_WRITE, ANON);
}

int os_move(void *addr, size_t old_size, void *to, size_t new_size)
{
	int flags = to ? MREMAP_MAYMOVE | MREMAP_FIXED : 0;
	long ret;

	if (mem_call())
		return -ENOMEM;
	ret = sys5(SYS_mremap, addr, old_size, new_size, flags, to);
	return is_error(ret) ? (int)ret : 0;
}

/*
 * The kernel looks where the mapping ends before it finds that no address space
 * is left for so much more.
 */
bool os_one_mapping(void *addr, size_t size)
{
	return sys4(SYS_mremap, addr, size, size + (1UL << 46), 0) != -EFAULT;
}

void *os_remap(void *addr, size_t old_size, size_t new_size)
{
	long ret;

	if (mem_call())
		return NULL;
	ret = sys4(SYS_mremap, addr, old_size, new_size, MREMAP_MAYMOVE);
	return is_error(ret) ? NULL : (void *)ret;
}

struct os_bind os_last_bind;

unsigned long os_nodes_allowed(void)
{
	unsigned long mask[16] = { 0 }; /* as many nodes as a kernel may have */

	return sys6(SYS_get_mempolicy, NULL, mask, 8 * sizeof(mask), NULL,
		    MPOL_F_MEMS_ALLOWED, 0) ?
		       0 :
		       mask[0];
}

int os_bind_node(void *addr, size_t size, unsigned int node)
{
	unsigned long mask = 1UL << node;

	os_last_bind = (struct os_bind){ addr, size, node,
					 os_last_bind.calls + 1 };

	if (mem_call())
		return -ENOMEM;
	return (int)sys6(SYS_mbind, addr, size, MPOL_PREFERRED, &mask,
			 8 * sizeof(mask), 0);
}
