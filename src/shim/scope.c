// SPDX-License-Identifier: MIT
/*
 * shim/scope.c - which objects define a name, in the order of ELF look-up
 *
 *	program -> preloaded in front -> this library -> the rest, as loaded
 *
 * At the start the loader's list of objects is the global scope. dlsym() would
 * give the same answer, but it waits for the loader's lock. Another thread may
 * hold that lock in a constructor inside dlopen(), and wait for us. So a
 * constructor walks the list once, without the lock.
 *
 * Locking	none: the list only grows while constructors of the start run
 * Source	System V ABI, dynamic linking; the GNU hash section
 */
#include <errno.h>
#include <link.h>
#include <string.h>

#include "shim/scope.h"
#include "sys/os.h"

/* Values of a symbol's version that rule it out. */
#define NOT_DEFAULT 0x8000
#define ANY_VERSION 0xfffe /* 0 and 1: it has none of its own */

/* Absent from static programs. */
extern struct r_debug _r_debug __attribute__((weak));
extern Elf64_Dyn _DYNAMIC[] __attribute__((weak, visibility("hidden")));

/* Addresses are relocated in place, except in the kernel's own object. */
static const void *relocated_at(const struct link_map *map, uintptr_t address)
{
	return (const void *)(address < map->l_addr ? map->l_addr + address :
						      address);
}

static void read_dynamic(const struct link_map *map, struct scope_object *out)
{
	const Elf64_Dyn *soname = NULL;

	for (const Elf64_Dyn *dyn = map->l_ld; dyn->d_tag != DT_NULL; dyn++) {
		switch (dyn->d_tag) {
		case DT_SYMTAB:
			out->symbols = relocated_at(map, dyn->d_un.d_ptr);
			break;
		case DT_STRTAB:
			out->strings = relocated_at(map, dyn->d_un.d_ptr);
			break;
		case DT_GNU_HASH:
			out->gnu_hash = relocated_at(map, dyn->d_un.d_ptr);
			break;
		case DT_HASH:
			out->hash = relocated_at(map, dyn->d_un.d_ptr);
			break;
		case DT_VERSYM:
			out->versions = relocated_at(map, dyn->d_un.d_ptr);
			break;
		case DT_SONAME:
			soname = dyn;
		}
	}
	out->soname = soname && out->strings ?
			      out->strings + soname->d_un.d_val :
			      "";
}

static const struct link_map *first_map(void)
{
	const struct link_map *map;

	if (!&_r_debug)
		return NULL;
	for (map = _r_debug.r_map; map; map = map->l_next)
		if (map->l_ld == _DYNAMIC)
			return _r_debug.r_map;
	return NULL;
}

int scope_walk(void (*see)(const struct scope_object *object, void *arg),
	       void *arg)
{
	const struct link_map *map = first_map();
	bool front = true;

	if (!map)
		return -ENOENT;
	for (; map; map = map->l_next) {
		struct scope_object object = { .bias = map->l_addr };

		if (map->l_ld == _DYNAMIC) {
			front = false;
			continue;
		}
		object.front = front;
		if (map->l_ld)
			read_dynamic(map, &object);
		if (object.symbols && object.strings)
			see(&object, arg);
	}
	return 0;
}

/* ---- one name in one object ---------------------------------------------- */

static bool is_it(const struct scope_object *o, u32 symbol, const char *name,
		  unsigned int refused)
{
	const Elf64_Sym *sym = &o->symbols[symbol];

	if (o->versions && (o->versions[symbol] & refused))
		return false;
	return sym->st_shndx != SHN_UNDEF && sym->st_value &&
	       ELF64_ST_TYPE(sym->st_info) == STT_FUNC &&
	       ELF64_ST_BIND(sym->st_info) != STB_LOCAL &&
	       !strcmp(o->strings + sym->st_name, name);
}

static u32 gnu_hash_of(const char *name)
{
	u32 h = 5381;

	for (; *name; name++)
		h = h * 33 + (unsigned char)*name;
	return h;
}

/*
 *	buckets	first symbol	words of	shift	words,	buckets,
 *			hashed	the filter		the filter	chains
 */
static u32 look_up_gnu(const struct scope_object *o, const char *name,
		       unsigned int refused)
{
	const u32 *head = o->gnu_hash;
	const u64 *filter = (const u64 *)(const void *)(head + 4);
	const u32 *buckets = (const u32 *)(filter + head[2]);
	const u32 *chains = buckets + head[0];
	u32 h = gnu_hash_of(name), symbol;
	u64 word;

	if (!head[0] || !head[2])
		return 0;
	word = filter[h / 64 % head[2]];
	if (!(word >> h % 64 & word >> (h >> head[3]) % 64 & 1))
		return 0;
	symbol = buckets[h % head[0]];
	if (symbol < head[1])
		return 0;
	for (;; symbol++) {
		u32 found = chains[symbol - head[1]];

		if ((found | 1) == (h | 1) && is_it(o, symbol, name, refused))
			return symbol;
		if (found & 1) /* the last one of its chain */
			return 0;
	}
}

static u32 look_up_sysv(const struct scope_object *o, const char *name,
			unsigned int refused)
{
	const u32 *head = o->hash, *chains = head + 2 + head[0];
	u32 h = 0, symbol;

	if (!head[0])
		return 0;
	for (const char *c = name; *c; c++) {
		h = (h << 4) + (unsigned char)*c;
		h = (h ^ (h >> 28 << 4)) & 0x0fffffff;
	}
	symbol = head[2 + h % head[0]];
	while (symbol && !is_it(o, symbol, name, refused))
		symbol = chains[symbol];
	return symbol;
}

static void *look_up(const struct scope_object *o, const char *name,
		     unsigned int refused)
{
	u32 symbol = 0;

	if (o->gnu_hash)
		symbol = look_up_gnu(o, name, refused);
	else if (o->hash)
		symbol = look_up_sysv(o, name, refused);
	return symbol ? (void *)(o->bias + o->symbols[symbol].st_value) : NULL;
}

void *scope_function(const struct scope_object *o, const char *name)
{
	return look_up(o, name, ANY_VERSION);
}

void *scope_versioned(const struct scope_object *o, const char *name)
{
	return look_up(o, name, NOT_DEFAULT);
}
