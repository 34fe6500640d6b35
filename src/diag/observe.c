// SPDX-License-Identifier: MIT
/*
 * diag/observe.c - the note, and the descriptor that it leads to
 *
 *	.note.kmalloc	| 8 | 16 | 1 | "kmalloc" | version, 0 | distance |
 *	                                                        `-> km_observe
 *
 * The note holds the distance from itself to the descriptor. That is a constant
 * of the file, so neither a relocation nor a symbol is needed to follow it.
 * Readers that follow it from outside: tools/library.c, preload.top.
 */
#include "config.h"
#include "diag/observe.h"
#include "diag/proc.h"

/* Makes the texts: a reader calls it in a copy of the process. */
observe_function(proc_read);

extern const struct observe_symbol __start_km_symbols[]
	__attribute__((weak, visibility("hidden")));
extern const struct observe_symbol __stop_km_symbols[]
	__attribute__((weak, visibility("hidden")));
extern const struct observe_field __start_km_fields[]
	__attribute__((weak, visibility("hidden")));
extern const struct observe_field __stop_km_fields[]
	__attribute__((weak, visibility("hidden")));

const struct observe km_observe __observe("km_descriptor") = {
	.magic = "kmalloc",
	.version = OBSERVE_VERSION,
	.size = sizeof(struct observe),
	.symbol_size = sizeof(struct observe_symbol),
	.field_size = sizeof(struct observe_field),
	.symbols = __start_km_symbols,
	.symbols_end = __stop_km_symbols,
	.fields = __start_km_fields,
	.fields_end = __stop_km_fields,
	.release = KM_VERSION,
};

/* sizes of name and contents, type; name; version; distance */
__asm__(".pushsection .note.kmalloc, \"a\", %note\n\t"
	".balign 4\n\t"
	".long 8, 16, 1\n\t"
	".asciz \"kmalloc\"\n\t"
	".long 1, 0\n\t"
	".quad km_observe - .\n\t"
	".popsection");
