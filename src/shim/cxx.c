// SPDX-License-Identifier: MIT
/*
 * shim/cxx.c - operator new and delete, without a C++ runtime
 *
 * The mangled names are plain C functions here. Each goes through a slot, which
 * leads to malloc and free unless a program or a library replaces operators:
 * cxx_order.c. If it does, operator new first tries malloc's fast path itself.
 * A C++ runtime is needed only when memory runs out: cxx_runtime.c.
 *
 * Exceptions pass through frames of this file: it is built with unwind tables,
 * and has nothing to clean up.
 *
 * Source	the C++ standard [new.delete]; Itanium C++ ABI for the names
 */
#include "shim/cxx.h"
#include "shim/fast.h"
#include "shim/shim.h"

#define CALLER __builtin_return_address(0)

typedef void *(*new_function)(size_t size, const void *nothrow);
typedef void *(*aligned_function)(size_t size, size_t align,
				  const void *nothrow, uintptr_t caller);

static const char nothrow_tag; /* std::nothrow has no contents */

/* ---- no memory ----------------------------------------------------------- */

/* Allocates, calling the handler after each failure. NULL: no handler. */
static void *new_retry(enum cxx_form form, size_t size, size_t align,
		       const void *caller)
{
	for (;;) {
		new_handler_t handler = cxx_new_handler(caller);
		void *p;

		if (!handler)
			return NULL;
		handler();
		p = ((aligned_function)cxx_slot[form])(
			size, align, &nothrow_tag, (uintptr_t)caller);
		if (p)
			return p;
	}
}

/* The result of a program's own operator is returned, also if it is NULL. */
static noinline void *new_failed(enum cxx_form form, size_t size, size_t align,
				 const void *caller)
{
	void *p;

	if (cxx_foreign & 1U << form)
		return NULL;
	p = new_retry(form, size, align, caller);
	if (!p)
		cxx_throw_bad_alloc(size, caller, _Znwm);
	return p;
}

/* Without a handler nothing can be thrown; with one, the runtime catches it. */
static noinline void *nothrow_failed(enum cxx_form form, size_t size,
				     size_t align, const void *caller)
{
	cxx_function next;

	if (cxx_foreign & 1U << form || !cxx_new_handler(caller))
		return NULL;
	next = cxx_runtime_nothrow(form, caller);
	if (!next)
		return new_retry(form, size, align, caller);
	if (form >= CXX_NEW_ALIGNED)
		return ((aligned_function)next)(size, align, &nothrow_tag, 0);
	return ((new_function)next)(size, &nothrow_tag);
}

/* ---- new ----------------------------------------------------------------- */

static noinline void *plain_new(enum cxx_form form, size_t size,
				const void *caller)
{
	void *p = ((void *(*)(size_t))cxx_slot[form])(size);

	return likely(p) ? p : new_failed(form, size, MALLOC_ALIGN, caller);
}

static noinline void *plain_nothrow(enum cxx_form form, size_t size,
				    const void *nothrow, const void *caller)
{
	void *p = ((new_function)cxx_slot[form])(size, nothrow);

	return likely(p) ? p : nothrow_failed(form, size, MALLOC_ALIGN, caller);
}

/* Returns an object, if operator new is malloc() and it hits; or NULL. */
static __always_inline void *pop_new(size_t size)
{
	return likely(size < shim_sizes.fine_new) ? pop_fine(size) : NULL;
}

EXPORT __hot_text void *_Znwm(size_t size)
{
	void *p = pop_new(size);

	return likely(p) ? p : plain_new(CXX_NEW, size, CALLER);
}

EXPORT __hot_text void *_Znam(size_t size)
{
	void *p = pop_new(size);

	return likely(p) ? p : plain_new(CXX_NEW_ARRAY, size, CALLER);
}

EXPORT void *_ZnwmRKSt9nothrow_t(size_t size, const void *nothrow)
{
	void *p = pop_new(size);

	return likely(p) ?
		       p :
		       plain_nothrow(CXX_NEW_NOTHROW, size, nothrow, CALLER);
}

EXPORT void *_ZnamRKSt9nothrow_t(size_t size, const void *nothrow)
{
	void *p = pop_new(size);

	return likely(p) ? p :
			   plain_nothrow(CXX_NEW_ARRAY_NOTHROW, size, nothrow,
					 CALLER);
}

