/* SPDX-License-Identifier: MIT */
/*
 * tests/support/resident.h - which pages are in memory
 */
#ifndef TEST_RESIDENT_H
#define TEST_RESIDENT_H

#include <sys/mman.h>

#include "sys/compiler.h"
#include "support/check.h"

/* Returns how many of nr pages at p, all of them mapped, are in memory. */
static inline unsigned long resident_in(const void *p, unsigned long nr)
{
	unsigned char in;
	unsigned long sum = 0;

	for (unsigned long i = 0; i < nr; i++) {
		REQUIRE(!mincore((char *)(uintptr_t)p + i * PAGE_SIZE,
				 PAGE_SIZE, &in));
		sum += in & 1;
	}
	return sum;
}

#endif /* TEST_RESIDENT_H */
