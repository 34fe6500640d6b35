// SPDX-License-Identifier: MIT
/*
 * plan.h - what a replay does: the calls of a recording, by block
 */
#ifndef PLAN_H
#define PLAN_H

#include "recording.h"

enum step_kind { STEP_ALLOC, STEP_ZEROED, STEP_RESIZE, STEP_FREE };

struct step {
	uint64_t size;
	uint32_t block; /* its number */
	uint32_t turn; /* steps of this block before this one */
	uint32_t thread; /* from 0 */
	uint8_t kind; /* enum step_kind */
	uint8_t align; /* log2; 0: none was asked for */
};

struct plan {
	struct step *steps;
	uint64_t *live; /* bytes after each step, as recorded */
	size_t nr;
	uint32_t nr_blocks, nr_threads;
	size_t calls[NR_TRACE_OPS]; /* of the program */
	size_t unknown; /* calls with a block that was not recorded */
	size_t unfreed; /* blocks whose end was not recorded */
};

void plan_make(struct plan *plan, const struct recording *r);

#endif
