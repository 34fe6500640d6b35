/* SPDX-License-Identifier: MIT */
/*
 * shim/cxx.h - the 20 operators by their mangled names (Itanium C++ ABI)
 *
 * nw new, na new[], dl delete, da delete[]; m size, St11align_val_t alignment,
 * RKSt9nothrow_t std::nothrow.
 */
#ifndef KM_SHIM_CXX_H
#define KM_SHIM_CXX_H

#include "sys/compiler.h"

void *_Znwm(size_t size);
void *_ZnwmRKSt9nothrow_t(size_t size, const void *nothrow);
void *_ZnwmSt11align_val_t(size_t size, size_t align);
void *_ZnwmSt11align_val_tRKSt9nothrow_t(size_t size, size_t align,
					 const void *nothrow);
void *_Znam(size_t size);
void *_ZnamRKSt9nothrow_t(size_t size, const void *nothrow);
void *_ZnamSt11align_val_t(size_t size, size_t align);
void *_ZnamSt11align_val_tRKSt9nothrow_t(size_t size, size_t align,
					 const void *nothrow);
void _ZdlPv(void *p);
void _ZdlPvm(void *p, size_t size);
void _ZdlPvRKSt9nothrow_t(void *p, const void *nothrow);
void _ZdlPvSt11align_val_t(void *p, size_t align);
void _ZdlPvmSt11align_val_t(void *p, size_t size, size_t align);
void _ZdlPvSt11align_val_tRKSt9nothrow_t(void *p, size_t align,
					 const void *nothrow);
void _ZdaPv(void *p);
void _ZdaPvm(void *p, size_t size);
void _ZdaPvRKSt9nothrow_t(void *p, const void *nothrow);
void _ZdaPvSt11align_val_t(void *p, size_t align);
void _ZdaPvmSt11align_val_t(void *p, size_t size, size_t align);
void _ZdaPvSt11align_val_tRKSt9nothrow_t(void *p, size_t align,
					 const void *nothrow);

/* The operators by number: new first, of those the aligned ones last. */
enum cxx_form {
	CXX_NEW,
	CXX_NEW_ARRAY,
	CXX_NEW_NOTHROW,
	CXX_NEW_ARRAY_NOTHROW,
	CXX_NEW_ALIGNED,
	CXX_NEW_ARRAY_ALIGNED,
	CXX_NEW_ALIGNED_NOTHROW,
	CXX_NEW_ARRAY_ALIGNED_NOTHROW,
	CXX_DELETE,
	CXX_DELETE_ARRAY,
	CXX_DELETE_SIZED,
	CXX_DELETE_ARRAY_SIZED,
	CXX_DELETE_NOTHROW,
	CXX_DELETE_ARRAY_NOTHROW,
	CXX_DELETE_ALIGNED,
	CXX_DELETE_ARRAY_ALIGNED,
	CXX_DELETE_SIZED_ALIGNED,
	CXX_DELETE_ARRAY_SIZED_ALIGNED,
	CXX_DELETE_ALIGNED_NOTHROW,
	CXX_DELETE_ARRAY_ALIGNED_NOTHROW,
	NR_CXX_FORMS,
};

/* Any function; cast to its type before it is called. */
typedef void (*cxx_function)(void);

/* ---- cxx_order.c: which definition runs ---------------------------------- */

/*
 * The function that each operator calls. It may take fewer arguments than the
 * operator: C's calling conventions let a callee ignore the rest. The first
 * call of any operator settles all slots.
 */
extern cxx_function cxx_slot[NR_CXX_FORMS] __hidden;
/* Bit n: the function in slot n is not of this library. */
extern u32 cxx_foreign __hidden;

typedef void (*new_handler_t)(void);

/* Operators of the C++ runtime in the global scope, or NULL; then constant. */
extern cxx_function cxx_runtime_operator[NR_CXX_FORMS] __hidden;

/* ---- cxx_runtime.c: for a call that returns to `caller` ------------------ */

new_handler_t cxx_new_handler(const void *caller); /* NULL: none is set */
typedef void *(*new_function_t)(size_t size);
/*
 * Never returns. own_new is this library's operator new, which cannot throw.
 */
void cxx_throw_bad_alloc(size_t size, const void *caller,
			 new_function_t own_new);
/* Returns the runtime's nothrow new, plain or aligned; NULL: none. */
cxx_function cxx_runtime_nothrow(enum cxx_form form, const void *caller);

#endif
