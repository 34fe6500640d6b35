// SPDX-License-Identifier: MIT
/*
 * test_maps.c - what lies at an address: made-up tables, and this process
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "shim/maps.h"
#include "support/child.h"

#define OBJECT "/usr/lib/x86_64-linux-gnu/libc.so.6\n"
#define LDSO "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2\n"

/* A program: gaps between 3000 and 8000, behind b000, and at the end. */
static const char table[] =
	"1000-2000 r-xp 00000000 fe:00 1234                       /usr/bin/x y\n"
	"2000-3000 rw-p 00001000 fe:00 1234                       /usr/bin/x y\n"
	"8000-9000 rw-p 00000000 00:00 0                          [heap]\n"
	"9000-a000 rw-p 00000000 00:00 0 \n"
	"a000-b000 r-xp 00000000 fe:00 77                         " OBJECT
	"c000-d000 rw-p 00000000 fe:00 77                         " OBJECT
	"d000-e000 rw-p 00000000 00:00 0 \n"
	"e000-f000 rw-p 00000000 00:00 0 \n"
	"10000-11000 r--p 00000000 fe:00 78                       " LDSO
	"11000-12000 rw-p 00001000 fe:00 78                       " LDSO
	"12000-13000 rw-p 00000000 00:00 0 \n"
	"20000-21000 rw-s 00000000 00:05 9                        /dev/zero\n"
	"21000-22000 rw-s 00000000 00:01 10          /memfd:x (deleted)\n"
	"30000-31000 rw-p 00000000 00:00 0                        [stack]\n"
	"40000-41000 rw-p 00000000 00:00 0 \n"
	"7ffffffff000-800000000000 r-xp 00000000 00:00 0          [vdso]\n";

static struct maps open_table(const char *text, size_t size)
{
	struct maps maps = { .fd = memfd_create("maps", 0) };

	assert_true(maps.fd >= 0);
	assert_int_equal(write(maps.fd, text, size), size);
	assert_int_equal(lseek(maps.fd, 0, SEEK_SET), 0);
	return maps;
}

/* Where an address of the table is, for a caller whose stack is at 40800. */
static enum map_place place_at(uintptr_t p, size_t *room)
{
	struct maps maps = open_table(table, sizeof(table) - 1);
	enum map_place place;

	*room = 1;
	place = maps_place(&maps, (void *)0x40800, (void *)p, room);
	close(maps.fd);
	return place;
}

static void expect_place(uintptr_t p, enum map_place place, size_t room)
{
	size_t got_room;
	enum map_place got = place_at(p, &got_room);

	if (got != place || got_room != room)
		fail_msg("%#zx: %d with %zu, not %d with %zu", (size_t)p, got,
			 got_room, place, room);
}

/* The lines of the table. Expect each field as it is written. */
static void test_lines(void **state)
{
	struct maps maps = open_table(table, sizeof(table) - 1);
	struct mapping map;
	unsigned int nr = 1;

	(void)state;
	assert_true(maps_next(&maps, &map));
	assert_int_equal(map.start, 0x1000);
	assert_int_equal(map.end, 0x2000);
	assert_false(map.writable);
	assert_string_equal(map.path, "/usr/bin/x y");
	assert_string_equal(map.tail, "x y");
	for (; maps_next(&maps, &map); nr++) {
		if (map.start == 0x9000) {
			assert_true(map.writable);
			assert_string_equal(map.path, "");
		}
		if (map.start == 0x10000)
			assert_string_equal(map.tail, "ld-linux-x86-64.so.2");
	}
	assert_int_equal(nr, 16);
	close(maps.fd);
}

/* A table longer than the buffer, with a path longer than is kept. Expect every
 * line, and the beginning and the end of the path. */
static void test_long(void **state)
{
	static char text[64000];
	struct mapping map;
	struct maps maps;
	size_t len = 0;

	(void)state;
	for (unsigned int i = 1; i <= 200; i++) {
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"%x000-%x000 rw-p 0 0:0 1 /", i, i + 1);
		memset(text + len, 'a', i);
		len += i;
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"/tail%u\n", i);
	}
	maps = open_table(text, len);
	for (unsigned int i = 1; i <= 200; i++) {
		char tail[16];

		assert_true(maps_next(&maps, &map));
		assert_int_equal(map.start, i << 12);
		assert_int_equal(map.end, (i + 1) << 12);
		snprintf(tail, sizeof(tail), "tail%u", i);
		assert_string_equal(map.tail, tail);
		assert_int_equal(map.path[0], '/');
		assert_int_equal(strlen(map.path),
				 i < 56 ? i + 2 + strlen(tail) : 63);
	}
	assert_false(maps_next(&maps, &map));
	close(maps.fd);
}

