// SPDX-License-Identifier: MIT
/*
 * shim/foreign.c - pointers that are not ours
 *
 * A library bound to libc's malloc by RTLD_DEEPBIND, or a program with an
 * allocator of its own, hands us its pointers; ld.so hands us some from before
 * we existed. What such a pointer is, /proc/self/maps tells:
 *
 *	no mapping			one line, abort
 *	a stack				one line, abort
 *	a loaded object, its .bss	one line, abort; but ld.so's own
 *					writable pages are its early heap: ignored
 *	anything else			the next allocator's: foreign=forward
 *					(default), =abort or =leak
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/fmt.h"
#include "core/param.h"
#include "shim/shim.h"
#include "sys/os.h"

enum place { PLACE_NONE, PLACE_STACK, PLACE_OBJECT, PLACE_LDSO, PLACE_OTHER };
enum policy { FORWARD, ABORT, LEAK };

static enum policy policy = FORWARD;

static int set_foreign(const char *value)
{
	static const char *const names[] = { "forward", "abort", "leak" };

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(value, names[i])) {
			policy = (enum policy)i;
			return 0;
		}
	return -EINVAL;
}
boot_param("foreign", set_foreign);

static void *main_thread; /* its thread pointer */

__attribute__((constructor)) static void note_main_thread(void)
{
	main_thread = __builtin_thread_pointer();
}

/* ---- /proc/self/maps, without stdio ----------------------------------------- */

struct mapping {
	uintptr_t start, end;
	bool writable;
	char path[64]; /* its beginning is enough */
	char tail[32]; /* and the last component */
};

struct maps {
	int fd;
	char buf[1024];
	size_t at, len;
};

static int maps_char(struct maps *maps)
{
	if (maps->at == maps->len) {
		long n = os_read(maps->fd, maps->buf, sizeof(maps->buf));

		if (n <= 0)
			return -1;
		maps->at = 0;
		maps->len = (size_t)n;
	}
	return (unsigned char)maps->buf[maps->at++];
}

