/* SPDX-License-Identifier: MIT */
/*
 * shim/next.h - the allocator behind this library, for foreign pointers
 */
#ifndef KM_SHIM_NEXT_H
#define KM_SHIM_NEXT_H

#include "shim/scope.h"
#include "sys/compiler.h"

/* Functions of the objects behind this library; NULL: none. */
struct next_malloc {
	void (*free)(void *p);
	void *(*realloc)(void *p, size_t size);
	size_t (*usable_size)(void *p);
	bool is_glibc; /* free() is that of glibc */
};

/* Notes the functions that an object behind us defines, if they are missing. */
void next_note(struct next_malloc *next, const struct scope_object *object);
/* Keeps what a walk of all objects has noted. */
void next_keep(const struct next_malloc *next);
/* Returns what was kept; if nothing was, walks the objects first. */
const struct next_malloc *next_malloc(void);

#endif
