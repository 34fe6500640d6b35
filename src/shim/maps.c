// SPDX-License-Identifier: MIT
/*
 * shim/maps.c - finds what lies at an address, by /proc/self/maps
 *
 *	start-end perms offset dev inode        path
 *	55d0c000-55d0e000 r-xp 2000 fe:00 1234  /usr/bin/true
 *	7f001000-7f003000 rw-p 0 00:00 0		its .bss: no path, and
 *							no gap in front
 *	7ffc0000-7ffe1000 rw-p 0 00:00 0        [stack]
 *
 * Read without stdio, which would call malloc. Memory right behind a loaded
 * object may be its .bss, or another allocator's that the kernel joined to it.
 * A mapped file may be data. libc knows which objects it loaded.
 */
#include <errno.h>
#include <string.h>

#include "kmem/kmem.h"
#include "kmem/owner.h"
#include "shim/maps.h"
#include "sys/os.h"

static void *main_thread; /* its thread pointer */

__attribute__((constructor)) static void note_main_thread(void)
{
	main_thread = __builtin_thread_pointer();
}

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

bool maps_next(struct maps *maps, struct mapping *map)
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

/* Returns what a mapping is; `before` precedes it, `here` is on this stack. */
static enum map_place place_in_map(const struct mapping *map,
				   const struct mapping *before, uintptr_t here,
				   uintptr_t p)
{
	bool bss = !map->path[0] && before->end == map->start &&
		   is_object(before);
	const struct mapping *object = bss ? before : map;
	uintptr_t tls = (uintptr_t)main_thread;

	if (!strcmp(map->path, "[stack]") ||
	    (here >= map->start && here < map->end) ||
	    kmem_owners_stack_in(map->start, map->end))
		return PLACE_STACK;
	/* ld.so gives the first thread its TLS out of its early heap. */
	if (p >= tls - OS_PAGE_SIZE && p < tls + OS_PAGE_SIZE)
		return PLACE_LDSO;
	if (!bss && !is_object(map))
		return PLACE_OTHER;
	if (map->writable && !strncmp(object->tail, "ld-linux", 8))
		return PLACE_LDSO;
	return PLACE_OBJECT;
}

enum map_place maps_place(struct maps *maps, const void *here, const void *p,
			  size_t *room)
{
	struct mapping map, before = { .end = 0 };

	while (maps_next(maps, &map)) {
		if ((uintptr_t)p >= map.start && (uintptr_t)p < map.end) {
			*room = map.end - (uintptr_t)p;
			return place_in_map(&map, &before, (uintptr_t)here,
					    (uintptr_t)p);
		}
		if (map.path[0])
			before = map;
	}
	return PLACE_NONE;
}

static bool is_loaded(const void *p)
{
	struct os_object object;

	return os_find_object((uintptr_t)p, &object) != -ENOENT;
}

enum map_place place_of(const void *p, size_t *room)
{
	struct maps maps = { .at = 0 };
	long fd = os_open_read("/proc/self/maps");
	enum map_place place;

	if (fd < 0)
		return PLACE_OTHER; /* no way to know: trust the caller */
	maps.fd = (int)fd;
	place = maps_place(&maps, &maps, p, room);
	os_close((int)fd);
	if (place == PLACE_OBJECT && !is_loaded(p))
		return PLACE_OTHER;
	return place;
}
