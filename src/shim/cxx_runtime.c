// SPDX-License-Identifier: MIT
/*
 * shim/cxx_runtime.c - finds the C++ runtime when memory has run out
 *
 * Its new_handler, and its way to throw bad_alloc:
 *
 *	in the global scope at start	weak references of this library
 *	global later			dlsym(RTLD_DEFAULT)
 *	linked into the caller		dlsym in the object that called
 *	loaded later, RTLD_LOCAL	each libstdc++/libc++abi that is loaded
 *	none				one line, abort: nothing can catch it
 *
 * The first way needs no lock of the loader. The others are slow, and wait
 * while another thread is inside dlopen().
 *
 * The exception passes through frames of this file: it is built with unwind
 * tables, and has nothing to clean up.
 *
 * Tests	cxx.new.shared, cxx.plugin.shared, cxx.noruntime
 * Source	Itanium C++ ABI for the names
 */
#include <dlfcn.h>
#include <link.h>
#include <string.h>

#include "diag/report.h"
#include "shim/cxx.h"
#include "shim/dlopen.h"
#include "shim/shim.h"

extern __typeof__(dlsym) dlsym __attribute__((weak));
extern __typeof__(dladdr) dladdr __attribute__((weak));
extern __typeof__(dlclose) dlclose __attribute__((weak));
extern __typeof__(dl_iterate_phdr) dl_iterate_phdr __attribute__((weak));

/*
 * Bound when this library is loaded, if a runtime is in the global scope then.
 */
extern new_handler_t _ZSt15get_new_handlerv(void) __attribute__((weak));
extern void _ZSt17__throw_bad_allocv(void) __attribute__((weak));

/* ---- finding the runtime ------------------------------------------------- */

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

/* Returns a symbol of one object that is loaded already, or NULL. */
static void *find_in(const char *path, const char *symbol)
{
	void *handle = dlopen_real()(path, RTLD_LAZY | RTLD_NOLOAD), *address;

	if (!handle)
		return NULL;
	address = dlsym(handle, symbol);
	dlclose(handle);
	return address;
}

/*
 * Looks beyond the global scope: in the calling object, which may be linked
 * with a runtime, and in runtimes that were loaded for it.
 */
static void *find_local(const char *symbol, const void *caller)
{
	struct runtimes found = { .nr = 0 };
	void *address = NULL;
	Dl_info info;

	if (!&dl_iterate_phdr || !&dladdr)
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

new_handler_t cxx_new_handler(const void *caller)
{
	new_handler_t (*get)(void) = _ZSt15get_new_handlerv;

	if (!get)
		get = (new_handler_t(*)(void))find_cxx("_ZSt15get_new_handlerv",
						       caller);
	return get ? get() : NULL;
}

/* libc++abi has no function that throws bad_alloc: builds the exception. */
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
 * A plugin that is linked with a runtime exports only what it uses. But its own
 * operator new, which this library replaces, can throw.
 */
static void throw_by_callers_new(size_t size, const void *caller,
				 new_function_t own_new)
{
	new_function_t found = NULL;
	Dl_info info;

	if (&dladdr && dladdr(caller, &info) && info.dli_fname)
		found = (new_function_t)find_in(info.dli_fname, "_Znwm");
	if (found && found != own_new)
		found(size);
}

void cxx_throw_bad_alloc(size_t size, const void *caller,
			 new_function_t own_new)
{
	void (*throw)(void) = _ZSt17__throw_bad_allocv;

	if (!throw)
		throw = (void (*)(void))find_cxx("_ZSt17__throw_bad_allocv",
						 caller);
	if (throw)
		throw();
	throw_by_hand(caller);
	throw_by_callers_new(size, caller, own_new);
	km_panic("kmalloc: operator new(%lu): out of memory, and no C++ "
		 "runtime to throw std::bad_alloc\n",
		 size);
}

/*
 * A handler may throw, and the nothrow forms return NULL then. Only a C++ frame
 * can catch: the runtime's nothrow new has one. It calls our throwing new,
 * which calls the handler.
 */
cxx_function cxx_runtime_nothrow(enum cxx_form form, const void *caller)
{
	static const char plain[] = "_ZnwmRKSt9nothrow_t";
	static const char aligned[] = "_ZnwmSt11align_val_tRKSt9nothrow_t";
	bool is_aligned = form >= CXX_NEW_ALIGNED;
	const char *name = is_aligned ? aligned : plain;
	void *next;

	form = is_aligned ? CXX_NEW_ALIGNED_NOTHROW : CXX_NEW_NOTHROW;
	if (cxx_runtime_operator[form])
		return cxx_runtime_operator[form];
	next = &dlsym ? dlsym(RTLD_NEXT, name) : NULL;
	return (cxx_function)(next ? next : find_local(name, caller));
}
