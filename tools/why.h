// SPDX-License-Identifier: MIT
/*
 * why.h - the one line that a tool prints when something cannot be done
 *
 * A function that fails fills it in and returns -1. Callers that know more put
 * words in front.
 */
#ifndef KM_TOOLS_WHY_H
#define KM_TOOLS_WHY_H

#include <stdarg.h>
#include <stdio.h>

struct why {
	char text[240];
};

/* Returns -1. */
__attribute__((format(printf, 2, 3))) static inline int
because(struct why *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	return -1;
}

#endif
