// SPDX-License-Identifier: MIT
/*
 * diag/unwind/eh_object.c - finds the loaded object that holds an address
 *
 * libc names the object without a lock (os_find_object). In a static program
 * the program itself is known. libc finds other addresses once it has started;
 * before that it has no list of objects.
 *
 * Tests	unit.diag.unwind.eh_frame
 */
#include <elf.h>
#include <errno.h>

#include "diag/unwind/eh_frame.h"
#include "sys/os.h"

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
	struct os_object found;

	if (os_is_static() && !find_in_program(pc, object))
		return 0;
	if (os_find_object(pc, &found))
		return -ENOENT;
	object->start = found.start;
	object->end = found.end;
	object->hdr = found.eh_frame_hdr;
	object->frames = object->frames_end = 0;
	object->bias = found.bias;
	object->name = found.name;
	return 0;
}
