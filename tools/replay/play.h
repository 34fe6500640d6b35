// SPDX-License-Identifier: MIT
/*
 * play.h - makes the calls of a plan
 */
#ifndef PLAY_H
#define PLAY_H

#include "plan.h"

#define PLAY_CHECK 1U /* compare live bytes and contents */
#define PLAY_THREADS 2U /* with the threads of the recording */
#define PLAY_UNTOUCHED 4U /* leave the pages of blocks unwritten */

struct sample {
	size_t step;
	uint64_t live, resident; /* bytes */
};

#define MOST_SAMPLES 2048U

struct result {
	double seconds, cpu; /* samples are not counted */
	uint64_t resident_before; /* of the tool itself, anonymous */
	size_t failed; /* calls that gave NULL */
	size_t wrong; /* steps that the check found fault with */
	size_t first_wrong;
	struct sample *samples; /* of residence above resident_before */
	size_t nr_samples;
};

void play(const struct plan *plan, unsigned int flags, struct result *result);

#endif
