// SPDX-License-Identifier: MIT
/*
 * recording.h - a file of alloc_trace=, read and checked
 */
#ifndef RECORDING_H
#define RECORDING_H

#include <stddef.h>

#include "shim/trace_file.h"

struct recording {
	const char *path;
	struct trace_head head;
	const struct trace_record *records; /* from number TRACE_FIRST on */
	size_t nr; /* of them, up to the last one that was written */
	size_t missing; /* of these, not written */
	size_t cut; /* bytes of a record that is not whole, at the end */
};

/*
 * Memory for the tool's own tables: shared mappings, so that "anonymous" is
 * what the malloc under test holds. Ends the program if there is none.
 */
void *own_memory(size_t bytes);

/* Returns 0, or -1 after one line on stderr. */
int recording_read(const char *path, struct recording *out);

#endif
