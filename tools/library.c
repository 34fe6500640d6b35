// SPDX-License-Identifier: MIT
/*
 * library.c - finds the note, the descriptor and the tables that it leads to
 *
 *	image	| ELF header | program headers | .. notes .. |   one page
 *	                              PT_NOTE ------^ "kmalloc"
 *
 * Nothing of the file is read, only what is mapped. So a library may be
 * stripped, deleted or in another file system, and a static program may have it
 * inside. The sizes of entries come from the descriptor. A larger entry begins
 * as ours do, so what is newer can be read.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "library.h"

#define FIRST_PAGE 4096U
#define NOTE_VERSION 1
#define VERSION 1 /* of the descriptor */
#define MAX_NAMES 4096U
#define MAX_ENTRY 256U

/* How the descriptor begins: src/diag/observe.h. */
struct descriptor {
	char magic[8];
	uint32_t version, size, symbol_size, field_size;
	uint64_t symbols, symbols_end, fields, fields_end;
	char release[16];
};

/* ---- the note ------------------------------------------------------------ */

struct note {
	uint32_t name_size, size, type;
	char name[8];
	uint32_t version, zero;
	int64_t distance;
} __attribute__((packed));

/*
 * Looks through notes in a page, of which the first byte is at `base`. Returns
 * the address of the descriptor, or 0.
 */
static uint64_t find_in_notes(const unsigned char *page, uint64_t base,
			      size_t at, size_t end)
{
	struct note note;

	while (at + sizeof(note) <= end) {
		memcpy(&note, page + at, sizeof(note));
		if (note.name_size == sizeof(note.name) && note.size == 16 &&
		    note.version == NOTE_VERSION &&
		    !memcmp(note.name, "kmalloc", sizeof(note.name)))
			return base + at + offsetof(struct note, distance) +
			       (uint64_t)note.distance;
		if (note.name_size > FIRST_PAGE || note.size > FIRST_PAGE)
			return 0;
		at += 12 + ((note.name_size + 3) & ~3U) +
		      ((note.size + 3) & ~3U);
	}
	return 0;
}

/* Returns the address of the descriptor of a file in memory, or 0. */
static uint64_t find_descriptor(struct target *t, uint64_t image)
{
	unsigned char page[FIRST_PAGE];
	const Elf64_Ehdr *head = (const Elf64_Ehdr *)(void *)page;
	const Elf64_Phdr *p;
	uint64_t found = 0;

	if (t->read(t, image, page, sizeof(page)) ||
	    memcmp(page, ELFMAG, SELFMAG) ||
	    head->e_ident[EI_CLASS] != ELFCLASS64 ||
	    head->e_phentsize != sizeof(*p) || head->e_phoff % 8 ||
	    head->e_phoff > FIRST_PAGE ||
	    head->e_phnum > (FIRST_PAGE - head->e_phoff) / sizeof(*p))
		return 0;
	p = (const Elf64_Phdr *)(void *)(page + head->e_phoff);
	for (unsigned int i = 0; i < head->e_phnum && !found; i++, p++)
		if (p->p_type == PT_NOTE && p->p_offset < FIRST_PAGE &&
		    p->p_filesz <= FIRST_PAGE - p->p_offset)
			found = find_in_notes(page, image, p->p_offset,
					      p->p_offset + p->p_filesz);
	return found;
}

/* ---- the names ----------------------------------------------------------- */

