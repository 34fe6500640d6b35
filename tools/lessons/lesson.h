// SPDX-License-Identifier: MIT
/*
 * lesson.h - a small program that shows, step by step, what an allocator does
 *
 *	lesson("Objects");
 *	hint("cache point");			what the page is to show
 *	p = kmem_cache_alloc(point, ..);
 *	step("An object is allocated: ..");	it is looked at now
 *
 * kmalloc-view --steps runs it, and looks at it while it waits in step().
 */
#ifndef KM_TOOLS_LESSON_H
#define KM_TOOLS_LESSON_H

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * "tabs ...": the tables, of caches, free, slabs, arrays, areas, in front of
 * the map if the last word is first; "cache ...": the one to point out;
 * "colour ..."; "at 0x..": the pageblock to show, or "at all".
 */
__attribute__((format(printf, 1, 2))) static inline void
hint(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	putchar('#');
	vprintf(format, args);
	putchar('\n');
	va_end(args);
}

/*
 * Begins, with the title of the page. The program stays on one CPU from here
 * on, since lists and pools belong to CPUs.
 */
static inline void lesson(const char *title)
{
	int cpu = sched_getcpu();
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu < 0 ? 0 : (size_t)cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	hint("title %s", title);
}

/* Tells what has happened, and waits until that was looked at. */
__attribute__((format(printf, 1, 2))) static inline void
step(const char *format, ...)
{
	va_list args;
	char c;

	va_start(args, format);
	vprintf(format, args);
	putchar('\n');
	va_end(args);
	fflush(stdout);
	if (read(STDIN_FILENO, &c, 1) != 1)
		exit(0); /* the viewer has ended */
}

/* What a lesson cannot do without. */
static inline void *needed(void *p)
{
	if (!p)
		abort();
	return p;
}

#endif