EXPORT void *_ZnwmSt11align_val_t(size_t size, size_t align)
{
	void *p = ((aligned_function)cxx_slot[CXX_NEW_ALIGNED])(
		size, align, NULL, (uintptr_t)CALLER);

	return likely(p) ? p : new_failed(CXX_NEW_ALIGNED, size, align, CALLER);
}

EXPORT void *_ZnamSt11align_val_t(size_t size, size_t align)
{
	void *p = ((aligned_function)cxx_slot[CXX_NEW_ARRAY_ALIGNED])(
		size, align, NULL, (uintptr_t)CALLER);

	return likely(p) ?
		       p :
		       new_failed(CXX_NEW_ARRAY_ALIGNED, size, align, CALLER);
}

EXPORT void *_ZnwmSt11align_val_tRKSt9nothrow_t(size_t size, size_t align,
						const void *nothrow)
{
	void *p = ((aligned_function)cxx_slot[CXX_NEW_ALIGNED_NOTHROW])(
		size, align, nothrow, (uintptr_t)CALLER);

	return likely(p) ? p :
			   nothrow_failed(CXX_NEW_ALIGNED_NOTHROW, size, align,
					  CALLER);
}

EXPORT void *_ZnamSt11align_val_tRKSt9nothrow_t(size_t size, size_t align,
						const void *nothrow)
{
	void *p = ((aligned_function)cxx_slot[CXX_NEW_ARRAY_ALIGNED_NOTHROW])(
		size, align, nothrow, (uintptr_t)CALLER);

	return likely(p) ? p :
			   nothrow_failed(CXX_NEW_ARRAY_ALIGNED_NOTHROW, size,
					  align, CALLER);
}

/* ---- delete: sizes and alignments are hints that ours do not need -------- */

EXPORT void _ZdlPv(void *p)
{
	((void (*)(void *))cxx_slot[CXX_DELETE])(p);
}

EXPORT void _ZdaPv(void *p)
{
	((void (*)(void *))cxx_slot[CXX_DELETE_ARRAY])(p);
}

EXPORT void _ZdlPvm(void *p, size_t size)
{
	((void (*)(void *, size_t))cxx_slot[CXX_DELETE_SIZED])(p, size);
}

EXPORT void _ZdaPvm(void *p, size_t size)
{
	((void (*)(void *, size_t))cxx_slot[CXX_DELETE_ARRAY_SIZED])(p, size);
}

EXPORT void _ZdlPvRKSt9nothrow_t(void *p, const void *nothrow)
{
	((void (*)(void *, const void *))cxx_slot[CXX_DELETE_NOTHROW])(p,
								       nothrow);
}

EXPORT void _ZdaPvRKSt9nothrow_t(void *p, const void *nothrow)
{
	((void (*)(void *, const void *))cxx_slot[CXX_DELETE_ARRAY_NOTHROW])(
		p, nothrow);
}

EXPORT void _ZdlPvSt11align_val_t(void *p, size_t align)
{
	((void (*)(void *, size_t))cxx_slot[CXX_DELETE_ALIGNED])(p, align);
}

EXPORT void _ZdaPvSt11align_val_t(void *p, size_t align)
{
	((void (*)(void *, size_t))cxx_slot[CXX_DELETE_ARRAY_ALIGNED])(p,
								       align);
}

EXPORT void _ZdlPvmSt11align_val_t(void *p, size_t size, size_t align)
{
	((void (*)(void *, size_t, size_t))cxx_slot[CXX_DELETE_SIZED_ALIGNED])(
		p, size, align);
}

EXPORT void _ZdaPvmSt11align_val_t(void *p, size_t size, size_t align)
{
	((void (*)(void *, size_t,
		   size_t))cxx_slot[CXX_DELETE_ARRAY_SIZED_ALIGNED])(p, size,
								     align);
}

EXPORT void _ZdlPvSt11align_val_tRKSt9nothrow_t(void *p, size_t align,
						const void *nothrow)
{
	((void (*)(void *, size_t,
		   const void *))cxx_slot[CXX_DELETE_ALIGNED_NOTHROW])(p, align,
								       nothrow);
}

EXPORT void _ZdaPvSt11align_val_tRKSt9nothrow_t(void *p, size_t align,
						const void *nothrow)
{
	((void (*)(void *, size_t, const void *))
		 cxx_slot[CXX_DELETE_ARRAY_ALIGNED_NOTHROW])(p, align, nothrow);
}
