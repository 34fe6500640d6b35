// SPDX-License-Identifier: MIT
/*
 * diag/unwind/symbol.c - see symbol.h
 */
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "diag/unwind/eh_frame.h"
#include "diag/unwind/symbol.h"
#include "sys/os.h"

/* A symbol table of a file and the strings that belong to it. */
struct symbol_table {
	Elf64_Shdr symbols, strings;
};

#define CHUNK 64 /* symbols read at once */

/* Finds the table to use: .symtab has all functions, .dynsym the exported. */
static bool find_table(int fd, struct symbol_table *table)
{
	Elf64_Ehdr head;
	Elf64_Shdr section;
	bool found = false;

	if (os_pread_all(fd, &head, sizeof(head), 0) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) ||
	    head.e_shentsize != sizeof(section))
		return false;
	for (unsigned int i = 0; i < head.e_shnum; i++) {
		if (os_pread_all(fd, &section, sizeof(section),
				 head.e_shoff + i * sizeof(section)))
			return false;
		if (section.sh_type != SHT_SYMTAB &&
		    (section.sh_type != SHT_DYNSYM || found))
			continue;
		table->symbols = section;
		found = section.sh_link < head.e_shnum &&
			!os_pread_all(fd, &table->strings, sizeof(section),
				      head.e_shoff + section.sh_link *
							     sizeof(section));
		if (section.sh_type == SHT_SYMTAB)
			break;
	}
	return found;
}

/*
 * Returns true if sym is nearer below addr than the best so far. A symbol whose
 * size covers addr beats one without a size (assembler).
 */
static bool is_better(const Elf64_Sym *sym, uintptr_t addr,
		      const struct symbol *best)
{
	unsigned int type = ELF64_ST_TYPE(sym->st_info);

	if ((type != STT_FUNC && type != STT_GNU_IFUNC && type != STT_NOTYPE) ||
	    sym->st_shndx == SHN_UNDEF || sym->st_value > addr || !sym->st_name)
		return false;
	if (sym->st_size ? addr - sym->st_value >= sym->st_size :
			   (best->size || type == STT_NOTYPE))
		return false;
	return !best->name[0] || (sym->st_size && !best->size) ||
	       sym->st_value > best->start;
}

static void keep_best(int fd, const struct symbol_table *table,
		      const Elf64_Sym *sym, struct symbol *best)
{
	char name[sizeof(best->name)];
	long n = os_pread(fd, name, sizeof(name) - 1,
			  table->strings.sh_offset + sym->st_name);

	if (n <= 0 || !name[0])
		return;
	name[n] = '\0';
	strcpy(best->name, name);
	best->start = sym->st_value;
	best->size = sym->st_size;
}

/* Finds the function of the file that holds addr, an address of the file. */
static void find_symbol(int fd, uintptr_t addr, struct symbol *best)
{
	Elf64_Sym syms[CHUNK];
	struct symbol_table table;
	u64 nr, got;

	if (!find_table(fd, &table))
		return;
	nr = table.symbols.sh_size / sizeof(syms[0]);
	for (u64 at = 0; at < nr; at += got) {
		got = min(nr - at, (u64)CHUNK);
		if (os_pread_all(fd, syms, got * sizeof(syms[0]),
				 table.symbols.sh_offset +
					 at * sizeof(syms[0])))
			break;
		for (u64 i = 0; i < got; i++)
			if (is_better(&syms[i], addr, best))
				keep_best(fd, &table, &syms[i], best);
	}
}

int symbol_find(uintptr_t pc, struct symbol *out)
{
	struct eh_object object;
	long fd;

	out->name[0] = '\0';
	out->start = out->size = 0;
	if (eh_find_object(pc, &object))
		return -ENOENT;
	out->object = object.name;
	out->bias = object.bias;
	fd = os_open_read(object.name[0] ? object.name : "/proc/self/exe");
	if (fd < 0)
		return 0;
	find_symbol((int)fd, pc - object.bias, out);
	os_close((int)fd);
	return 0;
}
