// SPDX-License-Identifier: MIT
/*
 * sys/os_record.c - a file that is written through mappings of it
 *
 *	| blocks are there ............... | none yet
 *	| mapping | mapping | ...	   ^ os_file_extend()
 *
 * A write to a mapped page of a file that has no block on a full disk ends the
 * program by SIGBUS. So blocks are allocated first.
 *
 * Locking	none
 */
#include <fcntl.h>
#include <sys/mman.h>

#include "sys/mem_call.h"
#include "sys/os.h"
#include "sys/raw.h"

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

long os_open_record(const char *path, unsigned int flags)
{
	long how = O_RDWR | O_NOFOLLOW | O_CLOEXEC, fd;
	int high;

	if (flags & OS_RECORD_NEW)
		how |= O_CREAT | O_EXCL;
	fd = sys4(SYS_openat, AT_FDCWD, path, how, 0600);
	if (fd < 0)
		return fd;
	high = os_dup_high((int)fd);
	if (high < 0) /* no free high number: keep this one */
		return fd;
	os_close((int)fd);
	return high;
}

int os_file_extend(int fd, size_t offset, size_t size)
{
	long ret;

	if (mem_call())
		return -ENOMEM;
	if (offset + size > os_file_size_limit())
		return -EFBIG;
	do
		ret = sys4(SYS_fallocate, fd, 0, offset, size);
	while (ret == -EINTR);
	return (int)ret;
}

int os_wipe_on_fork(void *addr, size_t size)
{
	if (mem_call())
		return -ENOMEM;
	return (int)sys3(SYS_madvise, addr, size, MADV_WIPEONFORK);
}
