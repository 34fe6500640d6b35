// SPDX-License-Identifier: MIT
/*
 * arena/arena.c - reserve the span once, commit it section by section
 *
 * See arena.h for the picture. A section is 32 MiB, or 4 MiB where address
 * space is short; committing is one mmap() for the frames, one for their
 * struct pages and one for their index bytes, each beside what the zone has
 * committed already, so that the number of mappings does not grow with the heap.
 *
 * Locking	arena_lock for what changes; charged_frames is atomic
 * Invariants	N1-N3 of arena.h
 * Source	no counterpart; mem= as in Linux's boot parameters
 */
#include <errno.h>
#include <limits.h>

#include "arena/arena.h"
#include "core/param.h"
#include "sys/os.h"

#define MIB (1UL << 20)
#define GIB (1UL << 30)
#define SECTION_SIZE (32 * MIB)
#define SMALL_SECTION_SIZE MAX_BLOCK_SIZE
/* Tables up to this size are committed whole: simpler, and no cost. */
#define SMALL_TABLE (1 * MIB)

#define HOT_DATA __attribute__((section(".data.km_hot")))

uintptr_t arena_base HOT_DATA = 0;
unsigned long arena_nr_frames HOT_DATA = 0;
u8 *arena_index HOT_DATA __aligned(CACHELINE) = NULL;
struct arena arena;
spinlock_t arena_lock = SPIN_LOCK_INIT(LOCK_HOTPLUG);
static unsigned long span_limit; /* bytes; 0: by RAM */

static int set_span(const char *value)
{
	return param_number(value, 8 * MIB, 64UL << 40, &span_limit);
}
boot_param("arena", set_span, "8M to 64T");

static int set_limit(const char *value)
{
	unsigned long bytes;
	int ret = param_number(value, MAX_BLOCK_SIZE, 64UL << 40, &bytes);

	if (!ret)
		arena.limit_frames = bytes >> PAGE_SHIFT;
	return ret;
}
boot_param("mem", set_limit, "4M to 64T");

/* Bytes of each table in front of the frames, for a span of so many frames. */
struct layout {
	size_t vmemmap, index, blocks;
};

static struct layout tables_for(unsigned long frames)
{
	struct layout l = {
		.vmemmap = PAGE_ALIGN(frames * sizeof(struct page)),
		.index = PAGE_ALIGN(frames),
		.blocks = PAGE_ALIGN(DIV_ROUND_UP(frames, PAGEBLOCK_PAGES)),
	};

	return l;
}

/* Somewhere in the empty middle of the address space, at random. */
static void *reservation_hint(void)
{
	return (void *)((16UL << 40) + ((os_random() >> 20 & 0xfff) << 32));
}

/*
 * Lay out a span of `frames`, of which the first `reserved` are ours now,
 * with `vmalloc` bytes behind. 0 or -ENOMEM with nothing reserved.
 */
static int reserve_span(unsigned long frames, unsigned long reserved,
			size_t vmalloc)
{
	struct layout l = tables_for(frames);
	size_t tables = ALIGN(l.vmemmap + l.index + l.blocks, MAX_BLOCK_SIZE);
	size_t size = tables + (reserved << PAGE_SHIFT) + vmalloc;
	uintptr_t start, at;

	at = (uintptr_t)os_reserve(reservation_hint(), size + MAX_BLOCK_SIZE);
	if (!at)
		return -ENOMEM;
	start = ALIGN(at, MAX_BLOCK_SIZE);
	if (start > at)
		os_release((void *)at, start - at);
	if (at + MAX_BLOCK_SIZE > start)
		os_release((void *)(start + size), at + MAX_BLOCK_SIZE - start);
	if (os_commit((void *)(start + l.vmemmap + l.index), l.blocks))
		goto release;
	if (l.index <= SMALL_TABLE ?
		    os_commit((void *)(start + l.vmemmap), l.index) :
		    os_commit_readonly((void *)(start + l.vmemmap), l.index))
		goto release;
	arena.vmemmap = (struct page *)start;
	arena_index = (u8 *)(start + l.vmemmap);
	arena.pageblocks = arena_index + l.index;
	arena_base = start + tables;
	arena.reserved_frames = reserved;
	arena.vmalloc_start = arena_base + (reserved << PAGE_SHIFT);
	arena.vmalloc_end = arena.vmalloc_start + vmalloc;
	arena_nr_frames = frames; /* last: free() asks for this first */
	return 0;
release:
	os_release((void *)start, size);
	return -ENOMEM;
}

/* RLIMIT_AS is finite: a quarter of what is left, and no vmalloc space. */
static int reserve_limited(size_t left)
{
	size_t step = left > 2 * GIB ? SECTION_SIZE : SMALL_SECTION_SIZE;
	unsigned long frames, reserved;

	arena.section_frames = step >> PAGE_SHIFT;
	for (; left >= 8 * step; left /= 2) {
		frames = ALIGN(left, step) >> PAGE_SHIFT;
		reserved = ALIGN_DOWN(left / 4, step) >> PAGE_SHIFT;
		if (!reserve_span(frames, reserved, 0))
			return 0;
	}
	return reserve_span(8 * step >> PAGE_SHIFT, step >> PAGE_SHIFT, 0);
}

