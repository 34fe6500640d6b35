// SPDX-License-Identifier: MIT
/*
 * shim/maps.h - finds what lies at an address, by /proc/self/maps
 */
#ifndef KM_SHIM_MAPS_H
#define KM_SHIM_MAPS_H

#include "sys/compiler.h"

enum map_place {
	PLACE_NONE, /* no mapping */
	PLACE_STACK, /* of a thread that is known, or of this one */
	PLACE_OBJECT, /* a loaded object, or its .bss */
	PLACE_LDSO, /* writable pages of ld.so: its early heap */
	PLACE_OTHER, /* memory of another allocator */
	PLACE_MAPPING, /* foreign.c: no allocator's; never of maps.c */
};

struct mapping {
	uintptr_t start, end;
	bool writable;
	char path[64]; /* its beginning is enough */
	char tail[32]; /* and the last component */
};

/* A file of mappings as it is read: set fd, and at and len to 0. */
struct maps {
	int fd;
	char buf[1024];
	size_t at, len;
};

/* Reads the next line. Returns false at the end of the file. */
bool maps_next(struct maps *maps, struct mapping *map);
/*
 * Returns where p lies, and sets *room to the bytes from p to the end of its
 * mapping, unless it is PLACE_NONE. `here` is an address on the caller's stack.
 */
enum map_place maps_place(struct maps *maps, const void *here, const void *p,
			  size_t *room);
/* The same for this process. Returns PLACE_OTHER if there is no /proc. */
enum map_place place_of(const void *p, size_t *room);

#endif
