/* SPDX-License-Identifier: MIT */
/*
 * misuse/misuse.h - what the one-fault programs share
 *
 * A program is called with the function that gets the bad pointer (free,
 * realloc or usable) and, where it matters, with the kind of block (small, run
 * or area, with "-aligned" for one from aligned_alloc). When the fault goes
 * unseen it exits with status 3.
 */
#ifndef MISUSE_H
#define MISUSE_H

#include "support/program.h"

#define MISSED 3

/* The bytes of a block of kind @kind. */
static inline size_t size_of(const char *kind)
{
	if (!strncmp(kind, "small", 5))
		return 64;
	return !strncmp(kind, "run", 3) ? 100 * KIB : 8 * MIB;
}

/* A block of kind @kind. */
static inline char *block(const char *kind)
{
	char *p = strstr(kind, "-aligned") ?
			  aligned_alloc(strncmp(kind, "small", 5) ? 8192 : 64,
					size_of(kind)) :
			  malloc(size_of(kind));

	kt_prove_library();
	REQUIRE(p, "no %s block", kind);
	return hide(p);
}

/* Give the bad pointer to the function named @how. */
static inline int commit(const char *how, void *p)
{
	kt_prove_library();
	if (!strcmp(how, "free"))
		free(p);
	else if (!strcmp(how, "realloc"))
		hide(realloc(p, 3000));
	else
		hide((void *)malloc_usable_size(p));
	return MISSED;
}

#endif /* MISUSE_H */