static uintptr_t maps_hex(struct maps *maps)
{
	uintptr_t value = 0;

	for (;;) {
		int c = maps_char(maps);

		if (c >= '0' && c <= '9')
			value = value * 16 + (uintptr_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value * 16 + (uintptr_t)(c - 'a' + 10);
		else
			return value;
	}
}

static void keep_path(struct mapping *map, size_t *len, size_t *tail, int c)
{
	if (*len + 1 < sizeof(map->path))
		map->path[(*len)++] = (char)c;
	if (c == '/')
		*tail = 0;
	else if (*tail + 1 < sizeof(map->tail))
		map->tail[(*tail)++] = (char)c;
}

/* start-end perms offset dev inode   path: false at the end of the file. */
static bool maps_next(struct maps *maps, struct mapping *map)
{
	size_t len = 0, tail = 0;
	int c, field = 0;

	map->start = maps_hex(maps);
	map->end = maps_hex(maps);
	maps_char(maps);
	map->writable = maps_char(maps) == 'w';
	while ((c = maps_char(maps)) > 0 && c != '\n') {
		if (field < 4 && c == ' ')
			field++;
		else if (field == 4 && (len || c == '/' || c == '['))
			keep_path(map, &len, &tail, c);
	}
	map->path[len] = '\0';
	map->tail[tail] = '\0';
	return map->end != 0;
}

static bool is_object(const struct mapping *map)
{
	return map->path[0] == '/' && strncmp(map->path, "/dev/", 5) &&
	       strncmp(map->path, "/memfd:", 7);
}

/* Which mapping: `before` is the one in front, `here` the address on a stack. */
static enum place place_in(const struct mapping *map,
			   const struct mapping *before, uintptr_t here,
			   uintptr_t p)
{
	bool bss = !map->path[0] && before->end == map->start &&
		   is_object(before);
	const struct mapping *object = bss ? before : map;

	uintptr_t tls = (uintptr_t)main_thread;

	if (!strcmp(map->path, "[stack]") ||
	    (here >= map->start && here < map->end) ||
	    kmem_cpus_stack_in(map->start, map->end))
		return PLACE_STACK;
	/* ld.so gives the first thread its TLS out of its early heap. */
	if (p >= tls - PAGE_SIZE && p < tls + PAGE_SIZE)
		return PLACE_LDSO;
	if (!bss && !is_object(map))
		return PLACE_OTHER;
	if (map->writable && !strncmp(object->tail, "ld-linux", 8))
		return PLACE_LDSO;
	return PLACE_OBJECT;
}

/* *room: bytes from p to the end of its mapping. */
static enum place place_of(const void *p, size_t *room)
{
	struct maps maps = { .at = 0 };
	struct mapping map, before = { .end = 0 };
	enum place place = PLACE_NONE;
	long fd = os_open_read("/proc/self/maps");

	if (fd < 0)
		return PLACE_OTHER; /* no way to know: trust the caller */
	maps.fd = (int)fd;
	while (maps_next(&maps, &map)) {
		if ((uintptr_t)p >= map.start && (uintptr_t)p < map.end) {
			place = place_in(&map, &before, (uintptr_t)&map,
					 (uintptr_t)p);
			*room = map.end - (uintptr_t)p;
			break;
		}
		if (map.path[0])
			before = map;
		else if (before.end == map.start)
			before.end = 0; /* only the first one is .bss */
	}
	os_close((int)fd);
	return place;
}

static __cold void refuse(const char *function, const void *p, enum place place)
{
	static const char *const what[] = {
		[PLACE_NONE] = "is in no mapping",
		[PLACE_STACK] = "is on a stack",
		[PLACE_OBJECT] = "is inside a loaded object",
		[PLACE_OTHER] = "belongs to another allocator",
	};

	km_panic("kmalloc: %s(): %p %s\n", function, p, what[place]);
}

/*
 * Where a foreign pointer is to go: PLACE_OTHER, on to the next allocator;
 * PLACE_LDSO or PLACE_NONE, nowhere. Does not return if the program is at
 * fault.
 */
static enum place examine(const char *function, const void *p, size_t *room)
{
	enum place place = place_of(p, room);

	if (place == PLACE_LDSO)
		return place;
	if (place != PLACE_OTHER || policy == ABORT)
		refuse(function, p, place);
	return policy == FORWARD ? PLACE_OTHER : PLACE_NONE;
}

/* ---- the next allocator ------------------------------------------------------- */

/* Absent from static programs, where nobody comes next. */
extern __typeof__(dlsym) dlsym __attribute__((weak));

static void *next_symbol(const char *name, const void *p)
{
	void *symbol = &dlsym ? dlsym(RTLD_NEXT, name) : NULL;

	if (!symbol)
		refuse(name, p, PLACE_OTHER);
	return symbol;
}

void foreign_free(void *p)
{
	int saved = errno;
	size_t room;

	if (examine("free", p, &room) == PLACE_OTHER)
		((void (*)(void *))next_symbol("free", p))(p);
	errno = saved;
}

/* What is ignored keeps its place; the caller gets a copy that is ours. */
void *foreign_realloc(void *p, size_t size)
{
	size_t room = 0;
	void *q;

	if (examine("realloc", p, &room) == PLACE_OTHER)
		return ((void *(*)(void *, size_t))next_symbol("realloc",
							       p))(p, size);
	q = size ? malloc(size) : NULL;
	if (q)
		memcpy(q, p, min(size, room));
	return q;
}

size_t foreign_usable_size(void *p)
{
	size_t room;

	if (examine("malloc_usable_size", p, &room) == PLACE_OTHER)
		return ((size_t(*)(void *))next_symbol("malloc_usable_size",
						       p))(p);
	return 0;
}
