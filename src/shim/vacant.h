// SPDX-License-Identifier: MIT
/*
 * shim/vacant.h - words of check in freed runs and areas
 */
#ifndef KM_SHIM_VACANT_H
#define KM_SHIM_VACANT_H

#include "vmap/large/large.h"

/* A run of so many bytes is freed by its caller, who has it alone. */
void vacant_run(const struct page *page, size_t size);
/* Frames are in use again, before they are written to. */
void vacant_look(unsigned long pfn, unsigned long nr);
/* An area that was unlinked is about to be freed. */
void vacant_area(const struct large_area *area);

enum vacant_memory { VACANT_KEPT, VACANT_NEW };
/*
 * An area is in use, before it is written to. With VACANT_NEW it has other
 * memory than before, which is not looked at.
 */
void vacant_look_area(const struct large_area *area, enum vacant_memory how);

#endif
