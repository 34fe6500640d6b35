// SPDX-License-Identifier: MIT
/*
 * sys/os_file.c - a file of memory: its pages, and where they are mapped
 *
 *	file	|0|1|2|3|4|5|6|7| ...	pages by number
 *		   |_____| |_|
 *		      |      `----.
 *	address	|.....|1 2 3|.....|5|...	os_map_file(): one call a run
 *
 * No mapping of the file is inherited by children of fork(). A child that was
 * made without our handlers must not write into its parent's memory.
 *
 * Locking	none
 * Invariants	OS1, OS2 of os_mem.c
 */
#include <linux/falloc.h>
#include <linux/memfd.h>
#include <linux/mman.h>
#include <sys/mman.h>

#include "sys/mem_call.h"
#include "sys/os.h"
#include "sys/raw.h"

int os_memfd(const char *name)
{
	long fd;
	int high;

	if (mem_call())
		return -ENOMEM;
	fd = sys2(SYS_memfd_create, name, MFD_CLOEXEC);
	if (fd < 0)
		return (int)fd;
	high = os_dup_high((int)fd);
	if (high < 0) /* no free high number: keep this one */
		return (int)fd;
	os_close((int)fd);
	return high;
}

int os_file_resize(int fd, size_t size)
{
	if (mem_call())
		return -ENOMEM;
	if (size > os_file_size_limit())
		return -EFBIG;
	return (int)sys2(SYS_ftruncate, fd, size);
}

int os_file_punch(int fd, size_t offset, size_t size)
{
	if (mem_call())
		return -ENOMEM;
	return (int)sys4(SYS_fallocate, fd,
			 FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset,
			 size);
}

int os_file_write(int fd, const void *buf, size_t size, size_t offset)
{
	const char *from = buf;

	if (mem_call())
		return -ENOMEM;
	while (size) {
		long ret = sys4(SYS_pwrite64, fd, from, size, offset);

		if (ret == -EINTR)
			continue;
		if (ret <= 0)
			return ret ? (int)ret : -ENOSPC;
		from += ret;
		offset += (size_t)ret;
		size -= (size_t)ret;
	}
	return 0;
}

_Static_assert(OS_PROT_READ == PROT_READ && OS_PROT_WRITE == PROT_WRITE &&
		       OS_PROT_EXEC == PROT_EXEC,
	       "handed to mmap() as they are");

int os_map_file(void *addr, size_t size, int fd, size_t offset,
		unsigned int prot)
{
	long ret;

	if (mem_call())
		return -ENOMEM;
	ret = sys6(SYS_mmap, addr, size, prot, MAP_SHARED | MAP_FIXED, fd,
		   offset);
	return is_error(ret) ? (int)ret : 0;
}

int os_protect(void *addr, size_t size, unsigned int prot)
{
	if (mem_call())
		return -ENOMEM;
	return (int)sys3(SYS_mprotect, addr, size, prot);
}

static int map_private(void *addr, size_t size, int prot, int flags)
{
	long ret;

	if (mem_call())
		return -ENOMEM;
	ret = sys6(SYS_mmap, addr, size, prot,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | flags, -1, 0);
	return is_error(ret) ? (int)ret : 0;
}

int os_unmap_file(void *addr, size_t size)
{
	return map_private(addr, size, PROT_NONE, MAP_NORESERVE);
}

int os_unmap_file_zero(void *addr, size_t size)
{
	return map_private(addr, size, PROT_READ | PROT_WRITE, 0);
}

void *os_view_file(int fd, size_t size, size_t offset)
{
	long ret;

	if (mem_call())
		return NULL;
	ret = sys6(SYS_mmap, NULL, size, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_POPULATE, fd, offset);
	return is_error(ret) ? NULL : (void *)ret;
}

bool os_file_data(int fd, size_t *start, size_t *end)
{
	long at = sys3(SYS_lseek, fd, *start, 3 /* SEEK_DATA */);
	long hole;

	if (at < 0)
		return false;
	hole = sys3(SYS_lseek, fd, at, 4 /* SEEK_HOLE */);
	if (hole < 0)
		return false;
	*start = (size_t)at;
	*end = (size_t)hole;
	return true;
}

int os_remap_file(void *addr, size_t size, size_t offset)
{
	if (mem_call())
		return -ENOMEM;
	return (int)sys5(SYS_remap_file_pages, addr, size, 0,
			 offset >> OS_PAGE_SHIFT, 0);
}

int os_dont_fork(void *addr, size_t size)
{
	if (mem_call())
		return -ENOMEM;
	return (int)sys3(SYS_madvise, addr, size, MADV_DONTFORK);
}

int os_do_fork(void *addr, size_t size)
{
	if (mem_call())
		return -ENOMEM;
	return (int)sys3(SYS_madvise, addr, size, MADV_DOFORK);
}

/* Returns the kernel's default if the file cannot be read. */
unsigned long os_max_map_count(void)
{
	char buf[24];
	long fd = os_open_read("/proc/sys/vm/max_map_count");
	unsigned long nr = 0;
	long len = -1;

	if (fd >= 0) {
		len = os_read((int)fd, buf, sizeof(buf));
		os_close((int)fd);
	}
	for (long i = 0; i < len && buf[i] >= '0' && buf[i] <= '9'; i++)
		nr = nr * 10 + (unsigned long)(buf[i] - '0');
	return nr ? nr : 65530;
}
