/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/vmalloc.h - scattered frames as one range of addresses
 *
 *	frames		 7   12  13   40		anywhere, of HighMem first
 *			  \   \   /   /
 *	vmalloc space	...| 0 | 1 | 2 | 3 |guard|...	in the order asked for
 *
 * Frames that are mapped here are pages of a file of memory, so two mappings of
 * one frame show the same bytes. Sizes are bytes; areas begin at a page and have
 * whole pages, behind them one that faults. Functions may be called by any
 * thread and may wait, but vfree_atomic(). Source: Linux v6.12 mm/vmalloc.c.
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
 * What a mapping may be used for; the bits are those of PROT_READ, PROT_WRITE and
 * PROT_EXEC, none: every access faults. What it may not ends with SIGSEGV, also in a
 * child of fork() and after compaction. Other bits are a warning, and NULL.
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
	/* nr_pages of them, in order of address; vmalloc()'s are parts of blocks and
	 * change when one is moved: vmalloc_to_page() makes one a page that stays */
	struct page **pages;
	unsigned int page_order; /* 9: huge pages were asked for and got */
	unsigned int nr_pages;
	unsigned long phys_addr; /* 0 */
	const void *caller; /* code address, for vmallocinfo */
	unsigned long requested_size; /* bytes */
};

/* First address of vmalloc space, and the one behind it; of all if there is none. */
unsigned long km_vmalloc_start(void);
unsigned long km_vmalloc_end(void);
#define VMALLOC_START km_vmalloc_start()
#define VMALLOC_END km_vmalloc_end()

/* ---- memory ------------------------------------------------------------------ */

/*
 * size bytes, not zeroed, of pages of a node's (NUMA_NO_NODE: any) HighMem zone or
 * of whichever there is. NULL: no memory, or no address space; all that had been
 * taken is given back. Size 0, or more than there can be, is a warning, and NULL.
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
/* With pages of 2 MiB where they can be had, from 2 MiB on. */
void *vmalloc_huge(unsigned long size, gfp_t gfp);
/* __GFP_ZERO: zeroed; without __GFP_HIGHMEM: HighMem is not used. */
void *__vmalloc(unsigned long size, gfp_t gfp);
void *__vmalloc_node(unsigned long size, unsigned long align, gfp_t gfp,
		     int node, const void *caller);
/*
 * The one that all others call: align a power of two of at least a page, the area
 * within [start, end), mapped with prot, with these VM_ flags. __GFP_ZERO clears
 * what is not writable, too.
 */
void *__vmalloc_node_range(unsigned long size, unsigned long align,
			   unsigned long start, unsigned long end, gfp_t gfp,
			   pgprot_t prot, unsigned long vm_flags, int node,
			   const void *caller);
/*
 * Another size for an area of vmalloc(). It stays where it is if its pages are
 * enough, and moves otherwise. With __GFP_ZERO what it gains is zero, if each
 * call before had it too. NULL: no memory, and p is kept. p NULL: vmalloc();
 * size 0: vfree(), and NULL. An area that moves is PAGE_KERNEL.
 */
void *vrealloc(const void *p, size_t size, gfp_t gfp);
/*
 * The end of an area, and of its pages unless they are vmap()'s caller's. NULL is
 * fine. Anything else that is no area: a warning, and nothing is done. What is
 * freed may stay mapped until it is purged, for the next who wants as much.
 */
void vfree(const void *addr);
/* The same from where no lock may be taken; it is done by the next vmalloc(). */
void vfree_atomic(const void *addr);

/* ---- mappings of the caller's pages --------------------------------------------- */

/*
 * The frames of count pages, in their order, at consecutive addresses. Frames with
 * an address of their own keep it and show the same bytes there; nobody may write to
 * them while this runs the first time. flags: VM_MAP, and VM_MAP_PUT_PAGES if vfree()
 * shall free pages and array (of kvmalloc()). prot is for this mapping: the frames'
 * own addresses stay writable. NULL: no memory or space.
 */
void *vmap(struct page **pages, unsigned int count, unsigned long flags,
	   pgprot_t prot);
/* The same by frame number (km_page_to_pfn()). */
void *vmap_pfn(unsigned long *pfns, unsigned int count, pgprot_t prot);
/* The end of what vmap() and vmap_pfn() made; pages stay the caller's. */
void vunmap(const void *addr);
/* For short: up to 64 pages share blocks of address space by CPU. */
void *vm_map_ram(struct page **pages, unsigned int count, int node);
void vm_unmap_ram(const void *mem, unsigned int count);
/* What was freed and is mapped still is unmapped when this returns. */
void vm_unmap_aliases(void);

/* ---- areas ------------------------------------------------------------------------- */

/* Address space alone: an area with a guard page and no pages. NULL: none left. */
struct vm_struct *get_vm_area(unsigned long size, unsigned long flags);
struct vm_struct *get_vm_area_caller(unsigned long size, unsigned long flags,
				     const void *caller);
struct vm_struct *__get_vm_area_node(unsigned long size, unsigned long align,
				     unsigned long shift, unsigned long flags,
				     unsigned long start, unsigned long end,
				     int node, gfp_t gfp, const void *caller);
void free_vm_area(struct vm_struct *area);
/* Nobody finds it any more, and it is unmapped; the struct is the caller's. */
struct vm_struct *remove_vm_area(const void *addr);
/* The area that addr lies in, guard page too; NULL: none. It may go any time. */
struct vm_struct *find_vm_area(const void *addr);
static inline size_t get_vm_area_size(const struct vm_struct *area)
{
	return area->flags & VM_NO_GUARD ? area->size : area->size - 4096;
}

/* The page at an address of an area; NULL: there is none. */
struct page *vmalloc_to_page(const void *addr);
unsigned long vmalloc_to_pfn(const void *addr); /* 0: there is none */
bool is_vmalloc_addr(const void *addr); /* in an area that is in use? */
unsigned long vmalloc_nr_pages(void); /* of vmalloc(), in use */
/*
 * Copy count bytes from areas, whatever becomes of them meanwhile: guard pages and
 * what is in no area read as zero. Bytes copied from areas; 0: there are none.
 */
long km_vread(char *buf, const void *addr, size_t count);

/*
 * Compaction may move pages of vmalloc() to other frames, and lets writes wait for
 * that. System calls that write to an area are not always let wait, and fail with
 * EFAULT then: pin the area before one, and unpin it after. Pins are counted. 0, or
 * -ENOENT: addr is in no area. A page that vmalloc_to_page() has named stays for good.
 */
int km_vmap_pin(const void *addr);
void km_vmap_unpin(const void *addr);

/* ---- when space runs out ----------------------------------------------------------- */

struct km_vmap_notifier {
	/* Called with the bytes wanted; may call vfree(). *freed: bytes given. */
	void (*call)(struct km_vmap_notifier *nb, unsigned long size,
		     unsigned long *freed);
	struct km_vmap_notifier *next; /* the library's */
};
/*
 * The struct lasts as long as the program: a thread that asked just before may call
 * the function once more after unregister_vmap_purge_notifier() has returned.
 */
int register_vmap_purge_notifier(struct km_vmap_notifier *nb);
int unregister_vmap_purge_notifier(struct km_vmap_notifier *nb);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
