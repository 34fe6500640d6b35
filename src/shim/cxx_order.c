// SPDX-License-Identifier: MIT
/*
 * shim/cxx_order.c - which definition of an operator runs
 *
 * A program or a library may replace any of the operators, and by the standard
 * the default forms call the others:
 *
 *	new[], new(nothrow)		-> new
 *	new[](nothrow)			-> new[]
 *	the aligned ones likewise	-> new(align)
 *	delete[], delete(size),
 *	delete(nothrow), each of them
 *	with an alignment		-> likewise
 *
 * Each operator gets the first of these that exists:
 *
 *	1 the definition that would run if this library were not there, unless
 *	  it is of the C++ runtime, or of an allocator that this library
 *	  replaces
 *	2 if any operator is replaced so: the C++ runtime's, which calls the
 *	  others as the standard says
 *	3 the same, if there is no runtime in the global scope: the nearest
 *	  replaced one on the way that the table above shows
 *	4 the malloc and free of the process
 *
 * Locking	none: the first thread settles it; others would find the same
 * Tests	cxx.replaced.program and its variants
 */
#include <stdlib.h>
#include <string.h>

#include "shim/by_name.h"
#include "shim/cxx.h"
#include "shim/scope.h"
#include "shim/shim.h"

u32 cxx_foreign;
cxx_function cxx_runtime_operator[NR_CXX_FORMS];

/*
 * Each operator: its form, its symbol, the form that its default calls (itself:
 * none), and the function that its first call runs.
 */
#define CXX_OPERATORS(_)                                                       \
	_(CXX_NEW, _Znwm, CXX_NEW, first_new)                                  \
	_(CXX_NEW_ARRAY, _Znam, CXX_NEW, first_new_array)                      \
	_(CXX_NEW_NOTHROW, _ZnwmRKSt9nothrow_t, CXX_NEW, first_new_nothrow)    \
	_(CXX_NEW_ARRAY_NOTHROW, _ZnamRKSt9nothrow_t, CXX_NEW_ARRAY,           \
	  first_new_array_nothrow)                                             \
	_(CXX_NEW_ALIGNED, _ZnwmSt11align_val_t, CXX_NEW_ALIGNED,              \
	  first_new_aligned)                                                   \
	_(CXX_NEW_ARRAY_ALIGNED, _ZnamSt11align_val_t, CXX_NEW_ALIGNED,        \
	  first_new_array_aligned)                                             \
	_(CXX_NEW_ALIGNED_NOTHROW, _ZnwmSt11align_val_tRKSt9nothrow_t,         \
	  CXX_NEW_ALIGNED, first_new_aligned_nothrow)                          \
	_(CXX_NEW_ARRAY_ALIGNED_NOTHROW, _ZnamSt11align_val_tRKSt9nothrow_t,   \
	  CXX_NEW_ARRAY_ALIGNED, first_new_array_aligned_nothrow)              \
	_(CXX_DELETE, _ZdlPv, CXX_DELETE, first_delete)                        \
	_(CXX_DELETE_ARRAY, _ZdaPv, CXX_DELETE, first_delete_array)            \
	_(CXX_DELETE_SIZED, _ZdlPvm, CXX_DELETE, first_delete_sized)           \
	_(CXX_DELETE_ARRAY_SIZED, _ZdaPvm, CXX_DELETE_ARRAY,                   \
	  first_delete_array_sized)                                            \
	_(CXX_DELETE_NOTHROW, _ZdlPvRKSt9nothrow_t, CXX_DELETE,                \
	  first_delete_nothrow)                                                \
	_(CXX_DELETE_ARRAY_NOTHROW, _ZdaPvRKSt9nothrow_t, CXX_DELETE_ARRAY,    \
	  first_delete_array_nothrow)                                          \
	_(CXX_DELETE_ALIGNED, _ZdlPvSt11align_val_t, CXX_DELETE_ALIGNED,       \
	  first_delete_aligned)                                                \
	_(CXX_DELETE_ARRAY_ALIGNED, _ZdaPvSt11align_val_t, CXX_DELETE_ALIGNED, \
	  first_delete_array_aligned)                                          \
	_(CXX_DELETE_SIZED_ALIGNED, _ZdlPvmSt11align_val_t,                    \
	  CXX_DELETE_ALIGNED, first_delete_sized_aligned)                      \
	_(CXX_DELETE_ARRAY_SIZED_ALIGNED, _ZdaPvmSt11align_val_t,              \
	  CXX_DELETE_ARRAY_ALIGNED, first_delete_array_sized_aligned)          \
	_(CXX_DELETE_ALIGNED_NOTHROW, _ZdlPvSt11align_val_tRKSt9nothrow_t,     \
	  CXX_DELETE_ALIGNED, first_delete_aligned_nothrow)                    \
	_(CXX_DELETE_ARRAY_ALIGNED_NOTHROW,                                    \
	  _ZdaPvSt11align_val_tRKSt9nothrow_t, CXX_DELETE_ARRAY_ALIGNED,       \
	  first_delete_array_aligned_nothrow)

