/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/vmalloc.h - scattered frames as one range of addresses
 *
 *	frames		 7   12  13   40		any zone, HighMem first
 *			  \   \   /   /
 *	vmalloc space	...| 0 | 1 | 2 | 3 |guard|...	in the requested order
 *
 * Frames that are mapped here are pages of a memory file, so two mappings of
 * one frame show the same bytes. Sizes are in bytes. An area consists of whole
 * pages, with one behind them that faults. Functions are thread-safe and may
 * wait, except vfree_atomic(). Source: Linux v6.12 mm/vmalloc.c.
 */
#ifndef KMALLOC_VMALLOC_H
#define KMALLOC_VMALLOC_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <kmalloc/gfp.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* vm_struct.flags */
#define VM_IOREMAP 0x00000001ul
#define VM_ALLOC 0x00000002ul /* vmalloc() */
#define VM_MAP 0x00000004ul /* vmap() */
#define VM_USERMAP 0x00000008ul /* zeroed */
#define VM_DMA_COHERENT 0x00000010ul
#define VM_UNINITIALIZED 0x00000020ul /* not yet in vmallocinfo */
#define VM_NO_GUARD 0x00000040ul /* no page behind that faults */
#define VM_FLUSH_RESET_PERMS 0x00000100ul
#define VM_MAP_PUT_PAGES 0x00000200ul /* vfree() frees the caller's pages */
#define VM_ALLOW_HUGE_VMAP 0x00000400ul
#define VM_SPARSE 0x00001000ul

typedef struct {
	unsigned long pgprot;
} pgprot_t;

#ifdef __cplusplus
#define __KM_PROT(bits) \
	pgprot_t        \
	{               \
		bits    \
	}
#else
#define __KM_PROT(bits) ((pgprot_t){ bits })
#endif
/*
 * How a mapping may be accessed. The bits are those of PROT_READ, PROT_WRITE
 * and PROT_EXEC; without any, every access faults. A forbidden access ends with
 * SIGSEGV, also in a child of fork() and after compaction. With other bits a
 * function warns and returns NULL.
 */
#define PAGE_KERNEL __KM_PROT(3)
#define PAGE_KERNEL_RO __KM_PROT(1)
#define PAGE_KERNEL_EXEC __KM_PROT(7)
#define PAGE_KERNEL_ROX __KM_PROT(5)

struct vm_struct {
	struct vm_struct *next; /* the library's */
	void *addr;
	unsigned long size; /* bytes, with the guard page */
	unsigned long flags;
	/*
	 * nr_pages pages, in order of address. Those of vmalloc() are parts of
	 * blocks, and compaction may replace them. vmalloc_to_page() returns a
	 * page that stays.
	 */
	struct page **pages;
	unsigned int page_order; /* 9 if huge pages were requested and got */
	unsigned int nr_pages;
	unsigned long phys_addr; /* always 0 */
	const void *caller; /* code address, for vmallocinfo */
	unsigned long requested_size; /* bytes */
};

/*
 * Return the first address of vmalloc space and the first behind it; of the
 * whole address space if there is no vmalloc space.
 */
unsigned long km_vmalloc_start(void);
unsigned long km_vmalloc_end(void);
#define VMALLOC_START km_vmalloc_start()
#define VMALLOC_END km_vmalloc_end()

/* ---- memory -------------------------------------------------------------- */

/*
 * Returns size bytes, not zeroed, of pages of a node's HighMem zone, or of
 * another zone if there is none; NUMA_NO_NODE means any node. Returns NULL, and
 * has taken nothing, if there is no memory or address space. With size 0, or
 * more than there can be, it also warns.
 */
void *vmalloc(unsigned long size);
void *vzalloc(unsigned long size); /* zeroed */
void *vmalloc_user(unsigned long size); /* zeroed, VM_USERMAP */
void *vmalloc_node(unsigned long size, int node);
void *vzalloc_node(unsigned long size, int node);
void *vmalloc_32(unsigned long size); /* below 4 GiB, if there is a DMA32 */
void *vmalloc_32_user(unsigned long size);
void *vmalloc_array(size_t n, size_t size); /* NULL on overflow */
void *vcalloc(size_t n, size_t size);
/* The same, with pages of 2 MiB where possible, for 2 MiB and more. */
void *vmalloc_huge(unsigned long size, gfp_t gfp);
/*
 * The same with flags. With __GFP_ZERO the bytes are 0; without __GFP_HIGHMEM
 * no HighMem is used.
 */
void *__vmalloc(unsigned long size, gfp_t gfp);
void *__vmalloc_node(unsigned long size, unsigned long align, gfp_t gfp,
		     int node, const void *caller);
/*
 * The function that all others call. The area lies in [start, end), aligned to
 * `align`, a power of two of at least a page. It is mapped with prot and has
 * these VM_ flags. __GFP_ZERO clears it even if it is not writable.
 */
void *__vmalloc_node_range(unsigned long size, unsigned long align,
			   unsigned long start, unsigned long end, gfp_t gfp,
			   pgprot_t prot, unsigned long vm_flags, int node,
			   const void *caller);
