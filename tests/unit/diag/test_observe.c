// SPDX-License-Identifier: MIT
/*
 * test_observe.c - the note, and what it leads to
 */
#include <elf.h>
#include <link.h>
#include <stdint.h>

#include "diag/observe.h"
#include "support/child.h"

struct observed {
	u8 first;
	u32 second[3];
};

static int observed_variable = 42;
static int observed_call(int nr)
{
	return nr + 1;
}

observe_symbol(observed_variable);
observe_function(observed_call);
observe_size(observed);
observe_field(observed, second);
#define OBSERVED_NUMBER 17
observe_number(OBSERVED_NUMBER);

/* What stands in the file: the note's header, its name, its contents. */
struct file_note {
	ElfW(Nhdr) head;
	char name[8];
	u32 version, zero;
	int64_t distance;
} __attribute__((packed));

static const struct observe *follow(const struct file_note *note)
{
	assert_int_equal(note->head.n_descsz, 16);
	assert_int_equal(note->version, 1);
	return (const struct observe *)((const char *)&note->distance +
					note->distance);
}

static const struct observe *in_segment(const char *at, const char *end)
{
	while (at < end) {
		const ElfW(Nhdr) *head = (const ElfW(Nhdr) *)at;

		if (head->n_namesz == 8 && !memcmp(head + 1, "kmalloc", 8))
			return follow((const struct file_note *)at);
		at += sizeof(*head) + ((head->n_namesz + 3) & ~3U) +
		      ((head->n_descsz + 3) & ~3U);
	}
	return NULL;
}

static int look_for_note(struct dl_phdr_info *info, size_t size, void *found)
{
	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		const char *at = (const char *)info->dlpi_addr + p->p_vaddr;

		if (p->p_type != PT_NOTE || p->p_align != 4)
			continue;
		*(const struct observe **)found = in_segment(at,
							     at + p->p_memsz);
		if (*(const struct observe **)found)
			return p->p_offset + p->p_memsz <= 4096;
	}
	return -1; /* the program itself is the first, and has it */
}

/* Look for the note as a reader does that knows the file's first page alone.
 * Expect that it leads to the descriptor. */
static void test_note_leads_to_it(void **state)
{
	const struct observe *found = NULL;

	(void)state;
	assert_int_equal(dl_iterate_phdr(look_for_note, &found), 1);
	assert_ptr_equal(found, &km_observe);
	assert_string_equal(found->magic, "kmalloc");
	assert_int_equal(found->version, OBSERVE_VERSION);
	assert_int_equal(found->size, sizeof(struct observe));
	assert_int_equal(found->symbol_size, sizeof(struct observe_symbol));
	assert_int_equal(found->field_size, sizeof(struct observe_field));
	assert_string_not_equal(found->release, "");
}

static const struct observe_symbol *symbol_named(const char *name)
{
	const struct observe_symbol *s;

	for (s = km_observe.symbols; s < km_observe.symbols_end; s++)
		if (!strcmp(s->name, name))
			return s;
	return NULL;
}

static const struct observe_field *field_named(const char *name)
{
	const struct observe_field *f;

	for (f = km_observe.fields; f < km_observe.fields_end; f++)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}

/* Declare one of each kind. Expect address, offset and size of it. */
static void test_each_kind(void **state)
{
	const struct observe_symbol *variable = symbol_named(
		"observed_variable");
	const struct observe_symbol *call = symbol_named("observed_call");
	const struct observe_field *all = field_named("struct observed");
	const struct observe_field *second = field_named("observed.second");
	const struct observe_field *number = field_named("OBSERVED_NUMBER");

	(void)state;
	assert_non_null(variable);
	assert_ptr_equal(variable->at, &observed_variable);
	assert_int_equal(variable->size, sizeof(int));
	assert_int_equal(*(const int *)variable->at, 42);
	assert_non_null(call);
	assert_ptr_equal(call->at, observed_call);
	assert_int_equal(call->size, 0);
	assert_int_equal(observed_call(1), 2);
	assert_non_null(all);
	assert_int_equal(all->offset, 0);
	assert_int_equal(all->size, sizeof(struct observed));
	assert_non_null(second);
	assert_int_equal(second->offset, offsetof(struct observed, second));
	assert_int_equal(second->size, 12);
	assert_non_null(number);
	assert_int_equal(number->offset, 17);
	assert_int_equal(number->size, 0);
	assert_null(symbol_named("observed"));
	assert_null(field_named("observed.first"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_note_leads_to_it),
		cmocka_unit_test(test_each_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
