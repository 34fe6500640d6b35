// SPDX-License-Identifier: MIT
/*
 * diag/dump_stack.c - see dump_stack.h
 */
#include "diag/dump_stack.h"
#include "diag/report.h"
#include "sys/os.h"

void stack_trace_print(const unsigned long *entries, unsigned int nr,
		       unsigned int spaces)
{
	for (unsigned int i = 0; i < nr; i++)
		km_report("%*s%pS\n", (int)spaces, "", entries[i]);
}

void dump_stack_entries(const unsigned long *entries, unsigned int nr)
{
	char comm[16];

	os_comm(comm);
	km_report("CPU: %d PID: %d Comm: %pE\n", os_cpu(), os_tid(), comm);
	if (nr)
		km_report("Call Trace:\n");
	stack_trace_print(entries, nr, 1);
}

void dump_stack(void)
{
	unsigned long entries[STACK_TRACE_DEPTH];
	unsigned int nr = stack_trace_save(entries, STACK_TRACE_DEPTH, 1);

	dump_stack_entries(entries, nr);
}