/*
 * Changes the size of an area of vmalloc(). It stays where it is if it has
 * pages enough, and moves otherwise. An area that moves is PAGE_KERNEL. With
 * __GFP_ZERO new bytes are zero, if each call before had it too.
 *
 * With p NULL it is vmalloc(). With size 0 it is vfree() and returns NULL.
 * Returns NULL if there is no memory, and p stays valid.
 */
void *vrealloc(const void *p, size_t size, gfp_t gfp);
/*
 * Frees an area, and its pages unless they belong to the caller of vmap(). NULL
 * does nothing. An address that is no area causes a warning, and nothing is
 * freed. A freed area may stay mapped until it is purged or reused for an equal
 * request.
 */
void vfree(const void *addr);
/* The same, without waiting for a lock; the next vmalloc() frees the area. */
void vfree_atomic(const void *addr);

/* ---- mappings of the caller's pages -------------------------------------- */

/*
 * Maps the frames of count pages, in their order, at consecutive addresses.
 * Returns the first, or NULL if there is no memory or address space. prot is
 * for this mapping alone. A frame that has an address of its own keeps it, and
 * shows the same bytes there. While a frame is mapped for the first time, no
 * thread may write to it.
 *
 * flags are VM_MAP, and VM_MAP_PUT_PAGES if vfree() shall also free the pages
 * and the array, which is then of kvmalloc().
 */
void *vmap(struct page **pages, unsigned int count, unsigned long flags,
	   pgprot_t prot);
/* The same, by frame numbers (km_page_to_pfn()). */
void *vmap_pfn(unsigned long *pfns, unsigned int count, pgprot_t prot);
/* Unmaps what vmap() or vmap_pfn() mapped; the caller keeps the pages. */
void vunmap(const void *addr);
/*
 * The same for short use: mappings of up to 64 pages share a CPU's blocks of
 * address space.
 */
void *vm_map_ram(struct page **pages, unsigned int count, int node);
void vm_unmap_ram(const void *mem, unsigned int count);
/* Unmaps every area that was freed and is still mapped. */
void vm_unmap_aliases(void);

/* ---- areas --------------------------------------------------------------- */

/*
 * Returns an area with a guard page and without pages, or NULL if no address
 * space is left.
 */
struct vm_struct *get_vm_area(unsigned long size, unsigned long flags);
struct vm_struct *get_vm_area_caller(unsigned long size, unsigned long flags,
				     const void *caller);
struct vm_struct *__get_vm_area_node(unsigned long size, unsigned long align,
				     unsigned long shift, unsigned long flags,
				     unsigned long start, unsigned long end,
				     int node, gfp_t gfp, const void *caller);
void free_vm_area(struct vm_struct *area);
/*
 * Unmaps an area and removes it: find_vm_area() no longer finds it. Returns the
 * struct, which the caller frees, or NULL.
 */
struct vm_struct *remove_vm_area(const void *addr);
/*
 * Returns the area, guard page included, that addr lies in, or NULL. Another
 * thread may free it at any time.
 */
struct vm_struct *find_vm_area(const void *addr);
static inline size_t get_vm_area_size(const struct vm_struct *area)
{
	return area->flags & VM_NO_GUARD ? area->size :
					   area->size - KM_PAGE_SIZE;
}

/* Returns the page at an address of an area, or NULL. */
struct page *vmalloc_to_page(const void *addr);
/* Returns the number of its frame, or 0. */
unsigned long vmalloc_to_pfn(const void *addr);
/* Returns true if addr is in an area that is in use. */
bool is_vmalloc_addr(const void *addr);
/* Returns how many pages areas of vmalloc() have. */
unsigned long vmalloc_nr_pages(void);
/*
 * Copies count bytes from areas, even while they are freed. Guard pages and
 * addresses outside of areas read as 0. Returns how many bytes came from areas.
 */
long km_vread(char *buf, const void *addr, size_t count);

/*
 * Pin and unpin an area against compaction; pins are counted. Compaction may
 * move pages of vmalloc() to other frames, and lets a thread that writes to
 * them wait. A system call that writes to them may fail with EFAULT instead:
 * pin the area before it and unpin it after.
 *
 * Return 0, or -ENOENT if addr is in no area. A page that vmalloc_to_page() has
 * returned is never moved.
 */
int km_vmap_pin(const void *addr);
void km_vmap_unpin(const void *addr);

/* ---- when space runs out ------------------------------------------------- */

struct km_vmap_notifier {
	/*
	 * Frees address space for a request of size bytes, by vfree(). Adds the
	 * bytes freed to *freed.
	 */
	void (*call)(struct km_vmap_notifier *nb, unsigned long size,
		     unsigned long *freed);
	struct km_vmap_notifier *next; /* the library's */
};
/*
 * The struct must never be freed. A thread may call its function once more
 * after unregister_vmap_purge_notifier() has returned.
 */
int register_vmap_purge_notifier(struct km_vmap_notifier *nb);
int unregister_vmap_purge_notifier(struct km_vmap_notifier *nb);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
