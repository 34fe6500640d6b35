// SPDX-License-Identifier: MIT
/*
 * diag/warn.c - prints warnings, and ends the program if it is told to
 *
 *	kmalloc: 5242880 bytes are too many, the most are 4194304
 *	WARNING: CPU: 1 PID: 4711 at kmalloc.c:208 kmalloc_large(), called
 *	    from fill_table+0x1d/0x60
 *
 * (the second is one line). The caller is the first return address outside of
 * the loaded object that is this library. A program that is linked with the
 * archive has no such address: then the whole stack follows.
 *
 * Locking	none; any may be held
 * Source	the first words are those of Linux kernel/panic.c, __warn()
 */
#include <stdarg.h>

#include "diag/warn.h"
#include "diag/dump_stack.h"
#include "diag/fmt.h"
#include "diag/report.h"
#include "diag/unwind/eh_frame.h"
#include "diag/param.h"
#include "diag/unwind/stacktrace.h"
#include "sys/os.h"

#define MESSAGE_MAX 160

static unsigned long panic_on_warn; /* constant after init */

static int set_panic_on_warn(const char *value)
{
	return param_bool(*value ? value : "1", &panic_on_warn);
}
boot_param("panic_on_warn", set_panic_on_warn, "0, 1; alone it means 1");

void check_panic_on_warn(const char *origin)
{
	if (panic_on_warn)
		km_panic("Kernel panic - not syncing: %s: panic_on_warn set "
			 "...\n",
			 origin);
}

/* Returns the first of the addresses that is not in this library, or 0. */
static uintptr_t find_caller(const unsigned long *entries, unsigned int nr)
{
	struct eh_object own;

	if (eh_find_object((uintptr_t)find_caller, &own))
		return 0;
	/* the last entries are libc's start of the program or thread */
	for (unsigned int i = 0; i < nr; i++)
		if (entries[i] < own.start || entries[i] >= own.end)
			return own.name[0] ? entries[i] : 0;
	return 0;
}

noinline void __warn(const struct warn_place *place, const char *fmt, ...)
{
	unsigned long entries[STACK_TRACE_DEPTH];
	unsigned int nr = stack_trace_save_locked(entries, STACK_TRACE_DEPTH,
						  1);
	uintptr_t caller = find_caller(entries, nr);
	char message[MESSAGE_MAX];
	va_list args;

	va_start(args, fmt);
	km_vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	if (caller)
		km_report("%s%sWARNING: CPU: %d PID: %d at %s:%d %s(), called "
			  "from %pS\n",
			  message, *message ? "\n" : "", os_cpu(), os_tid(),
			  place->file, place->line, place->function,
			  (void *)caller);
	else
		km_report("%s%sWARNING: CPU: %d PID: %d at %s:%d %s()\n",
			  message, *message ? "\n" : "", os_cpu(), os_tid(),
			  place->file, place->line, place->function);
	if (!caller && nr) {
		km_report("Call Trace:\n");
		stack_trace_print(entries, nr, 1);
	}
	check_panic_on_warn("kmalloc");
}
