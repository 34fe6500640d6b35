// SPDX-License-Identifier: MIT
/*
 * torture/interposer.c - a library that stands in front of libc's memory calls
 *
 * As debuggers and network libraries do. Each function allocates and frees
 * before it does its work, so it ends the program if malloc's library calls it.
 * The first call of each thread says dlsym(), which in libc allocates too.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static __thread int looked;

static void allocate(void *caller)
{
	int saved = errno;
	Dl_info info;

	if (dladdr(caller, &info) && strstr(info.dli_fname, "kmalloc-preload"))
		abort();
	if (!looked) {
		looked = 1;
		if (dlsym(RTLD_NEXT, "there is no such function"))
			abort();
		dlerror();
	}
	free(malloc(40));
	free(realloc(malloc(50000), 100000));
	errno = saved;
}

void *mmap(void *addr, size_t size, int prot, int flags, int fd, off_t offset)
{
	allocate(__builtin_return_address(0));
	return (void *)syscall(SYS_mmap, addr, size, prot, flags, fd, offset);
}

int munmap(void *addr, size_t size)
{
	allocate(__builtin_return_address(0));
	return (int)syscall(SYS_munmap, addr, size);
}

void *mremap(void *addr, size_t old_size, size_t size, int flags, ...)
{
	va_list args;
	void *to;

	va_start(args, flags);
	to = va_arg(args, void *);
	va_end(args);
	allocate(__builtin_return_address(0));
	return (void *)syscall(SYS_mremap, addr, old_size, size, flags, to);
}

int madvise(void *addr, size_t size, int advice)
{
	allocate(__builtin_return_address(0));
	return (int)syscall(SYS_madvise, addr, size, advice);
}

int mprotect(void *addr, size_t size, int prot)
{
	allocate(__builtin_return_address(0));
	return (int)syscall(SYS_mprotect, addr, size, prot);
}

int open(const char *path, int flags, ...)
{
	va_list args;
	int mode;

	va_start(args, flags);
	mode = va_arg(args, int);
	va_end(args);
	allocate(__builtin_return_address(0));
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

ssize_t read(int fd, void *buf, size_t size)
{
	allocate(__builtin_return_address(0));
	return syscall(SYS_read, fd, buf, size);
}

ssize_t write(int fd, const void *buf, size_t size)
{
	allocate(__builtin_return_address(0));
	return syscall(SYS_write, fd, buf, size);
}

long sysconf(int name)
{
	long (*next)(int) = (long (*)(int))dlsym(RTLD_NEXT, "sysconf");

	allocate(__builtin_return_address(0));
	return next(name);
}
