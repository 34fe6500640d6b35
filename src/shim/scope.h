/* SPDX-License-Identifier: MIT */
/*
 * shim/scope.h - which objects define a name, in the order of ELF look-up
 */
#ifndef KM_SHIM_SCOPE_H
#define KM_SHIM_SCOPE_H

#include <elf.h>

#include "sys/compiler.h"

/* One loaded object, with the tables for looking up a name. */
struct scope_object {
	bool front; /* it comes before this library */
	const char *soname; /* "" if it has none */
	uintptr_t bias;
	const Elf64_Sym *symbols;
	const char *strings;
	const u32 *gnu_hash, *hash; /* NULL: no such table */
	const Elf64_Half *versions; /* NULL: no symbol has one */
};

/*
 * Calls see() for each loaded object but this library, the program first.
 * Returns 0, or -ENOENT if there is no list of objects or this library is not
 * on it.
 */
int scope_walk(void (*see)(const struct scope_object *object, void *arg),
	       void *arg);

/*
 * Returns the function of that name that the object defines, or NULL. A symbol
 * with several versions is found by its default version alone.
 */
void *scope_function(const struct scope_object *object, const char *name);
void *scope_versioned(const struct scope_object *object, const char *name);

#endif
