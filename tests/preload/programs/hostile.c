// SPDX-License-Identifier: MIT
/*
 * hostile.c - a process that claims to run on libkmalloc, to harm who looks
 *
 *	hostile FOLDER
 *
 * It has a note, a descriptor, and a proc_read() that a reader will run. That
 * does what the text of its name says; FOLDER/owned is what it would make.
 * Prints its number, and ends when its standard input does.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "diag/observe.h"

#define ROOM (5UL << 28) /* more than a text may have */

static char owned[256];
static char *room; /* zeros */

/* Says what succeeded. Nothing must. */
static long do_harm(char *text, size_t size)
{
	int nr = 0, fds[2];

	nr += !mkdir(owned, 0700);
	nr += syscall(SYS_openat, AT_FDCWD, owned, O_RDWR | O_CREAT, 0600) > 0;
	nr += open("/etc/passwd", O_RDONLY) >= 0;
	nr += socket(AF_INET, SOCK_STREAM, 0) >= 0;
	nr += !pipe(fds);
	nr += !kill(getppid(), SIGKILL);
	nr += !syscall(SYS_tgkill, getppid(), getppid(), SIGKILL);
	nr += syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) > 0;
	nr += !syscall(SYS_ptrace, 16, getppid(), 0, 0);
	nr += write(STDERR_FILENO, "owned\n", 6) > 0;
	nr += pwrite(3, "owned\n", 6, (off_t)(uintptr_t)owned) > 0;
	execl("/bin/touch", "touch", owned, (char *)NULL);
	return snprintf(text, size, "%d of 12 succeeded\n", nr);
}

static long turn_round(void)
{
	static volatile int going = 1;

	while (going)
		;
	return 0;
}

/* Nearly all time is the kernel's. */
static long keep_kernel_busy(void)
{
	static volatile int going = 1;
	static char page[4096];

	while (going)
		syscall(SYS_pread64, 3, page, sizeof(page), page);
	return 0;
}

/* Leads through one page after another. */
static long walk_memory(void)
{
	long sum = 0;

	for (size_t i = 0; i < ROOM; i += 4096)
		sum += *(volatile char *)(room + i);
	return sum;
}

/* Says how many pieces of 64 MiB it can have. */
static long take_memory(char *text, size_t size)
{
	int nr = 0;

	while (nr < 1000 &&
	       syscall(SYS_mmap, 0, 64UL << 20, 3, 0x22, -1, 0) != -1)
		nr++;
	return snprintf(text, size, "%d pieces\n", nr);
}

static long claim_more(char *text)
{
	text[0] = 'x';
	return 1L << 62;
}

static long hostile_read(const char *name, char *text, size_t size)
{
	if (!strcmp(name, "harm"))
		return do_harm(text, size);
	if (!strcmp(name, "turn"))
		return turn_round();
	if (!strcmp(name, "kernel"))
		return keep_kernel_busy();
	if (!strcmp(name, "walk"))
		return walk_memory();
	if (!strcmp(name, "take"))
		return take_memory(text, size);
	if (!strcmp(name, "more"))
		return claim_more(text);
	if (!strcmp(name, "refuse"))
		return -100000; /* what ghost_text() returns for a failure */
	if (!strcmp(name, "wild"))
		return *(volatile long *)strlen(name);
	return snprintf(text, size, "\033[2J\a\tred\n");
}

#define proc_read hostile_read

static const struct observe_symbol names[] = { { "proc_read",
						 (const void *)proc_read, 0 } };

const struct observe km_observe = {
	.magic = "kmalloc",
	.version = OBSERVE_VERSION,
	.size = sizeof(km_observe),
	.symbol_size = sizeof(struct observe_symbol),
	.field_size = sizeof(struct observe_field),
	.symbols = names,
	.symbols_end = names + 1,
	.release = "6.6.6",
};

__asm__(".pushsection .note.kmalloc, \"a\", %note\n\t"
	".balign 4\n\t"
	".long 8, 16, 1\n\t"
	".asciz \"kmalloc\"\n\t"
	".long 1, 0\n\t"
	".quad km_observe - .\n\t"
	".popsection");

int main(int argc, char **argv)
{
	char c;

	snprintf(owned, sizeof(owned), "%s/owned", argc > 1 ? argv[1] : ".");
	room = mmap(NULL, ROOM, PROT_READ,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (room == MAP_FAILED)
		return 1;
	printf("%d 0\n", (int)getpid());
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	return 0;
}