#define FORM(form, symbol, next, first) [form] = { #symbol, next },
#define FIRST(form, symbol, next, first)                                       \
	static void *first(uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d) \
	{                                                                      \
		cxx_settle();                                                  \
		return ((any_operator)cxx_slot[form])(a, b, c, d);             \
	}
#define SLOT(form, symbol, next, first) [form] = (cxx_function)first,

static const struct form {
	const char *name;
	enum cxx_form next; /* called by the default; itself: none */
} forms[NR_CXX_FORMS] = { CXX_OPERATORS(FORM) };

/* ---- before it is settled: the first call of each settles all ------------ */

typedef void *(*any_operator)(uintptr_t a, uintptr_t b, uintptr_t c,
			      uintptr_t d);

static void cxx_settle(void);

CXX_OPERATORS(FIRST)

cxx_function cxx_slot[NR_CXX_FORMS] = { CXX_OPERATORS(SLOT) };

/* ---- what the objects of the process have -------------------------------- */

struct found {
	cxx_function first[NR_CXX_FORMS]; /* without this library; NULL: none */
	u32 replaced; /* bit n: first[n] is not the runtime's */
};

static bool is_runtime(const char *soname)
{
	static const char *const names[] = { "libstdc++.so", "libc++.so",
					     "libc++abi.so" };

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(soname, names[i], strlen(names[i])))
			return true;
	return false;
}

static void see_runtime(const struct scope_object *o)
{
	for (unsigned int i = 0; i < NR_CXX_FORMS; i++)
		if (!cxx_runtime_operator[i])
			cxx_runtime_operator[i] = (cxx_function)scope_versioned(
				o, forms[i].name);
}

static void see_operators(const struct scope_object *o, void *arg)
{
	struct found *found = arg;
	bool runtime = is_runtime(o->soname);

	if (runtime)
		see_runtime(o);
	else if (!o->front && scope_function(o, "malloc"))
		return; /* an allocator: this library replaces all of it */
	for (unsigned int i = 0; i < NR_CXX_FORMS; i++) {
		void *function;

		if (found->first[i])
			continue;
		function = runtime ? scope_versioned(o, forms[i].name) :
				     scope_function(o, forms[i].name);
		found->first[i] = (cxx_function)function;
		if (function && !runtime)
			found->replaced |= 1U << i;
	}
}

/* ---- settling ------------------------------------------------------------ */

/* These pass other arguments on than they get. */
static void delete_sized_aligned(void *p, size_t size, size_t align)
{
	(void)size;
	((void (*)(void *, size_t))cxx_slot[CXX_DELETE_ALIGNED])(p, align);
}

static void delete_array_sized_aligned(void *p, size_t size, size_t align)
{
	(void)size;
	((void (*)(void *, size_t))cxx_slot[CXX_DELETE_ARRAY_ALIGNED])(p,
								       align);
}

static cxx_function nearest_replaced(const struct found *found,
				     enum cxx_form form)
{
	enum cxx_form at = form;

	while (!(found->replaced & 1U << at)) {
		if (forms[at].next == at)
			return NULL;
		at = forms[at].next;
	}
	if (at == form)
		return found->first[at];
	if (form == CXX_DELETE_SIZED_ALIGNED)
		return (cxx_function)delete_sized_aligned;
	if (form == CXX_DELETE_ARRAY_SIZED_ALIGNED)
		return (cxx_function)delete_array_sized_aligned;
	return found->first[at];
}

/* Like the C++ runtimes, rounds the size up to the alignment. */
static void *other_new_aligned(size_t size, size_t align)
{
	if (align <= MALLOC_ALIGN)
		return by_name()->malloc(size);
	if (size > PTRDIFF_MAX || align > PTRDIFF_MAX)
		return NULL;
	return by_name()->aligned_alloc(align, ALIGN(max(size, 1UL), align));
}

static cxx_function by_malloc(enum cxx_form form)
{
	if (form >= CXX_DELETE)
		return (cxx_function)by_name()->free;
	if (form >= CXX_NEW_ALIGNED)
		return by_name()->other ? (cxx_function)other_new_aligned :
					  (cxx_function)shim_new_aligned;
	return (cxx_function)by_name()->malloc;
}

static void cxx_settle(void)
{
	struct found found = { .replaced = 0 };
	cxx_function slots[NR_CXX_FORMS];
	u32 foreign = 0;

	scope_walk(see_operators, &found);
	for (unsigned int i = 0; i < NR_CXX_FORMS; i++) {
		cxx_function slot = NULL;

		if (found.replaced & 1U << i)
			slot = found.first[i];
		else if (found.replaced)
			slot = cxx_runtime_operator[i];
		if (!slot)
			slot = nearest_replaced(&found, (enum cxx_form)i);
		if (slot)
			foreign |= 1U << i;
		else
			slot = by_malloc((enum cxx_form)i);
		slots[i] = slot;
	}
	WRITE_ONCE(cxx_foreign, foreign); /* read after a slot has failed */
	for (unsigned int i = 0; i < NR_CXX_FORMS; i++)
		smp_store_release(&cxx_slot[i], slots[i]);
	if (!foreign && !by_name()->other)
		shim_new_is_ours();
}

__attribute__((constructor)) static void cxx_start(void)
{
	cxx_settle();
}
