// SPDX-License-Identifier: MIT
/*
 * sys/mem_call.h - what the files of the OS seam share for memory calls
 */
#ifndef KM_SYS_MEM_CALL_H
#define KM_SYS_MEM_CALL_H

#include "sys/compiler.h"

/* Counts a memory call. Returns true if the fault tests want it to fail. */
bool mem_call(void);

static inline bool is_error(long ret)
{
	return (unsigned long)ret >= -4095UL;
}

#endif
