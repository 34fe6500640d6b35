// SPDX-License-Identifier: MIT
/*
 * diag/unwind/eh_section.c - .eh_frame of a program without .eh_frame_hdr
 *
 * gcc -static leaves .eh_frame_hdr out, the sorted table that eh_frame.c looks
 * functions up in. The section itself is loaded all the same; where, the
 * section headers in the program's file say. Its entries are looked at one
 * after the other, which the cache of rows makes bearable.
 *
 *	.eh_frame  [length|CIE] [length|FDE] [length|FDE] [length|CIE] ... [0]
 *
 * Locking	none: threads that look at once find the same
 * Tests	unit.diag.unwind.eh_frame; static.traces, where there
 *		is no other table
 */
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "diag/unwind/eh_frame.h"
#include "sys/os.h"

/* Finds the header of a section by its name. Returns false if there is none. */
static bool find_section(int fd, const char *name, Elf64_Shdr *section)
{
	char text[16] = "";
	Elf64_Shdr names;
	Elf64_Ehdr head;

	if (os_pread_all(fd, &head, sizeof(head), 0) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) ||
	    head.e_shentsize != sizeof(*section) ||
	    head.e_shstrndx >= head.e_shnum ||
	    os_pread_all(fd, &names, sizeof(names),
			 head.e_shoff + head.e_shstrndx * sizeof(names)))
		return false;
	for (unsigned int i = 0; i < head.e_shnum; i++) {
		if (os_pread_all(fd, section, sizeof(*section),
				 head.e_shoff + i * sizeof(*section)) ||
		    os_pread(fd, text, sizeof(text) - 1,
			     names.sh_offset + section->sh_name) <= 0)
			return false;
		if (!strcmp(text, name))
			return true;
	}
	return false;
}

int eh_program_frames(struct eh_object *object)
{
	static uintptr_t start, end; /* of .eh_frame; end 1: none; atomic */
	uintptr_t limit = smp_load_acquire(&end);

	if (!limit) {
		long fd = os_open_read("/proc/self/exe");
		Elf64_Shdr section = { .sh_size = 0 };

		limit = 1;
		if (fd >= 0) {
			if (find_section((int)fd, ".eh_frame", &section)) {
				WRITE_ONCE(start,
					   object->bias + section.sh_addr);
				limit = start + section.sh_size;
			}
			os_close((int)fd);
		}
		smp_store_release(&end, limit);
	}
	if (READ_ONCE(start) < object->start || limit > object->end)
		return -ENOENT;
	object->frames = READ_ONCE(start);
	object->frames_end = limit;
	return 0;
}
