// SPDX-License-Identifier: MIT
/*
 * core/probe.h - USDT probes: places that perf, bpftrace and gdb can stop at
 *
 *	code	... nop ...		one instruction while no tool looks
 *	note	.note.stapsdt: provider, name, address of the nop, and where
 *		each argument is: a register, a constant or a word on the stack
 *
 * A tool reads the note from the file and puts a breakpoint on the nop. So a
 * probe takes no memory at run time, and asks nothing. All are of the provider
 * `kmem`. Those with names of the kernel's tracepoints have their arguments, in
 * their order. docs/observing.md lists all. None stands where a call of
 * malloc() or free() hits.
 *
 * The notes are those of <sys/sdt.h>, which is not used: the linker would keep
 * each function with such a note, also one that nothing calls. Here a note
 * belongs to the section of its function (SHF_LINK_ORDER), and goes with it.
 *
 * Tests	artefacts.probes
 * Source	the names and arguments of Linux v6.12 include/trace/events; the
 *		format of the notes is SystemTap's, its third version
 */
#ifndef KM_CORE_PROBE_H
#define KM_CORE_PROBE_H

/* The bytes of an argument, negative if its type is signed. */
#define PROBE_SIZE(x)                                             \
	((__typeof__(x))-1 < (__typeof__(x))1 ? -(int)sizeof(x) : \
						(int)sizeof(x))
#define PROBE_ARG(x) "n"(PROBE_SIZE(x)), "nor"(x)

/* name size, type 3, then the addresses of nop and base, then three texts */
#define PROBE_NOTE(name, args, ...)                                       \
	__asm__ volatile(".Lkm_probe%=: nop\n"                            \
			 ".pushsection .note.stapsdt, \"o\", %%note, "    \
			 ".Lkm_probe%=\n"                                 \
			 ".balign 4\n"                                    \
			 ".4byte 992f - 991f, 994f - 993f, 3\n"           \
			 "991: .asciz \"stapsdt\"\n"                      \
			 "992: .balign 4\n"                               \
			 "993: .8byte .Lkm_probe%=, _.stapsdt.base, 0\n"  \
			 ".asciz \"kmem\", \"" #name "\", \"" args "\"\n" \
			 "994: .balign 4\n"                               \
			 ".popsection\n"                                  \
			 ".ifndef _.stapsdt.base\n"                       \
			 ".pushsection .stapsdt.base, \"aG\", "           \
			 "%%progbits, .stapsdt.base, comdat\n"            \
			 ".weak _.stapsdt.base\n"                         \
			 ".hidden _.stapsdt.base\n"                       \
			 "_.stapsdt.base: .space 1\n"                     \
			 ".size _.stapsdt.base, 1\n"                      \
			 ".popsection\n"                                  \
			 ".endif\n" ::__VA_ARGS__)

#define PROBE_TEXT1 "%c0@%1"
#define PROBE_TEXT2 PROBE_TEXT1 " %c2@%3"
#define PROBE_TEXT3 PROBE_TEXT2 " %c4@%5"
#define PROBE_TEXT4 PROBE_TEXT3 " %c6@%7"
#define PROBE_TEXT5 PROBE_TEXT4 " %c8@%9"
#define PROBE_TEXT6 PROBE_TEXT5 " %c10@%11"

#define PROBE1(name, a) PROBE_NOTE(name, PROBE_TEXT1, PROBE_ARG(a))
#define PROBE2(name, a, b) \
	PROBE_NOTE(name, PROBE_TEXT2, PROBE_ARG(a), PROBE_ARG(b))
#define PROBE3(name, a, b, c) \
	PROBE_NOTE(name, PROBE_TEXT3, PROBE_ARG(a), PROBE_ARG(b), PROBE_ARG(c))
#define PROBE4(name, a, b, c, d)                                  \
	PROBE_NOTE(name, PROBE_TEXT4, PROBE_ARG(a), PROBE_ARG(b), \
		   PROBE_ARG(c), PROBE_ARG(d))
#define PROBE5(name, a, b, c, d, e)                               \
	PROBE_NOTE(name, PROBE_TEXT5, PROBE_ARG(a), PROBE_ARG(b), \
		   PROBE_ARG(c), PROBE_ARG(d), PROBE_ARG(e))
