// SPDX-License-Identifier: MIT
/*
 * test_library.c - the note, the descriptor and its tables, as a reader finds
 * them: whole, newer, and damaged
 */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "library.h"

#define IMAGE 0x10000UL /* where the file below begins in the target */
#define DESCRIPTOR 2048

/* A file of 8 KiB: headers, a note, the descriptor and its tables. */
static unsigned char image[8192];

struct entry {
	char name[24];
	uint64_t at, size;
};

struct long_entry { /* of a newer library: it has more behind */
	char name[40];
	uint32_t offset, size;
	uint64_t more;
};

struct head {
	char magic[8];
	uint32_t version, size, symbol_size, field_size;
	uint64_t symbols, symbols_end, fields, fields_end;
	char release[16];
};

static struct head *head_of(void)
{
	return (struct head *)(void *)(image + DESCRIPTOR);
}

static int read_image(struct target *t, uint64_t at, void *to, size_t size)
{
	(void)t;
	if (at < IMAGE || at - IMAGE > sizeof(image) ||
	    size > sizeof(image) - (at - IMAGE))
		return -1;
	memcpy(to, image + (at - IMAGE), size);
	return 0;
}

static uint64_t *list_images(struct target *t, struct why *why)
{
	uint64_t *list = calloc(3, sizeof(*list));

	(void)t;
	(void)why;
	if (list) {
		list[0] = 0x500; /* not there */
		list[1] = IMAGE;
	}
	return list;
}

static struct target target = { read_image, list_images, NULL, 7, true };

static void put_note(size_t at)
{
	const uint32_t sizes[3] = { 8, 16, 1 }, version[2] = { 1, 0 };
	const int64_t distance = DESCRIPTOR - (int64_t)(at + 28);

	memcpy(image + at, sizes, 12);
	memcpy(image + at + 12, "kmalloc", 8);
	memcpy(image + at + 20, version, 8);
	memcpy(image + at + 28, &distance, 8);
}

static int make_image(void **state)
{
	static const struct entry symbols[] = { { "slab_caches", 0x77000, 16 },
						{ "number", IMAGE + 8000, 4 } };
	static const struct long_entry fields[] = {
		{ "struct zone", 0, 64, 9 }, { "zone.free_pages", 24, 8, 9 },
		{ "zone.epoch", 60, 2, 9 },  { "zone.behind", 62, 4, 9 },
		{ "PAGE_SIZE", 4096, 0, 9 },
	};
	static const uint32_t other_note[4] = { 4, 0, 3, 0x554e47 };
	const Elf64_Ehdr head = { .e_ident = ELFMAG "\2\1\1",
				  .e_phoff = 64,
				  .e_phentsize = 56,
				  .e_phnum = 2 };
	const Elf64_Phdr p[2] = {
		{ .p_type = PT_LOAD, .p_filesz = 8192 },
		{ .p_type = PT_NOTE, .p_offset = 512, .p_filesz = 52 }
	};
	const struct head d = { "kmalloc",
				1,
				sizeof(d),
				sizeof(*symbols),
				sizeof(*fields),
				IMAGE + 4096,
				IMAGE + 4096 + sizeof(symbols),
				IMAGE + 5000,
				IMAGE + 5000 + sizeof(fields),
				"1.2.3" };
	const uint32_t number = 33;

	(void)state;
	memset(image, 0, sizeof(image));
	memcpy(image, &head, sizeof(head));
	memcpy(image + 64, p, sizeof(p));
	memcpy(image + 512, other_note, sizeof(other_note));
	put_note(528);
	memcpy(image + DESCRIPTOR, &d, sizeof(d));
	memcpy(image + 4096, symbols, sizeof(symbols));
	memcpy(image + 5000, fields, sizeof(fields));
	memcpy(image + 8000, &number, sizeof(number));
	return 0;
}

