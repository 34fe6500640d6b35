// SPDX-License-Identifier: MIT
/*
 * diag/observe.h - what a reader outside of the process finds its way by
 *
 *	the file's first page       its data: relocated, read-only afterwards
 *	  .note.kmalloc               struct observe
 *	    to observe  ------------>   magic, version, sizes of entries
 *	                                symbols --> "slab_caches" at, size
 *	                                            "node_data"   at, size
 *	                                fields  --> "zone.name"   offset, size
 *
 * A reader needs no debug symbols and no header of ours: it asks for names. A
 * room declares in its observe.c what of it can be found:
 *
 *	observe_symbol(slab_caches);
 *	observe_field(zone, free_pages);
 *	observe_inner(slab, inuse, state.counters.inuse);
 *	observe_size(zone);
 *	observe_number(NR_PAGE_ORDERS);
 *
 * A name says the same for ever. What is laid out anew keeps its name as long
 * as it means what it meant; what means something else gets another name. So a
 * reader that is newer than the library misses names, and a reader that is
 * older does not know some. The version changes only with this header.
 *
 * A core file has all of it: the kernel writes the first page of each file, and
 * data that was relocated. All memory of the allocators is written too.
 *
 * Source	ours. The kernel has the text vmcoreinfo for the same purpose.
 */
#ifndef KM_DIAG_OBSERVE_H
#define KM_DIAG_OBSERVE_H

#include "sys/compiler.h"

#define OBSERVE_VERSION 1

/* A variable or a function. */
struct observe_symbol {
	char name[24]; /* ends in '\0' */
	const void *at;
	u64 size; /* of a function: 0 */
};

/* "zone.name" a member; "struct zone" a size; "PAGE_SIZE" a number, size 0. */
struct observe_field {
	char name[40]; /* ends in '\0' */
	u32 offset; /* or the number */
	u32 size;
};

struct observe {
	char magic[8]; /* "kmalloc" */
	u32 version; /* OBSERVE_VERSION */
	u32 size; /* of this struct */
	u32 symbol_size, field_size; /* of an entry */
	const struct observe_symbol *symbols, *symbols_end;
	const struct observe_field *fields, *fields_end;
	char release[16]; /* of the library, such as "1.0.0" */
};

/* The note leads to it. */
extern const struct observe km_observe __hidden;

#define __observe(table) \
	__attribute__((section(table), used, aligned(sizeof(void *))))

#define observe_symbol(symbol)                                            \
	static const struct observe_symbol observe_at_##symbol __observe( \
		"km_symbols") = { #symbol, &symbol, sizeof(symbol) }

#define observe_function(function)                                          \
	static const struct observe_symbol observe_at_##function __observe( \
		"km_symbols") = { #function, (const void *)function, 0 }

#define observe_field(type, member)                                       \
	static const struct observe_field observe_of_##type##_##member    \
		__observe("km_fields") = {                                \
			#type "." #member, offsetof(struct type, member), \
			sizeof(((struct type *)0)->member)                \
		}

/* A member by a name of its own: it lies in an inner struct or union. */
#define observe_inner(type, name, member)                                       \
	static const struct observe_field observe_of_##type##_##name __observe( \
		"km_fields") = { #type "." #name,                               \
				 offsetof(struct type, member),                 \
				 sizeof(((struct type *)0)->member) }

#define observe_size(type)                                              \
	static const struct observe_field observe_all_##type __observe( \
		"km_fields") = { "struct " #type, 0, sizeof(struct type) }

#define observe_number(number)                                           \
	static const struct observe_field observe_of_##number __observe( \
		"km_fields") = { #number, (u32)(number), 0 }

#endif