/* Returns the place of a name, or the empty place where it belongs. */
static struct library_name *place_of(const struct library *lib,
				     const char *name)
{
	uint64_t hash = 14695981039346656037UL;

	for (const char *c = name; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 1099511628211UL;
	hash ^= hash >> 32;
	while (lib->names[hash & lib->mask].name[0] &&
	       strcmp(lib->names[hash & lib->mask].name, name) != 0)
		hash++;
	return &lib->names[hash & lib->mask];
}

static const struct library_name *look_up(struct library *lib, const char *name)
{
	const struct library_name *found = place_of(lib, name);

	if (found->name[0])
		return found;
	if (!lib->missing[0])
		snprintf(lib->missing, sizeof(lib->missing), "%s", name);
	return NULL;
}

static void add_name(struct library *lib, const char *name, uint64_t at,
		     uint64_t size)
{
	struct library_name *place = place_of(lib, name);

	memccpy(place->name, name, '\0', sizeof(place->name) - 1);
	place->at = at;
	place->size = size;
}

/*
 * An entry is a name, filled up with '\0', and two numbers of `word` bytes; an
 * entry that is larger has more behind them. `name` is the bytes of the name.
 */
struct table {
	uint64_t start, end;
	size_t entry, name, word;
};

static size_t entries_of(const struct table *table)
{
	return (table->end - table->start) / table->entry;
}

static int read_table(struct library *lib, const struct table *table)
{
	unsigned char entry[MAX_ENTRY];
	uint64_t at = table->start;

	for (size_t i = 0; i < entries_of(table); i++, at += table->entry) {
		uint64_t value[2] = { 0, 0 };

		if (lib->target->read(lib->target, at, entry, table->entry))
			return -1;
		memcpy(&value[0], entry + table->name, table->word);
		memcpy(&value[1], entry + table->name + table->word,
		       table->word);
		entry[table->name - 1] = '\0';
		if (entry[0])
			add_name(lib, (const char *)entry, value[0], value[1]);
	}
	return 0;
}

static bool can_be_table(const struct table *table)
{
	return table->entry >= table->name + 2 * table->word &&
	       table->entry <= MAX_ENTRY && table->start <= table->end &&
	       table->end - table->start <= (uint64_t)MAX_NAMES * table->entry;
}

static int read_names(struct library *lib, const struct descriptor *d,
		      struct why *why)
{
	const struct table symbols = { d->symbols, d->symbols_end,
				       d->symbol_size, 24, 8 };
	const struct table fields = { d->fields, d->fields_end, d->field_size,
				      40, 4 };
	size_t nr;

	if (!can_be_table(&symbols) || !can_be_table(&fields))
		return because(why, "the descriptor of libkmalloc is damaged");
	nr = entries_of(&symbols) + entries_of(&fields);
	for (lib->mask = 64; lib->mask < 2 * nr; lib->mask *= 2)
		;
	lib->names = calloc(lib->mask--, sizeof(*lib->names));
	if (!lib->names)
		return because(why, "there is no memory");
	if (!read_table(lib, &symbols) && !read_table(lib, &fields))
		return 0;
	free(lib->names);
	return because(why, "the descriptor of libkmalloc cannot be read");
}

/* ---- a library ----------------------------------------------------------- */

static int open_at(struct library *lib, uint64_t at, struct why *why)
{
	struct descriptor d;

	if (lib->target->read(lib->target, at, &d, sizeof(d)) ||
	    memcmp(d.magic, "kmalloc", sizeof(d.magic)))
		return because(why, "the descriptor of libkmalloc cannot be "
				    "read");
	if (d.version != VERSION || d.size < sizeof(d))
		return because(why,
			       "its libkmalloc has a descriptor of version %u, "
			       "this tool knows version %u",
			       d.version, VERSION);
	memcpy(lib->release, d.release, sizeof(lib->release));
	lib->release[sizeof(lib->release) - 1] = '\0';
	for (char *c = lib->release; *c; c++)
		if (*c < ' ' || *c > '~') /* it may be printed on a terminal */
			*c = '?';
	return read_names(lib, &d, why);
}

int library_open(struct library *lib, struct target *t, unsigned int which,
		 struct why *why)
{
	uint64_t *images = t->images(t, why), at = 0;

	memset(lib, 0, sizeof(*lib));
	lib->target = t;
	if (!images)
		return -1;
	for (size_t i = 0; images[i]; i++) {
		at = find_descriptor(t, images[i]);
		lib->image = images[i];
		if (at && !which--)
			break;
		at = 0;
	}
	free(images);
	if (at)
		return open_at(lib, at, why);
	return because(why, t->cut ? "it is cut off, and what is left has no "
				     "libkmalloc" :
				     "it does not run on libkmalloc");
}

void library_close(struct library *lib)
{
	free(lib->names);
}

bool library_has(const struct library *lib, const char *name)
{
	return place_of(lib, name)->name[0];
}

uint64_t library_symbol(struct library *lib, const char *name)
{
	const struct library_name *found = look_up(lib, name);

	return found ? found->at : 0;
}

uint64_t library_number(struct library *lib, const char *name)
{
	return library_symbol(lib, name);
}

uint64_t library_offset(struct library *lib, const char *member)
{
	return library_symbol(lib, member);
}

size_t library_size(struct library *lib, const char *type)
{
	const struct library_name *found;
	char name[LIBRARY_NAME_MAX];

	snprintf(name, sizeof(name), "struct %s", type);
	found = look_up(lib, name);
	return found ? found->size : 0;
}

uint64_t library_value(struct library *lib, const char *name)
{
	const struct library_name *found = look_up(lib, name);
	uint64_t value = 0;

	if (found && found->size <= sizeof(value) &&
	    lib->target->read(lib->target, found->at, &value, found->size))
		return 0;
	return value;
}

struct place library_place(const struct library *lib, const char *member)
{
	const struct library_name *found = place_of(lib, member);

	return (struct place){ found->at, found->name[0] ? found->size : 0 };
}

uint64_t place_get(struct place place, const void *bytes, size_t room)
{
	uint64_t value = 0;

	if (place.size <= sizeof(value) && place.size <= room &&
	    place.at <= room - place.size)
		memcpy(&value, (const char *)bytes + place.at, place.size);
	return value;
}

/* ---- objects ------------------------------------------------------------- */

int object_load(struct library *lib, struct object *o, const char *type,
		uint64_t at)
{
	o->lib = lib;
	o->type = type;
	o->at = at;
	o->size = library_size(lib, type);
	if (!o->size || o->size > sizeof(o->bytes))
		return -1;
	return lib->target->read(lib->target, at, o->bytes, o->size);
}

static const struct library_name *member_of(const struct object *o,
					    const char *member)
{
	char name[LIBRARY_NAME_MAX];

	snprintf(name, sizeof(name), "%s.%s", o->type, member);
	return look_up(o->lib, name);
}

uint64_t object_get(const struct object *o, const char *member)
{
	const struct library_name *found = member_of(o, member);
	uint64_t value = 0;

	if (found && found->size <= sizeof(value) && found->size <= o->size &&
	    found->at <= o->size - found->size)
		memcpy(&value, o->bytes + found->at, found->size);
	return value;
}

uint64_t object_member(const struct object *o, const char *member)
{
	const struct library_name *found = member_of(o, member);

	return found ? o->at + found->at : 0;
}