#define PROBE6(name, a, b, c, d, e, f)                            \
	PROBE_NOTE(name, PROBE_TEXT6, PROBE_ARG(a), PROBE_ARG(b), \
		   PROBE_ARG(c), PROBE_ARG(d), PROBE_ARG(e), PROBE_ARG(f))

/* ---- pages --------------------------------------------------------------- */

/* pfn is -1 if there was no memory. */
#define probe_mm_page_alloc(pfn, order, gfp, mt) \
	PROBE4(mm_page_alloc, pfn, order, gfp, mt)
#define probe_mm_page_free(pfn, order) PROBE2(mm_page_free, pfn, order)
/* From the lists of a zone; refill: for a per-CPU list, perhaps. */
#define probe_mm_page_alloc_zone_locked(pfn, order, mt, refill) \
	PROBE4(mm_page_alloc_zone_locked, pfn, order, mt, refill)
/* From a per-CPU list back to the zone. */
#define probe_mm_page_pcpu_drain(pfn, order, mt) \
	PROBE3(mm_page_pcpu_drain, pfn, order, mt)
/* A block of another migratetype; owner: its pageblock changes the type. */
#define probe_mm_page_alloc_extfrag(pfn, order, from_order, mt, from_mt,   \
				    owner)                                 \
	PROBE6(mm_page_alloc_extfrag, pfn, order, from_order, mt, from_mt, \
	       owner)
/* Ours: frames in a row, of blocks above 32 KiB; parts of a run are freed. */
#define probe_page_run_alloc(pfn, nr) PROBE2(page_run_alloc, pfn, nr)
#define probe_page_run_free(pfn, nr) PROBE2(page_run_free, pfn, nr)

/* ---- reclaim and compaction ---------------------------------------------- */

#define probe_mm_vmscan_direct_reclaim_begin(order, gfp) \
	PROBE2(mm_vmscan_direct_reclaim_begin, order, gfp)
#define probe_mm_vmscan_direct_reclaim_end(nr) \
	PROBE1(mm_vmscan_direct_reclaim_end, nr)
#define probe_mm_vmscan_wakeup_kswapd(nid, zid, order, gfp) \
	PROBE4(mm_vmscan_wakeup_kswapd, nid, zid, order, gfp)
#define probe_mm_vmscan_kswapd_wake(nid, zid, order) \
	PROBE3(mm_vmscan_kswapd_wake, nid, zid, order)
#define probe_mm_vmscan_kswapd_sleep(nid) PROBE1(mm_vmscan_kswapd_sleep, nid)
#define probe_mm_compaction_try_to_compact_pages(order, gfp, prio) \
	PROBE3(mm_compaction_try_to_compact_pages, order, gfp, prio)
#define probe_mm_compaction_begin(zone_start, migrate, free, zone_end, sync) \
	PROBE5(mm_compaction_begin, zone_start, migrate, free, zone_end, sync)
#define probe_mm_compaction_end(zone_start, migrate, free, zone_end, sync,   \
				status)                                      \
	PROBE6(mm_compaction_end, zone_start, migrate, free, zone_end, sync, \
	       status)
#define probe_mm_compaction_migratepages(moved, failed) \
	PROBE2(mm_compaction_migratepages, moved, failed)
#define probe_mm_compaction_wakeup_kcompactd(nid, order, zid) \
	PROBE3(mm_compaction_wakeup_kcompactd, nid, order, zid)
/* The number of the process; the kernel's from 6.9 on has more. */
#define probe_mark_victim(pid) PROBE1(mark_victim, pid)

/* ---- caches and areas ---------------------------------------------------- */

/* Ours: the kernel has no tracepoint where a cache is made or ends. */
#define probe_kmem_cache_create(name, object_size, size, align, flags) \
	PROBE5(kmem_cache_create, name, object_size, size, align, flags)
#define probe_kmem_cache_destroy(name) PROBE1(kmem_cache_destroy, name)
/* Of vmalloc space, and of malloc's areas above 4 MiB; without vstart, vend. */
#define probe_alloc_vmap_area(addr, size, align, failed) \
	PROBE4(alloc_vmap_area, addr, size, align, failed)
/* Ours, without the kernel's counters of lazy pages. */
#define probe_free_vmap_area(addr, size) PROBE2(free_vmap_area, addr, size)
#define probe_vmalloc(addr, size, gfp) PROBE3(vmalloc, addr, size, gfp)
#define probe_vfree(addr) PROBE1(vfree, addr)

#endif
