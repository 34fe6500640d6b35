// SPDX-License-Identifier: MIT
/*
 * diag/unwind/eh_object.c - finds the loaded object that holds an address
 *
 * glibc's _dl_find_object() (2.35) names the object without a lock. In a static
 * program the program itself is known. libc finds other addresses once it has
 * started; before that it has no list of objects.
 *
 * Tests	unit.diag.unwind.eh_frame
 */
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <link.h>

#include "diag/unwind/eh_frame.h"
#include "sys/os.h"

extern __typeof__(_dl_find_object) _dl_find_object __attribute__((weak));

static int find_in_program(uintptr_t pc, struct eh_object *object)
{
	const void *headers;
	unsigned int nr = os_program_headers(&headers, &object->bias);
	const Elf64_Phdr *ph = headers;

	object->name = "";
	object->start = ~0UL;
	object->end = 0;
	object->hdr = object->frames = object->frames_end = 0;
	for (unsigned int i = 0; i < nr; i++) {
		uintptr_t at = object->bias + ph[i].p_vaddr;

		if (ph[i].p_type == PT_GNU_EH_FRAME)
			object->hdr = at;
		if (ph[i].p_type != PT_LOAD)
			continue;
		object->start = min(object->start, at);
		object->end = max(object->end, at + ph[i].p_memsz);
	}
	if (pc < object->start || pc >= object->end)
		return -ENOENT;
	if (!object->hdr)
		eh_program_frames(object);
	return 0;
}

int eh_find_object(uintptr_t pc, struct eh_object *object)
{
	struct dl_find_object found;

	if (os_is_static() && !find_in_program(pc, object))
		return 0;
	if (!os_libc_started() || !&_dl_find_object ||
	    _dl_find_object((void *)pc, &found))
		return -ENOENT;
	object->start = (uintptr_t)found.dlfo_map_start;
	object->end = (uintptr_t)found.dlfo_map_end;
	object->hdr = (uintptr_t)found.dlfo_eh_frame;
	object->frames = object->frames_end = 0;
	object->bias = found.dlfo_link_map->l_addr;
	object->name = found.dlfo_link_map->l_name;
	return 0;
}
