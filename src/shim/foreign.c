// SPDX-License-Identifier: MIT
/*
 * shim/foreign.c - pointers that are not ours
 *
 * A library bound to libc's malloc by RTLD_DEEPBIND, or a program with its own
 * allocator, may pass us its pointers. ld.so passes some from before this
 * library was loaded. maps.c finds what such a pointer is:
 *
 *	no mapping			one line, abort
 *	a stack				one line, abort
 *	a loaded object, its .bss	one line, abort; but ld.so's own
 *					writable pages, its early heap: ignored
 *	anything else			the next allocator's: foreign=forward
 *					(default), =abort or =leak
 *	  glibc is next, and this is	one line, abort; =leak: ignored
 *	  no block of its malloc
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diag/param.h"
#include "diag/report.h"
#include "shim/maps.h"
#include "shim/next.h"
#include "shim/shim.h"
#include "sys/os.h"

enum foreign_policy { FORWARD, ABORT, LEAK };

static enum foreign_policy foreign_policy = FORWARD;

static int set_foreign(const char *value)
{
	static const char *const names[] = { "forward", "abort", "leak" };

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(value, names[i])) {
			foreign_policy = (enum foreign_policy)i;
			return 0;
		}
	return -EINVAL;
}
boot_param("foreign", set_foreign, "forward, abort, leak");

static __cold void refuse_pointer(const char *function, const void *p,
				  enum map_place place)
{
	static const char *const what[] = {
		[PLACE_NONE] = "is in no mapping",
		[PLACE_STACK] = "is on a stack",
		[PLACE_OBJECT] = "is inside a loaded object",
		[PLACE_MAPPING] = "is in a mapping of the program, not "
				  "malloc's",
		[PLACE_OTHER] = "belongs to another allocator",
	};

	/* an area of its own mapping, or one that is being freed */
	if (place == PLACE_NONE || place == PLACE_MAPPING)
		freed_check(function, p);
	km_panic("kmalloc: %s(): %p %s\n", function, p, what[place]);
}

/*
 * Returns true if p is known to be no block of the next allocator. glibc has
 * the size of a block in the word in front of it, 32 bytes or more; its own
 * free() ends the program for less.
 */
static bool is_no_block(const char *p)
{
	const char *word = p - sizeof(size_t);
	size_t size;

	if (!next_malloc()->is_glibc)
		return false;
	if (!os_readable(word))
		return true;
	memcpy(&size, word, sizeof(size));
	return size < 32;
}

/*
 * Returns PLACE_OTHER if a foreign pointer goes to the next allocator;
 * PLACE_LDSO or PLACE_NONE if it is ignored. Does not return if the program is
 * at fault.
 */
static enum map_place examine_pointer(const char *function, const void *p,
				      size_t *room)
{
	enum map_place place = place_of(p, room);

	if (place == PLACE_LDSO)
		return place;
	if (place == PLACE_OTHER && foreign_policy != LEAK && is_no_block(p))
		place = PLACE_MAPPING;
	if (place != PLACE_OTHER || foreign_policy == ABORT)
		refuse_pointer(function, p, place);
	return foreign_policy == FORWARD ? PLACE_OTHER : PLACE_NONE;
}

/* ---- the next allocator -------------------------------------------------- */

/* Absent from static programs, which have no other allocator. */
extern __typeof__(dlsym) dlsym __attribute__((weak));

/*
 * Returns the next allocator's function. Usually it was noted at the start;
 * dlsym() waits while another thread is inside dlopen().
 */
static void *next_function(void *noted, const char *name, const void *p)
{
	void *function = noted;

	if (!function && &dlsym)
		function = dlsym(RTLD_NEXT, name);
	if (!function)
		refuse_pointer(name, p, PLACE_OTHER);
	return function;
}

static void next_free(void *p)
{
	void *noted = (void *)next_malloc()->free;

	((void (*)(void *))next_function(noted, "free", p))(p);
}

static void *next_realloc(void *p, size_t size)
{
	void *noted = (void *)next_malloc()->realloc;

	return ((void *(*)(void *, size_t))next_function(noted, "realloc",
							 p))(p, size);
}

static size_t next_usable_size(void *p)
{
	void *noted = (void *)next_malloc()->usable_size;

	return ((size_t(*)(void *))next_function(noted, "malloc_usable_size",
						 p))(p);
}

void foreign_free(void *p)
{
	int saved = errno;
	size_t room;

	if (examine_pointer("free", p, &room) == PLACE_OTHER)
		next_free(p);
	errno = saved;
}

int foreign_realloc(void *p, size_t size, void **out, size_t *room)
{
	*room = 0;
	if (examine_pointer("realloc", p, room) != PLACE_OTHER)
		return -ENOENT;
	*out = next_realloc(p, size);
	return 0;
}

size_t foreign_usable_size(void *p)
{
	size_t room;

	if (examine_pointer("malloc_usable_size", p, &room) == PLACE_OTHER)
		return next_usable_size(p);
	return 0;
}
