// SPDX-License-Identifier: MIT
/*
 * shim/cxx.c - operator new and delete, without a C++ runtime
 *
 * The mangled names are plain C functions here. Only when memory runs out is
 * a C++ runtime looked for: its new_handler, and its way to throw bad_alloc.
 *
 *	linked in, or global		dlsym(RTLD_DEFAULT)
 *	linked into the caller		dlsym in the object that called
 *	loaded later, RTLD_LOCAL	each libstdc++/libc++abi that is loaded
 *	none				one line, abort: nobody could catch it
 *
 * Frames of this file are crossed by the exception: it is built with unwind
 * tables, and holds nothing that needs cleaning up.
 *
 * Source	the C++ standard [new.delete]; Itanium C++ ABI for the names
 */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

#include "core/fmt.h"
#include "shim/cxx.h"
#include "shim/shim.h"

typedef void (*new_handler_t)(void);

extern __typeof__(dlsym) dlsym __attribute__((weak));
extern __typeof__(dlopen) dlopen __attribute__((weak));
extern __typeof__(dladdr) dladdr __attribute__((weak));
extern __typeof__(dlclose) dlclose __attribute__((weak));
extern __typeof__(dl_iterate_phdr) dl_iterate_phdr __attribute__((weak));

/* Static programs: the runtime is in the program or it is not. */
extern new_handler_t _ZSt15get_new_handlerv(void) __attribute__((weak));
extern void _ZSt17__throw_bad_allocv(void) __attribute__((weak));

/* ---- finding the runtime ------------------------------------------------------ */

#define MAX_RUNTIMES 4

struct runtimes {
	char path[MAX_RUNTIMES][256];
	unsigned int nr;
};

static int note_runtime(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct runtimes *found = arg;
	const char *name = info->dlpi_name;

	(void)size;
	if (!name || found->nr == MAX_RUNTIMES ||
	    strlen(name) >= sizeof(found->path[0]))
		return 0;
	if (strstr(name, "/libstdc++") || strstr(name, "/libc++"))
		strcpy(found->path[found->nr++], name);
	return 0;
}

/* A symbol of one object that is loaded already. */
static void *find_in(const char *path, const char *symbol)
{
	void *handle = dlopen(path, RTLD_LAZY | RTLD_NOLOAD), *address;

	if (!handle)
		return NULL;
	address = dlsym(handle, symbol);
	dlclose(handle);
	return address;
}

/*
 * Out of the global scope: in the object that called, which may have a runtime
 * linked into it, or in a runtime that was loaded for it.
 */
static void *find_local(const char *symbol, const void *caller)
{
	struct runtimes found = { .nr = 0 };
	void *address = NULL;
	Dl_info info;

	if (!&dl_iterate_phdr || !&dlopen || !&dladdr)
		return NULL;
	if (dladdr(caller, &info) && info.dli_fname)
		address = find_in(info.dli_fname, symbol);
	if (!address)
		dl_iterate_phdr(note_runtime, &found);
	for (unsigned int i = 0; i < found.nr && !address; i++)
		address = find_in(found.path[i], symbol);
	return address;
}

static void *find_cxx(const char *symbol, const void *caller)
{
	void *address;

	if (!&dlsym)
		return NULL;
	address = dlsym(RTLD_DEFAULT, symbol);
	return address ? address : find_local(symbol, caller);
}

static new_handler_t current_new_handler(const void *caller)
{
	new_handler_t (*get)(void) = _ZSt15get_new_handlerv;

	if (!get)
		get = (new_handler_t(*)(void))find_cxx("_ZSt15get_new_handlerv",
						       caller);
	return get ? get() : NULL;
}

/* libc++abi has no function for it: build the exception by hand. */
static void throw_by_hand(const void *caller)
{
	void *(*allocate)(size_t) = (void *(*)(size_t))find_cxx(
		"__cxa_allocate_exception", caller);
	void (*construct)(void *) = (void (*)(void *))find_cxx(
		"_ZNSt9bad_allocC1Ev", caller);
	void (*throw)(void *, void *, void (*)(void *)) = (void (*)(
		void *, void *, void (*)(void *)))find_cxx("__cxa_throw",
							   caller);
	void *type = find_cxx("_ZTISt9bad_alloc", caller);
	void *exception;

	if (!allocate || !construct || !throw || !type)
		return;
	exception = allocate(sizeof(void *));
	construct(exception);
	throw(exception, type,
	      (void (*)(void *))find_cxx("_ZNSt9bad_allocD1Ev", caller));
}

/*
 * A plugin with a runtime linked into it exports no more than it uses; but its
 * own operator new, which we stand in front of, knows how to throw.
 */
static void throw_by_callers_new(size_t size, const void *caller)
{
	void *(*new)(size_t) = NULL;
	Dl_info info;

	if (&dladdr && &dlopen && dladdr(caller, &info) && info.dli_fname)
		new = (void *(*)(size_t))find_in(info.dli_fname, "_Znwm");
	if (new &&new != _Znwm)
		new (size);
}

