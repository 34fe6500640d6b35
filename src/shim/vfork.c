// SPDX-License-Identifier: MIT
/*
 * shim/vfork.c - vfork(), whose child allocates in its parent's memory
 *
 * The child has its parent's thread pointer, and with it the table of cursors,
 * until it runs another program or ends; the parent's thread is stopped. That
 * is as good as one thread. With percpu=rseq it is not: the kernel restarts no
 * section of the child, which has no rseq area, and the CPU that it sees is the
 * one its parent was on. Alone with its parent it does no harm. Where
 * there are other threads, all tables of CPUs are hidden meanwhile:
 *
 *	vfork()		hide, fence
 *	the child	sections miss, the slabs serve it, and all threads
 *	the parent	show
 *
 * What the child has allocated and does not free stays allocated in the parent.
 *
 * A function that calls vfork() cannot return after the child did, for the
 * child overwrites its frame. So this one is in assembly: what the parent needs
 * later is in registers, which the kernel keeps.
 *
 * Locking	none here. Not in the archives: a static program has libc's.
 * Tests	torture.vfork
 */
#include <errno.h>

#include "kmem/cpu_owner.h"
#include "kmem/inside.h"
#include "kmem/kmem.h"
#include "shim/shim.h"

#ifdef __x86_64__
bool vfork_begin(void);
int vfork_end(bool hidden, long result);

/*
 * Returns true if vfork_end() is to show the tables. They stay where they are
 * if this thread is inside, a handler: its child then had better not allocate.
 */
bool vfork_begin(void)
{
	bool hidden;

	if (!kmem_rseq || !shim_many_threads() || !kmem_enter())
		return false;
	hidden = kmem_cpu_owners_hide();
	kmem_leave();
	return hidden;
}

/* In the parent. Returns what vfork() does. */
int vfork_end(bool hidden, long result)
{
	if (hidden)
		kmem_cpu_owners_unhide();
	if (result >= 0)
		return (int)result;
	errno = (int)-result;
	return -1;
}

/*
 * While the child runs, the return address is in rdi, and in rsi whether tables
 * are hidden. The child leaves by a jump, so that its shadow stack keeps the
 * parent's entry.
 */
__asm__(".pushsection .text\n\t"
	".globl vfork\n\t"
	".type vfork, @function\n"
	"vfork:\n\t"
	"endbr64\n\t"
	"subq $8, %rsp\n\t"
	"call vfork_begin\n\t"
	"addq $8, %rsp\n\t"
	"movzbl %al, %esi\n\t"
	"popq %rdi\n\t"
	"movl $58, %eax\n\t" /* SYS_vfork */
	"syscall\n\t"
	"testq %rax, %rax\n\t"
	"jz 1f\n\t"
	"pushq %rdi\n\t"
	"subq $8, %rsp\n\t"
	"movq %rsi, %rdi\n\t"
	"movq %rax, %rsi\n\t"
	"call vfork_end\n\t"
	"addq $8, %rsp\n\t"
	"ret\n"
	"1:\tnotrack jmp *%rdi\n\t"
	".size vfork, . - vfork\n\t"
	".popsection");
#endif
