// SPDX-License-Identifier: MIT
/*
 * exit_proof.c - what a process that ends by _exit() knows of its malloc
 *
 * Preloaded beside the library by cases/stress-ng.sh: such a process writes no
 * line of the library's stats_file. This one appends, before the process ends,
 * a line to the file that KM_EXIT_FILE names:
 *
 *	pid=123 comm=stress-ng-mallo arena=4194304 malloc=/lib/libkmalloc...
 *
 * malloc is the object that the process finds malloc() in, and arena what the
 * mallinfo2() of the same object says of memory taken from the system.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void write_line(const char *path)
{
	Dl_info by_malloc, by_info;
	char comm[17] = "", line[512];
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	int len;

	if (fd < 0)
		return;
	prctl(PR_GET_NAME, comm);
	if (dladdr((void *)malloc, &by_malloc) &&
	    dladdr((void *)mallinfo2, &by_info) &&
	    by_malloc.dli_fbase == by_info.dli_fbase) {
		len = snprintf(line, sizeof(line),
			       "pid=%d comm=%s arena=%zu malloc=%s\n", getpid(),
			       comm, mallinfo2().arena, by_malloc.dli_fname);
		if (write(fd, line, (size_t)len) != len)
			abort();
	}
	close(fd);
}

void _exit(int status)
{
	const char *path = getenv("KM_EXIT_FILE");

	if (path)
		write_line(path);
	for (;;)
		syscall(SYS_exit_group, status);
}
