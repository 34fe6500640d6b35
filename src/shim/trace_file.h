// SPDX-License-Identifier: MIT
/*
 * shim/trace_file.h - a recording of the calls of malloc: the file
 *
 *	| head, 64 bytes | record 2 | record 3 | record 4 | ...	 32 bytes each
 *	  0	      1    `- numbers are places: record n is at 32 * n
 *
 * Records are in one order for all threads. A block is recorded after malloc()
 * has it and before free() gives it back, so no record of a free comes before
 * that of the block's malloc. A realloc() has two: at the first the program
 * gives the old block up, at the second it has the new one. In between the old
 * address may become another thread's.
 *
 * A record whose op is 0 was not written: the process was killed at that
 * moment, or the file ends there. kmalloc-replay reads the file; so this header
 * includes nothing of the library.
 */
#ifndef KM_SHIM_TRACE_FILE_H
#define KM_SHIM_TRACE_FILE_H

#include <stdint.h>

#define TRACE_MAGIC "kmtrace"
#define TRACE_VERSION 1U
#define TRACE_FIRST 2U /* the number of the first record */

enum trace_op {
	TRACE_NONE,
	TRACE_MALLOC, /* addr: the block, or 0; size; align */
	TRACE_CALLOC, /* the same */
	TRACE_FREE, /* addr: the block */
	TRACE_REALLOC, /* addr: the old block; size: what is asked for */
	TRACE_RESIZED, /* addr: the new block, or 0; size; old: the old one */
	NR_TRACE_OPS
};

struct trace_head {
	char magic[8];
	uint32_t version, record; /* bytes of a record */
	int32_t pid, parent; /* parent: of a child of fork(), else 0 */
	uint64_t most; /* records, with the two of the head */
	char comm[16];
	uint64_t unused[2];
};

struct trace_record {
	uint64_t addr;
	uint64_t size_align; /* size | log2 of the alignment << 56 */
	uint32_t thread; /* the same number: one thread, or one after another */
	uint32_t ms; /* since the start of the recording */
	uint64_t old_op; /* old | op << 56; written last */
};

#define TRACE_LOW(word) ((word) & ((1ULL << 56) - 1))
#define TRACE_HIGH(word) ((unsigned int)((word) >> 56))

#endif