/* Open a library whose entries are larger than ours, behind another note.
 * Expect each name, and what it leads to; a name that is missing is noted. */
static void test_names(void **state)
{
	struct library lib;
	struct object zone;
	struct why why;

	(void)state;
	assert_int_equal(library_open(&lib, &target, 0, &why), 0);
	assert_string_equal(lib.release, "1.2.3");
	assert_int_equal(lib.image, IMAGE);
	assert_int_equal(library_symbol(&lib, "slab_caches"), 0x77000);
	assert_int_equal(library_value(&lib, "number"), 33);
	assert_int_equal(library_number(&lib, "PAGE_SIZE"), 4096);
	assert_int_equal(library_size(&lib, "zone"), 64);
	memset(image + 6000, 0, 64);
	image[6024] = 5;
	image[6060] = 6;
	assert_int_equal(object_load(&lib, &zone, "zone", IMAGE + 6000), 0);
	assert_int_equal(object_get(&zone, "free_pages"), 5);
	assert_int_equal(object_get(&zone, "epoch"), 6);
	assert_int_equal(object_member(&zone, "epoch"), IMAGE + 6060);
	assert_int_equal(object_get(&zone, "behind"), 0);
	assert_string_equal(lib.missing, "");
	assert_false(library_has(&lib, "zone.lock"));
	assert_string_equal(lib.missing, "");
	assert_int_equal(object_get(&zone, "lock"), 0);
	assert_int_equal(library_number(&lib, "other"), 0);
	assert_string_equal(lib.missing, "zone.lock");
	assert_int_equal(object_load(&lib, &zone, "zone", 0x500), -1);
	library_close(&lib);
	assert_int_equal(library_open(&lib, &target, 1, &why), -1);
}

static void expect_refusal(const char *text)
{
	struct library lib;
	struct why why;

	assert_int_equal(library_open(&lib, &target, 0, &why), -1);
	if (!strstr(why.text, text))
		fail_msg("'%s' is not '%s'", why.text, text);
}

/* Damage one part after the other. Expect a reason each time, and no read
 * behind what there is. */
static void test_damage(void **state)
{
	head_of()->version = 2;
	expect_refusal("a descriptor of version 2, this tool knows version 1");
	make_image(state);
	head_of()->size = 8;
	expect_refusal("version");
	make_image(state);
	head_of()->symbols_end = head_of()->symbols - 40;
	expect_refusal("is damaged");
	make_image(state);
	head_of()->fields_end = head_of()->fields + (1UL << 40);
	expect_refusal("is damaged");
	make_image(state);
	head_of()->field_size = 4000;
	expect_refusal("is damaged");
	make_image(state);
	head_of()->field_size = 40;
	expect_refusal("is damaged");
	make_image(state);
	head_of()->symbols += 1UL << 32;
	head_of()->symbols_end += 1UL << 32;
	expect_refusal("cannot be read");
	make_image(state);
	head_of()->magic[0] = 'K';
	expect_refusal("cannot be read");
}

/* Damage what leads to the descriptor. Expect that there is no library. */
static void test_no_note(void **state)
{
	Elf64_Ehdr *head = (Elf64_Ehdr *)(void *)image;
	Elf64_Phdr *p = (Elf64_Phdr *)(void *)(image + 64);

	image[540] = 'K';
	expect_refusal("does not run on libkmalloc");
	make_image(state);
	p[1].p_filesz = 1UL << 40;
	expect_refusal("does not run on libkmalloc");
	make_image(state);
	p[1].p_offset = 4090;
	expect_refusal("does not run on libkmalloc");
	make_image(state);
	head->e_phnum = 60000;
	expect_refusal("does not run on libkmalloc");
	make_image(state);
	memset(image + 512, 0xff, 4);
	expect_refusal("does not run on libkmalloc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_names, make_image),
		cmocka_unit_test_setup(test_damage, make_image),
		cmocka_unit_test_setup(test_no_note, make_image),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
