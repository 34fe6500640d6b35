// SPDX-License-Identifier: MIT
/*
 * torture/filter.c - a library that confines the system calls of malloc
 *
 * Preloaded beside the library, it installs a seccomp filter before main():
 *
 *	a call made by code of malloc's library ---- listed ----> allowed
 *	    |					 `-- not ----> SIGSYS, the end
 *	a call made by other code -------------------------------> allowed
 *
 * The library makes its calls itself, not by libc's functions, so the address
 * of the instruction tells whose a call is. A child of fork and a thread that
 * is started later have the filter too.
 *
 * Environment: KM_FILTER_CALLS, the numbers of the calls that are allowed.
 * The process ends with status 77 where the kernel has no filters, and with 78
 * for anything else that is wrong.
 */
#include <link.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_CALLS 100

static uintptr_t text_start, text_end;

/* Looks for the segment of code that malloc() lies in. */
static int find_text(struct dl_phdr_info *info, size_t size, void *unused)
{
	uintptr_t inside = (uintptr_t)malloc;

	(void)size;
	(void)unused;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = info->dlpi_phdr + i;
		uintptr_t start = info->dlpi_addr + segment->p_vaddr;

		if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X))
			continue;
		if (inside - start < segment->p_memsz) {
			text_start = start;
			text_end = start + segment->p_memsz;
			return 1;
		}
	}
	return 0;
}

#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define HIGH (offsetof(struct seccomp_data, instruction_pointer) + 4)
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_##what)
#define SKIP_UNLESS(test, value) \
	BPF_JUMP(BPF_JMP | BPF_##test | BPF_K, (uint32_t)(value), 0, 1)
#define SKIP_IF(test, value) \
	BPF_JUMP(BPF_JMP | BPF_##test | BPF_K, (uint32_t)(value), 1, 0)

static void install(char *calls)
{
	struct sock_filter code[2 * MAX_CALLS + 16] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, HIGH),
		SKIP_IF(JEQ, text_start >> 32),
		RETURN(ALLOW),
		LOAD(instruction_pointer),
		SKIP_IF(JGE, text_start),
		RETURN(ALLOW),
		SKIP_UNLESS(JGE, text_end),
		RETURN(ALLOW),
		LOAD(nr),
	};
	unsigned short n = 9;
	struct sock_fprog program = { .filter = code };

	while (*calls && n < 2 * MAX_CALLS) {
		unsigned long nr = strtoul(calls, &calls, 10);

		code[n++] = (struct sock_filter)SKIP_UNLESS(JEQ, nr);
		code[n++] = (struct sock_filter)RETURN(ALLOW);
		while (*calls == ' ')
			calls++;
	}
	code[n++] = (struct sock_filter)RETURN(KILL_PROCESS);
	program.len = n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		_exit(77);
}

__attribute__((constructor)) static void confine(void)
{
	char *calls = getenv("KM_FILTER_CALLS");

	if (!calls || !dl_iterate_phdr(find_text, NULL) ||
	    text_start >> 32 != text_end >> 32)
		_exit(78);
	free(malloc(1)); /* what only the start needs comes before */
	install(calls);
}
