/* SPDX-License-Identifier: MIT */
/*
 * shim/scope.h - which objects define a name, in the order of ELF look-up
 */
#ifndef KM_SHIM_SCOPE_H
#define KM_SHIM_SCOPE_H

#include <elf.h>

#include "sys/compiler.h"

/* One loaded object, with the tables that a name is looked up in. */
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
 * Calls see() for each loaded object but this library, the program first. 0, or
 * -ENOENT: the list of objects is not there, or this library is not on it.
 */
int scope_walk(void (*see)(const struct scope_object *object, void *arg),
	       void *arg);

/*
 * The function of that name that the object defines; NULL: none. A symbol with
 * a version of its own is found by the second alone, if that is the default.
 */
void *scope_function(const struct scope_object *object, const char *name);
void *scope_versioned(const struct scope_object *object, const char *name);

#endif
