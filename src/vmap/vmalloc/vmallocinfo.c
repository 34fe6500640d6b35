// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/vmallocinfo.c - areas as text, and reads of what may vanish
 *
 *	0x...-0x...   12288 vmalloc_user_of_it+0x12/0x40 pages=2 vmalloc N0=2
 *
 * Locking	one vmap_node.lock at a time, while the areas of the node are
 *		formatted: writers wait meanwhile
 * Source	Linux v6.12 mm/vmalloc.c, vmalloc_info_show() and vread_iter()
 *		(docs/kernel.md I5)
 */
#include <string.h>

#include "core/start.h"
#include "diag/proc.h"
#include "vmap/vmalloc/internal.h"

/*
 * Returns true if the area owns pages; pages of vmap()'s caller do not count.
 */
static bool vm_has_pages(const struct vm_struct *vm)
{
	return vm->nr_pages && (vm->flags & (VM_ALLOC | VM_MAP_PUT_PAGES));
}

static void show_flags(struct seq_file *m, const struct vm_struct *vm)
{
	if (vm_has_pages(vm))
		seq_printf(m, " pages=%u", vm->nr_pages);
	if (vm->phys_addr)
		seq_printf(m, " phys=%#lx", vm->phys_addr);
	if (vm->flags & VM_IOREMAP)
		seq_puts(m, " ioremap");
	if (vm->flags & VM_SPARSE)
		seq_puts(m, " sparse");
	if (vm->flags & VM_ALLOC)
		seq_puts(m, " vmalloc");
	if (vm->flags & VM_MAP)
		seq_puts(m, " vmap");
	if (vm->flags & VM_USERMAP)
		seq_puts(m, " user");
	if (vm->flags & VM_DMA_COHERENT)
		seq_puts(m, " dma-coherent");
	if (vm_has_pages(vm) && !arena_contains(vm->pages))
		seq_puts(m, " vpages");
}

static void show_numa(struct seq_file *m, const struct vm_struct *vm)
{
	unsigned int counts[MAX_NUMNODES] = { 0 };

	for (unsigned int n = 0; vm_has_pages(vm) && n < vm->nr_pages; n++)
		counts[pfn_to_zone(page_to_pfn(vm->pages[n]))->node_id]++;
	for (unsigned int nid = 0; nid < MAX_NUMNODES; nid++)
		if (counts[nid])
			seq_printf(m, " N%u=%u", nid, counts[nid]);
}

static void show_area(struct seq_file *m, const struct vm_area *area)
{
	const struct vm_struct *vm = &area->vm;

	if (vm->flags & VM_UNINITIALIZED)
		return;
	seq_printf(m, "%p-%p %7ld", vm->addr, (char *)vm->addr + vm->size,
		   (long)vm->size);
	if (area->state & (VM_HOLES | VM_RAM)) {
		seq_puts(m, " vm_map_ram\n");
		return;
	}
	if (vm->caller)
		seq_printf(m, " %pS", vm->caller);
	show_flags(m, vm);
	show_numa(m, vm);
	seq_putc(m, '\n');
}

static void show_pooled(struct seq_file *m, const struct vmap_node *node)
{
	for (unsigned int n = 0; n <= VMAP_POOL_PAGES; n++)
		for (const struct vm_area *area = node->pool[n]; area;
		     area = (const void *)area->vm.next)
			seq_printf(m, "%p-%p %7ld unpurged vm_area\n",
				   area->vm.addr,
				   (char *)area->vm.addr + area->vm.size,
				   (long)area->vm.size);
}

static int vmallocinfo_show(struct seq_file *m, const char *path)
{
	(void)path;
	for (unsigned int n = 0; n < nr_vmap_nodes; n++) {
		struct vmap_node *node = &vmap_nodes[n];
		struct rb_node *rb;

		spin_lock(&node->lock);
		for (rb = rb_first(&node->busy); rb; rb = rb_next(rb))
			show_area(m, to_area(rb_entry(rb, struct vmap_area, rb)
						     ->vm));
		spin_unlock(&node->lock);
	}
	for (unsigned int n = 0; n < nr_vmap_nodes; n++) {
		spin_lock(&vmap_nodes[n].lock);
		show_pooled(m, &vmap_nodes[n]);
		spin_unlock(&vmap_nodes[n].lock);
	}
	return 0;
}
proc_file("vmallocinfo", vmallocinfo_show, NULL);

/* ---- a safe copy --------------------------------------------------------- */

/*
 * Copies at most to the end of addr's page; zeroes buf if no area is there.
 * Returns the number of bytes of an area.
 */
static size_t copy_piece(char *buf, const char *addr, size_t size)
{
	struct vmap_node *node;
	struct vm_area *area = vm_lookup(addr, &node);
	size_t have = 0;

	if (area) {
		if (vm_page_at(area, addr) && (area->prot & OS_PROT_READ)) {
			memcpy(buf, addr, size);
			have = size;
		}
		vm_unlock(node);
	}
	if (!have)
		memset(buf, 0, size);
	return have;
}

long km_vread(char *buf, const void *addr, size_t count)
{
	const char *at = addr;
	size_t done, have = 0;

	if (engine_need())
		return 0;
	for (done = 0; done < count;) {
		size_t size = PAGE_SIZE -
			      ((uintptr_t)(at + done) & (PAGE_SIZE - 1));

		size = min(size, count - done);
		have += copy_piece(buf + done, at + done, size);
		done += size;
	}
	return (long)have;
}
