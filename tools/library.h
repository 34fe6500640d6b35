// SPDX-License-Identifier: MIT
/*
 * library.h - a libkmalloc in a target, and names for what lies in it
 *
 *	struct object zone;
 *
 *	object_load(lib, &zone, "zone", address);
 *	free = object_get(&zone, "free_pages");
 *
 * A library says by itself where all lies (src/diag/observe.h). A name that it
 * does not know gives 0 and is noted in lib->missing: the library is older than
 * the tool, or newer and different.
 */
#ifndef KM_TOOLS_LIBRARY_H
#define KM_TOOLS_LIBRARY_H

#include "target.h"

#define LIBRARY_NAME_MAX 64 /* of an entry, with its '\0' */

struct library_name {
	char name[LIBRARY_NAME_MAX];
	uint64_t at; /* address, or offset, or a number */
	uint64_t size;
};

struct library {
	struct target *target;
	uint64_t image; /* where its file begins */
	char release[16];
	struct library_name *names; /* a hash table with empty places */
	size_t mask; /* its size less 1 */
	char missing[LIBRARY_NAME_MAX]; /* the first name it did not have */
};

/*
 * Finds the libraries of a target: `which` is 0 for the first one. Returns 0,
 * or -1 with the reason. It is to be closed, but not if that fails.
 */
int library_open(struct library *lib, struct target *t, unsigned int which,
		 struct why *why);
void library_close(struct library *lib);

/* Returns true if the library has a name. Notes nothing. */
bool library_has(const struct library *lib, const char *name);
/* The address of a variable or function; 0 if there is none. */
uint64_t library_symbol(struct library *lib, const char *name);
/* A constant, such as SHEAF_SIZE. */
uint64_t library_number(struct library *lib, const char *name);
/* The value of a variable. Returns 0 if it cannot be read. */
uint64_t library_value(struct library *lib, const char *name);
/* The bytes of a struct, by its name. */
size_t library_size(struct library *lib, const char *type);
/* The offset of a member, "kmem_cache.list". */
uint64_t library_offset(struct library *lib, const char *member);

/* Where a member lies in its struct; size 0: the library does not say. */
struct place {
	uint64_t at, size;
};

/* The place of "zone.name". Notes nothing. */
struct place library_place(const struct library *lib, const char *member);
/* The value of a member of 1 to 8 bytes; 0 if it ends behind `room` bytes. */
uint64_t place_get(struct place place, const void *bytes, size_t room);

/* A copy of a struct in the target. */
struct object {
	struct library *lib;
	const char *type;
	uint64_t at; /* its address there */
	size_t size;
	unsigned char bytes[4096];
};

/* Returns 0, or -1 if it is not there or larger than bytes. */
int object_load(struct library *lib, struct object *o, const char *type,
		uint64_t at);
/* The value of a member of 1, 2, 4 or 8 bytes. */
uint64_t object_get(const struct object *o, const char *member);
/* The address of a member in the target. */
uint64_t object_member(const struct object *o, const char *member);

#endif
