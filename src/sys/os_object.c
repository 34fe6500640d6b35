// SPDX-License-Identifier: MIT
/*
 * sys/os_object.c - the objects that the loader has mapped
 *
 * Static programs have no loader: there libc knows of the program itself once
 * it has started.
 */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>

#include "sys/os.h"

/* From glibc 2.35 on; it takes no lock and calls no malloc. */
extern __typeof__(_dl_find_object) _dl_find_object __attribute__((weak));

int os_find_object(uintptr_t addr, struct os_object *out)
{
	struct dl_find_object found;

	if (!&_dl_find_object || !os_libc_started())
		return -ENOSYS;
	if (_dl_find_object((void *)addr, &found))
		return -ENOENT;
	*out = (struct os_object){
		.start = (uintptr_t)found.dlfo_map_start,
		.end = (uintptr_t)found.dlfo_map_end,
		.eh_frame_hdr = (uintptr_t)found.dlfo_eh_frame,
		.name = "",
	};
	if (found.dlfo_link_map) {
		out->bias = found.dlfo_link_map->l_addr;
		out->name = found.dlfo_link_map->l_name;
	}
	return 0;
}

struct code_search {
	uintptr_t start, end;
	uintptr_t low; /* of the segment that was found; 0: none */
};

static int overlaps_code(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct code_search *search = arg;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		uintptr_t low = info->dlpi_addr + ph->p_vaddr;

		if (ph->p_type == PT_LOAD && ph->p_flags & PF_X &&
		    search->start < low + ph->p_memsz && search->end > low)
			search->low = low;
	}
	return search->low != 0;
}

uintptr_t os_find_code(uintptr_t start, uintptr_t end)
{
	struct code_search search = { start, end, 0 };

	dl_iterate_phdr(overlaps_code, &search);
	return search.low;
}
