// SPDX-License-Identifier: MIT
/*
 * shim/resident.h - what of the resident memory is the library's own
 */
#ifndef KM_SHIM_RESIDENT_H
#define KM_SHIM_RESIDENT_H

#include "sys/compiler.h"

struct resident {
	size_t tables; /* of frames: struct page, index, pageblocks */
	size_t image; /* code and data; 0 in a static program */
	size_t caches; /* slabs and tables of its own, not for a program */
};

/* Reads /proc/self/pagemap; what that does not tell is 0. */
void resident_own(struct resident *own);
/*
 * The file that holds an address of code, by the loader's account; "" is the
 * program's own, or nothing that is known.
 */
const char *resident_file(const void *code);

#endif