int arena_init(void)
{
	size_t left = os_address_space_left(), span;

	if (left != SIZE_MAX)
		return reserve_limited(left);
	arena.section_frames = SECTION_SIZE >> PAGE_SHIFT;
	/* Under a low limit frames leave room for large areas. */
	if (arena.limit_frames && arena.limit_frames < GIB >> PAGE_SHIFT)
		arena.section_frames = SMALL_SECTION_SIZE >> PAGE_SHIFT;
	span = span_limit;
	if (!span)
		span = clamp(roundup_pow_of_two(os_total_ram()) * 4, 64 * GIB,
			     4096 * GIB);
	span = ALIGN(span, SECTION_SIZE);
	for (; span >= SECTION_SIZE; span = ALIGN(span / 2, SECTION_SIZE)) {
		if (!reserve_span(span >> PAGE_SHIFT, span >> PAGE_SHIFT, span))
			return 0;
		if (span == SECTION_SIZE)
			break;
	}
	return reserve_limited(8 * SMALL_SECTION_SIZE);
}

/*
 * Index bytes of a small section share their page with those of others, which
 * must stay as they are: mprotect() then, and mmap() where it has whole pages.
 */
static int commit_index(unsigned long pfn, unsigned long nr)
{
	uintptr_t start = (uintptr_t)(arena_index + pfn), end = start + nr;

	if (!((start | end) & (PAGE_SIZE - 1)))
		return os_commit((void *)start, nr);
	start = ALIGN_DOWN(start, PAGE_SIZE);
	return os_make_writable((void *)start, PAGE_ALIGN(end) - start);
}

/* Struct pages and index bytes of frames that come online. */
static int commit_tables(unsigned long pfn, unsigned long nr)
{
	int ret = os_commit(arena.vmemmap + pfn, nr * sizeof(struct page));

	if (ret || PAGE_ALIGN(arena_nr_frames) <= SMALL_TABLE)
		return ret;
	return commit_index(pfn, nr);
}

/* ---- the limit ------------------------------------------------------------- */

static unsigned long limit_frames(void)
{
	return arena.limit_frames ? arena.limit_frames : ULONG_MAX;
}

int arena_charge(unsigned long nr)
{
	unsigned long old = READ_ONCE(arena.charged_frames), limit;

	limit = limit_frames();
	do {
		if (nr > limit || old > limit - nr)
			return -ENOMEM;
	} while (!__atomic_compare_exchange_n(&arena.charged_frames, &old,
					      old + nr, false, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	return 0;
}

void arena_uncharge(unsigned long nr)
{
	unsigned long left;

	left = __atomic_sub_fetch(&arena.charged_frames, nr, __ATOMIC_RELAXED);
	VM_BUG_ON((long)left < 0);
}

unsigned long arena_room(void)
{
	unsigned long limit = limit_frames();
	unsigned long charged = READ_ONCE(arena.charged_frames);

	return limit > charged ? limit - charged : 0;
}

/* ---- online and offline ------------------------------------------------------ */

static void set_online(unsigned long pfn, unsigned long nr, u8 byte)
{
	u8 *block = &arena.pageblocks[pfn >> PAGEBLOCK_ORDER];

	for (unsigned long n = 0; n < nr; n += PAGEBLOCK_PAGES)
		smp_store_release(block++, byte);
}

int arena_grow_highmem(unsigned long end)
{
	int ret = 0;

	if (!arena.highmem_fd) {
		int fd = os_memfd("libkmalloc-highmem");

		if (fd < 0)
			return fd;
		arena.highmem_fd = fd;
	}
	if (arena.highmem_size < end << PAGE_SHIFT)
		ret = os_file_resize(arena.highmem_fd, end << PAGE_SHIFT);
	if (!ret)
		arena.highmem_size = max(arena.highmem_size, end << PAGE_SHIFT);
	return ret;
}

static int commit_frames(unsigned long pfn, unsigned long nr,
			 unsigned int flags)
{
	size_t size = nr << PAGE_SHIFT;

	if (flags & ARENA_HIGHMEM)
		return arena_grow_highmem(pfn + nr);
	if (pfn + nr <= arena.reserved_frames)
		return os_commit(pfn_to_virt(pfn), size);
	return os_commit_new(pfn_to_virt(pfn), size);
}

int arena_online(unsigned long pfn, unsigned long nr, unsigned int flags)
{
	int ret;

	lock_assert_held(&arena_lock);
	VM_BUG_ON((pfn | nr) & (MAX_ORDER_NR_PAGES - 1));
	if (pfn + nr > arena_nr_frames)
		return -ENOMEM;
	ret = arena_charge(nr);
	if (ret)
		return ret;
	ret = commit_tables(pfn, nr);
	if (!ret)
		ret = commit_frames(pfn, nr, flags);
	if (ret) {
		arena_uncharge(nr);
		return ret;
	}
	set_online(pfn, nr, PB_ONLINE);
	arena.online_frames += nr;
	if (arena.online_end < pfn + nr)
		smp_store_release(&arena.online_end, pfn + nr);
	return 0;
}

int arena_offline(unsigned long pfn, unsigned long nr, unsigned int flags)
{
	size_t size = nr << PAGE_SHIFT;
	int ret;

	lock_assert_held(&arena_lock);
	VM_BUG_ON((pfn | nr) & (MAX_ORDER_NR_PAGES - 1));
	if (flags & ARENA_HIGHMEM)
		ret = os_file_punch(arena.highmem_fd, pfn << PAGE_SHIFT, size);
	else if (pfn + nr <= arena.reserved_frames)
		ret = os_uncommit(pfn_to_virt(pfn), size);
	else
		ret = os_release(pfn_to_virt(pfn), size);
	if (ret)
		return ret;
	set_online(pfn, nr, 0);
	/* Struct pages stay readable, for who looks late, and read as zero. */
	os_discard(arena.vmemmap + pfn, nr * sizeof(struct page));
	arena.online_frames -= nr;
	arena_uncharge(nr);
	return 0;
}