/* Addresses of the table. Expect the places of the drawing in maps.c, and the
 * bytes to the end of the mapping. */
static void test_places(void **state)
{
	(void)state;
	expect_place(0x1000, PLACE_OBJECT, 0x1000);
	expect_place(0x2ff0, PLACE_OBJECT, 0x10);
	expect_place(0x8010, PLACE_OTHER, 0xff0); /* a heap */
	expect_place(0x9000, PLACE_OTHER, 0x1000); /* no object in front */
	expect_place(0xa800, PLACE_OBJECT, 0x800);
	expect_place(0xd000, PLACE_OBJECT, 0x1000); /* .bss */
	expect_place(0xe000, PLACE_OTHER, 0x1000); /* behind .bss */
	expect_place(0x20000, PLACE_OTHER, 0x1000);
	expect_place(0x21000, PLACE_OTHER, 0x1000);
	expect_place(0x30010, PLACE_STACK, 0xff0);
	expect_place(0x40010, PLACE_STACK, 0xff0); /* the caller's */
}

/* Pages of the loader. Expect those that it can write, and its .bss, to be its
 * early heap, and nothing else of it. */
static void test_loader(void **state)
{
	(void)state;
	expect_place(0x10000, PLACE_OBJECT, 0x1000);
	expect_place(0x11fff, PLACE_LDSO, 1);
	expect_place(0x12000, PLACE_LDSO, 0x1000);
}

/* Addresses in gaps, and behind everything. Expect no mapping. */
static void test_gaps(void **state)
{
	(void)state;
	expect_place(0, PLACE_NONE, 1);
	expect_place(0x3000, PLACE_NONE, 1);
	expect_place(0xb000, PLACE_NONE, 1);
	expect_place(0x800000000000, PLACE_NONE, 1);
}

/* Places in this process. Expect the truth of each. */
static void test_self(void **state)
{
	char *p = mmap(NULL, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	static char bss[3 * PAGE_SIZE], data[] = "data";
	size_t room;

	(void)state;
	munmap(p + PAGE_SIZE, PAGE_SIZE);
	assert_int_equal(place_of(p + 16, &room), PLACE_OTHER);
	assert_int_equal(place_of(p + PAGE_SIZE, &room), PLACE_NONE);
	assert_int_equal(place_of(&room, &room), PLACE_STACK);
	assert_int_equal(place_of(data, &room), PLACE_OBJECT);
	assert_int_equal(place_of(bss + sizeof(bss) / 2, &room), PLACE_OBJECT);
	assert_int_equal(place_of((void *)(uintptr_t)test_self, &room),
			 PLACE_OBJECT);
	munmap(p, PAGE_SIZE);
}

/* A file that is mapped and no library, and memory that lies right behind a
 * library. Expect neither to belong to the loader. */
static void test_not_loaded(void **state)
{
	struct dl_find_object object;
	char *p, *behind;
	size_t room;
	int fd;

	(void)state;
	fd = open("/proc/self/exe", O_RDONLY);
	p = mmap(NULL, PAGE_SIZE, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	assert_ptr_not_equal(p, MAP_FAILED);
	assert_int_equal(place_of(p, &room), PLACE_OTHER);
	munmap(p, PAGE_SIZE);

	assert_int_equal(
		_dl_find_object((void *)(uintptr_t)_cmocka_run_group_tests,
				&object),
		0);
	behind = mmap(object.dlfo_map_end, PAGE_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (behind != object.dlfo_map_end)
		skip(); /* something is there already */
	assert_int_equal(place_of(behind, &room), PLACE_OTHER);
	assert_int_equal(place_of(behind - 1, &room), PLACE_OBJECT);
	munmap(behind, PAGE_SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_loader),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_self),
		cmocka_unit_test(test_not_loaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
