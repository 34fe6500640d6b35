// SPDX-License-Identifier: MIT
/*
 * core/bug.h - assertions in three tiers
 *
 * BUG_ON	always on: cheap, and guards what a user's mistake can corrupt.
 * VM_BUG_ON	debug builds: what only our own mistake can break.
 * x_check()	(in each room) checks a whole structure; called by tests.
 *
 * The text of a report is complete when this is compiled, so that the OS seam
 * prints it and core needs no printf. Warnings: diag/warn.h.
 */
#ifndef KM_CORE_BUG_H
#define KM_CORE_BUG_H

#include "config.h"
#include "sys/os.h"

#define IS_ENABLED(option) (option)

#define BUG_LINE_TEXT(line) #line
#define BUG_TEXT(cond, file, line) \
	"kmalloc: BUG: " cond " at " file ":" BUG_LINE_TEXT(line) "\n"

#define BUG_ON(cond)                                                      \
	do {                                                              \
		if (unlikely(cond))                                       \
			os_die(BUG_TEXT(#cond, __FILE_NAME__, __LINE__)); \
	} while (0)

#define VM_BUG_ON(cond)                   \
	do {                              \
		if (IS_ENABLED(KM_DEBUG)) \
			BUG_ON(cond);     \
	} while (0)

#endif
