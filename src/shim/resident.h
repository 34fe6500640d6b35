// SPDX-License-Identifier: MIT
/*
 * shim/resident.h - how much resident memory is the library's own
 */
#ifndef KM_SHIM_RESIDENT_H
#define KM_SHIM_RESIDENT_H

#include "sys/compiler.h"

struct resident {
	size_t tables; /* of frames: struct page, index, pageblocks */
	size_t image; /* code and data; 0 in a static program */
	size_t caches; /* slabs and tables of its own, not for a program */
};

/* Reads /proc/self/pagemap; values that it does not give are 0. */
void resident_own(struct resident *own);
/*
 * Returns the file that the loader mapped at an address of code; "" for the
 * program itself, and for unknown addresses.
 */
const char *resident_file(const void *code);

#endif