static void throw_bad_alloc(size_t size, const void *caller)
{
	void (*throw)(void) = _ZSt17__throw_bad_allocv;

	if (!throw)
		throw = (void (*)(void))find_cxx("_ZSt17__throw_bad_allocv",
						 caller);
	if (throw)
		throw();
	throw_by_hand(caller);
	throw_by_callers_new(size, caller);
	km_panic("kmalloc: operator new(%lu): out of memory, and no C++ "
		 "runtime to throw std::bad_alloc\n",
		 size);
}

/* ---- new ------------------------------------------------------------------------ */

/* Try, call the handler, try again; NULL once there is no handler. */
static void *new_retry(size_t size, size_t align, const void *caller)
{
	for (;;) {
		new_handler_t handler = current_new_handler(caller);
		void *p;

		if (!handler)
			return NULL;
		handler();
		p = shim_memalign(align, size, (uintptr_t)caller);
		if (p)
			return p;
	}
}

static noinline void *new_failed(size_t size, size_t align, const void *caller)
{
	void *p = new_retry(size, align, caller);

	if (!p)
		throw_bad_alloc(size, caller);
	return p;
}

/*
 * A handler may throw, and the nothrow forms turn that into NULL, which takes
 * a C++ frame: the runtime's own nothrow new has one. It calls our throwing
 * new, which calls the handler. Without a handler nothing can be thrown.
 */
static noinline void *nothrow_failed(size_t size, size_t align,
				     const void *caller)
{
	static const char plain[] = "_ZnwmRKSt9nothrow_t";
	static const char aligned[] = "_ZnwmSt11align_val_tRKSt9nothrow_t";
	const char *name = align > MALLOC_ALIGN ? aligned : plain;
	static const char nothrow; /* std::nothrow has no contents */
	void *next;

	if (!current_new_handler(caller))
		return NULL;
	next = &dlsym ? dlsym(RTLD_NEXT, name) : NULL;
	if (!next)
		next = find_local(name, caller);
	if (!next)
		return new_retry(size, align, caller);
	if (align > MALLOC_ALIGN)
		return ((void *(*)(size_t, size_t, const void *))next)(
			size, align, &nothrow);
	return ((void *(*)(size_t, const void *))next)(size, &nothrow);
}

#define CALLER __builtin_return_address(0)

EXPORT void *_Znwm(size_t size)
{
	void *p = malloc(size);

	return likely(p) ? p : new_failed(size, MALLOC_ALIGN, CALLER);
}

EXPORT void *_ZnwmRKSt9nothrow_t(size_t size, const void *nothrow)
{
	void *p = malloc(size);

	(void)nothrow;
	return likely(p) ? p : nothrow_failed(size, MALLOC_ALIGN, CALLER);
}

EXPORT void *_ZnwmSt11align_val_t(size_t size, size_t align)
{
	void *p = shim_memalign(align, size, (uintptr_t)CALLER);

	return likely(p) ? p : new_failed(size, align, CALLER);
}

EXPORT void *_ZnwmSt11align_val_tRKSt9nothrow_t(size_t size, size_t align,
						const void *nothrow)
{
	void *p = shim_memalign(align, size, (uintptr_t)CALLER);

	(void)nothrow;
	return likely(p) ? p : nothrow_failed(size, align, CALLER);
}

void *_Znam(size_t size) ALIAS(_Znwm);
void *_ZnamRKSt9nothrow_t(size_t size, const void *nothrow)
	ALIAS(_ZnwmRKSt9nothrow_t);
void *_ZnamSt11align_val_t(size_t size, size_t align)
	ALIAS(_ZnwmSt11align_val_t);
void *_ZnamSt11align_val_tRKSt9nothrow_t(size_t size, size_t align,
					 const void *nothrow)
	ALIAS(_ZnwmSt11align_val_tRKSt9nothrow_t);

/* ---- delete: sizes and alignments are hints that nobody needs -------------------- */

EXPORT void _ZdlPv(void *p)
{
	free(p);
}

EXPORT void _ZdlPvm(void *p, size_t size)
{
	(void)size;
	free(p);
}

EXPORT void _ZdlPvRKSt9nothrow_t(void *p, const void *nothrow)
{
	(void)nothrow;
	free(p);
}

EXPORT void _ZdlPvSt11align_val_t(void *p, size_t align)
{
	(void)align;
	free(p);
}

EXPORT void _ZdlPvmSt11align_val_t(void *p, size_t size, size_t align)
{
	(void)size;
	(void)align;
	free(p);
}

EXPORT void _ZdlPvSt11align_val_tRKSt9nothrow_t(void *p, size_t align,
						const void *nothrow)
{
	(void)align;
	(void)nothrow;
	free(p);
}

void _ZdaPv(void *p) ALIAS(_ZdlPv);
void _ZdaPvm(void *p, size_t size) ALIAS(_ZdlPvm);
void _ZdaPvRKSt9nothrow_t(void *p, const void *nothrow)
	ALIAS(_ZdlPvRKSt9nothrow_t);
void _ZdaPvSt11align_val_t(void *p, size_t align) ALIAS(_ZdlPvSt11align_val_t);
void _ZdaPvmSt11align_val_t(void *p, size_t size, size_t align)
	ALIAS(_ZdlPvmSt11align_val_t);
void _ZdaPvSt11align_val_tRKSt9nothrow_t(void *p, size_t align,
					 const void *nothrow)
	ALIAS(_ZdlPvSt11align_val_tRKSt9nothrow_t);
