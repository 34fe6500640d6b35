// SPDX-License-Identifier: MIT
/*
 * shim/dlopen.c - dlopen() without RTLD_DEEPBIND
 *
 * deepbind.c decides for which calls the flag is removed.
 *
 *	caller -> dlopen: ask dlopen_plan(), restore, jump -> libc's dlopen
 *
 * libc's dlopen() is reached by a jump in machine code. So it returns directly
 * to the caller, and sees the caller's address, which decides whose RUNPATH and
 * $ORIGIN apply. Compilers make such a jump only when they optimise.
 *
 * Locking	none. Not in the archives: cmake/artefacts.cmake.
 * Tests	conformance.deepbind.default and its variants
 */
#include <dlfcn.h>

#include "shim/dlopen.h"
#include "shim/shim.h"

static void *no_dlopen(const char *file, int mode)
{
	(void)file;
	(void)mode;
	return NULL;
}

dlopen_function dlopen_real(void)
{
	static dlopen_function real; /* all find the same */
	dlopen_function found = READ_ONCE(real);

	if (likely(found))
		return found;
	found = (dlopen_function)dlsym(RTLD_NEXT, "dlopen");
	if (!found)
		found = no_dlopen;
	WRITE_ONCE(real, found);
	return found;
}

struct dlopen_plan dlopen_plan(const char *file, int mode)
{
	if ((mode & RTLD_DEEPBIND) && deepbind_masked(file))
		mode &= ~RTLD_DEEPBIND;
	return (struct dlopen_plan){ mode, dlopen_real() };
}

/* ---- dlopen -------------------------------------------------------------- */

#if defined(__x86_64__)
/* The plan comes back in rax and rdx; the stack is aligned after one push. */
__asm__(".pushsection .text, \"ax\", @progbits\n"
	".globl dlopen\n"
	".type dlopen, @function\n"
	"dlopen:\n"
	"	.cfi_startproc\n"
	"	endbr64\n"
	"	pushq %rdi\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	call dlopen_plan\n"
	"	popq %rdi\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	movl %eax, %esi\n"
	"	jmp *%rdx\n"
	"	.cfi_endproc\n"
	".size dlopen, . - dlopen\n"
	".popsection\n");
#elif defined(__aarch64__)
/* The plan comes back in x0 and x1; hint 34 is bti c. */
__asm__(".pushsection .text, \"ax\", @progbits\n"
	".globl dlopen\n"
	".type dlopen, %function\n"
	"dlopen:\n"
	"	.cfi_startproc\n"
	"	hint #34\n"
	"	stp x29, x30, [sp, #-32]!\n"
	"	.cfi_def_cfa_offset 32\n"
	"	.cfi_offset 29, -32\n"
	"	.cfi_offset 30, -24\n"
	"	mov x29, sp\n"
	"	str x0, [sp, #16]\n"
	"	bl dlopen_plan\n"
	"	mov x16, x1\n"
	"	mov w1, w0\n"
	"	ldr x0, [sp, #16]\n"
	"	ldp x29, x30, [sp], #32\n"
	"	.cfi_restore 29\n"
	"	.cfi_restore 30\n"
	"	.cfi_def_cfa_offset 0\n"
	"	br x16\n"
	"	.cfi_endproc\n"
	".size dlopen, . - dlopen\n"
	".popsection\n");
#else
EXPORT void *dlopen(const char *file, int mode)
{
	struct dlopen_plan plan = dlopen_plan(file, mode);

	return plan.real(file, (int)plan.mode);
}
#endif
