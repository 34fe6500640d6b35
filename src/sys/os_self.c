// SPDX-License-Identifier: MIT
/*
 * sys/os_self.c - this thread, this program, and the loader that started it
 *
 * For reports and stack traces: the thread's name, which memory is readable,
 * where the program's own unwind tables are.
 */
#include <elf.h>
#include <link.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>

#include "sys/os.h"
#include "sys/raw.h"

int os_tid(void)
{
	return (int)sys0(SYS_gettid);
}

void os_comm(char name[16])
{
	name[0] = '\0';
	sys2(SYS_prctl, PR_GET_NAME, name);
	name[15] = '\0';
}

void os_set_comm(const char *name)
{
	sys2(SYS_prctl, PR_SET_NAME, name);
}

/*
 * rt_sigprocmask(-1, addr): the kernel reads addr (EFAULT if unreadable) before
 * it rejects how == -1. It accepts NULL, so that is tested first.
 */
bool os_readable(const void *addr)
{
	return addr && sys4(SYS_rt_sigprocmask, -1, addr, NULL, 8) != -EFAULT;
}

/* Static programs have none, or an empty one. */
extern struct r_debug _r_debug __attribute__((weak));

static u8 constructors_run; /* relaxed; libc's start is over by then */

__attribute__((constructor)) static void note_constructors(void)
{
	WRITE_ONCE(constructors_run, (u8)1);
}

static uintptr_t loader_base(void)
{
	if (&_r_debug && _r_debug.r_ldbase)
		return _r_debug.r_ldbase;
	return getauxval(AT_BASE);
}

/* Returns the end of the segments of the object at `base`. */
static uintptr_t segments_end(uintptr_t base)
{
	const Elf64_Ehdr *head = (const void *)base;
	const Elf64_Phdr *ph = (const void *)(base + head->e_phoff);
	uintptr_t end = base;

	for (unsigned int i = 0; i < head->e_phnum; i++)
		if (ph[i].p_type == PT_LOAD)
			end = max(end, base + ph[i].p_vaddr + ph[i].p_memsz);
	return end;
}

bool os_in_loader(uintptr_t addr)
{
	static uintptr_t start, end; /* set by the first; all find the same */
	uintptr_t limit = smp_load_acquire(&end);

	if (unlikely(!limit)) {
		uintptr_t base = loader_base();

		limit = base ? segments_end(base) : 1;
		WRITE_ONCE(start, base);
		smp_store_release(&end, limit);
	}
	if (unlikely(limit == 1))
		return !os_libc_started();
	return addr >= READ_ONCE(start) && addr < limit;
}

bool os_is_static(void)
{
	return !loader_base();
}

bool os_libc_started(void)
{
	return READ_ONCE(constructors_run) || !os_is_static();
}

/*
 * Linkers write no PT_PHDR into static programs that may be loaded anywhere:
 * then the headers lie in the first segment, behind the header of the file.
 */
static uintptr_t bias_of(const Elf64_Phdr *ph, unsigned int nr)
{
	uintptr_t bias = 0;

	for (unsigned int i = 0; i < nr; i++) {
		if (ph[i].p_type == PT_PHDR)
			return (uintptr_t)ph - ph[i].p_vaddr;
		if (ph[i].p_type == PT_LOAD && !ph[i].p_offset)
			bias = (uintptr_t)ph - sizeof(Elf64_Ehdr) -
			       ph[i].p_vaddr;
	}
	return bias;
}

unsigned int os_program_headers(const void **headers, uintptr_t *bias)
{
	const Elf64_Phdr *ph = (const void *)getauxval(AT_PHDR);
	unsigned int nr = (unsigned int)getauxval(AT_PHNUM);

	*headers = ph;
	*bias = ph ? bias_of(ph, nr) : 0;
	return ph ? nr : 0;
}
