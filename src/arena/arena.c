// SPDX-License-Identifier: MIT
/*
 * arena/arena.c - own a span of addresses, map of it what is needed
 *
 * See arena.h for the picture. The span is chosen at random in the empty middle
 * of the address space and mapped step by step. A step is one mmap() for the
 * frames, one for their struct pages and, now and then, one for index bytes.
 * Each lies beside what is mapped already, so the number of mappings does not
 * grow with the heap. None of these calls replaces a mapping: a mapping of
 * other code in the span stays there, and is a hole of the arena.
 *
 * Locking	arena_lock for what changes; charged_frames is atomic
 * Invariants	ARENA1-ARENA4 of arena.h
 * Source	no counterpart; mem= as in Linux's boot parameters
 */
#include <errno.h>
#include <limits.h>

#include "arena/arena.h"
#include "diag/param.h"
#include "sys/os.h"

#define SECTION_SIZE (32 * MIB)
#define SMALL_SECTION_SIZE MAX_BLOCK_SIZE
/* Index bytes are mapped for so many frames at least: 64 MiB of them. */
#define INDEX_STEP (4 * OS_PAGE_SIZE)
#define INDEX_FRONT OS_PAGE_SIZE /* index_check() of 256 indices */
/*
 * Spans lie above the shadow of AddressSanitizer and below where programs are.
 */
#define LOWEST_PLACE (16UL << 40)
#define HIGHEST_PLACE (84UL << 40)
#define PLACE_TRIES 8

#define HOT_DATA __attribute__((section(".data.km_hot")))

uintptr_t arena_base HOT_DATA = 0;
unsigned long arena_nr_frames HOT_DATA = 0;
unsigned long arena_fast_thread HOT_DATA = 0;
unsigned long arena_fast_cpu HOT_DATA = 0;
u8 *arena_index HOT_DATA __aligned(CACHELINE) = NULL;
static bool fast_by_cpu; /* arena_lock */
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

/* ---- a place ------------------------------------------------------------- */

/* Bytes of address space for each table in front of the frames. */
struct layout {
	size_t vmemmap, index, blocks;
};

static struct layout tables_for(unsigned long frames)
{
	struct layout l = {
		.vmemmap = OS_PAGE_ALIGN(frames * sizeof(struct page)),
		.index = INDEX_FRONT + ALIGN(frames, INDEX_STEP),
		.blocks = OS_PAGE_ALIGN(DIV_ROUND_UP(frames, PAGEBLOCK_PAGES)),
	};

	return l;
}

/* Maps the first bytes of both small tables. Returns 0, or -errno with none. */
static int map_first(uintptr_t index, uintptr_t blocks)
{
	int ret = os_commit((void *)index, INDEX_FRONT + INDEX_STEP);

	if (ret)
		return ret;
	ret = os_commit((void *)blocks, OS_PAGE_SIZE);
	if (ret)
		os_release((void *)index, INDEX_FRONT + INDEX_STEP);
	return ret;
}

/* Tries to put a span of so many frames at `start`. Returns 0 or -errno. */
static int try_place(uintptr_t start, unsigned long frames)
{
	struct layout l = tables_for(frames);
	size_t tables = ALIGN(l.vmemmap + l.index + l.blocks, MAX_BLOCK_SIZE);
	int ret = map_first(start + l.vmemmap, start + l.vmemmap + l.index);

	if (ret)
		return ret;
	arena.vmemmap = (struct page *)start;
	arena_index = (u8 *)(start + l.vmemmap + INDEX_FRONT);
	arena.pageblocks = (u8 *)(start + l.vmemmap + l.index);
	arena.index_end = INDEX_STEP;
	arena.blocks_end = OS_PAGE_SIZE * PAGEBLOCK_PAGES;
	arena_base = start + tables;
	arena.vmalloc_start = arena_base + (frames << PAGE_SHIFT);
	arena.vmalloc_end = arena.vmalloc_start + (frames << PAGE_SHIFT);
	arena.span_frames = frames;
	return 0;
}

/* Returns the bytes of tables, frames and vmalloc space, with alignment. */
static size_t place_size(unsigned long frames)
{
	struct layout l = tables_for(frames);

	return l.vmemmap + l.index + l.blocks + 2 * (frames << PAGE_SHIFT) +
	       2 * MAX_BLOCK_SIZE;
}

/*
 * Tries random places in the empty middle of the address space. If all of it is
 * taken, as by ThreadSanitizer, asks the OS for a gap.
 */
static int choose_place(unsigned long frames)
{
	size_t size = place_size(frames);
	uintptr_t start;
	int ret = -ENOMEM;

	for (unsigned int i = 0; i < PLACE_TRIES; i++) {
		if (size > HIGHEST_PLACE - LOWEST_PLACE)
			break;
		start = LOWEST_PLACE +
			os_random() % (HIGHEST_PLACE - LOWEST_PLACE - size + 1);
		ret = try_place(ALIGN(start, MAX_BLOCK_SIZE), frames);
		if (!ret)
			return 0;
		if (ret != -EEXIST)
			break;
	}
	start = (uintptr_t)os_place(size);
	return start ? try_place(ALIGN(start, MAX_BLOCK_SIZE), frames) : ret;
}

uintptr_t arena_place_apart(size_t size)
{
	uintptr_t most = HIGHEST_PLACE - LOWEST_PLACE - size + 1, start;

	do {
		start = OS_PAGE_ALIGN(LOWEST_PLACE + os_random() % most);
	} while (start + size > (uintptr_t)arena.vmemmap &&
		 start < arena.vmalloc_end);
	return start;
}

/*
 * Frames beyond the hard limit RLIMIT_AS can never be used: no address. `left`
 * is what the soft limit leaves; without a soft limit there is no hard one.
 */
static size_t span_bytes(size_t left)
{
	size_t span = span_limit, most = left;

	if (left != SIZE_MAX)
		most = os_address_space_most();
	if (!span)
		span = clamp(roundup_pow_of_two(os_total_ram()) * 4, 64 * GIB,
			     4096 * GIB);
	if (most < span)
		span = max(most, SECTION_SIZE);
	return ALIGN(span, SECTION_SIZE);
}

int arena_init(void)
{
	size_t left = os_address_space_left();
	int ret = -ENOMEM;

	arena.section_frames = SECTION_SIZE >> PAGE_SHIFT;
	/* With little memory, small steps leave room for other mappings. */
	if ((arena.limit_frames && arena.limit_frames < GIB >> PAGE_SHIFT) ||
	    left <= 2 * GIB)
		arena.section_frames = SMALL_SECTION_SIZE >> PAGE_SHIFT;
	for (size_t span = span_bytes(left); ret && span >= SECTION_SIZE;
	     span = ALIGN_DOWN(span / 2, SECTION_SIZE))
		ret = choose_place(span >> PAGE_SHIFT);
	return ret ? -ENOMEM : 0;
}

/* ---- the tables ---------------------------------------------------------- */

/* Bytes of the table of pageblocks for frames below `end`. */
static int grow_blocks(unsigned long end)
{
	unsigned long most = arena.blocks_end;
	size_t size;
	int ret;

	if (end <= most)
		return 0;
	size = OS_PAGE_ALIGN((end - most) / PAGEBLOCK_PAGES);
	ret = os_commit(arena.pageblocks + most / PAGEBLOCK_PAGES, size);
	if (!ret)
		arena.blocks_end = most + size * PAGEBLOCK_PAGES;
	return ret;
}

/*
 * Maps index bytes for frames from pfn to `end`. The gap to those of lower
 * frames is mapped read-only: it belongs to frames of a zone that has not begun
 * yet.
 *
 *	index	|rw|rw|rw|rw| r  | r  | r  |rw|rw|
 *		 a zone      ^index_end     ^pfn ^end
 */
static int grow_index(unsigned long pfn, unsigned long end)
{
	unsigned long start = ALIGN_DOWN(pfn, OS_PAGE_SIZE);
	int ret = 0;

	if (start > arena.index_end) {
		ret = os_commit_readonly(arena_index + arena.index_end,
					 start - arena.index_end);
		if (ret)
			return ret;
		arena.index_end = start;
		arena.index_gaps = true;
	} else if (arena.index_gaps && start < arena.index_end) {
		ret = os_make_writable(
			arena_index + start,
			min(OS_PAGE_ALIGN(end), arena.index_end) - start);
	}
	if (ret || end <= arena.index_end)
		return ret;
	end = ALIGN(end, INDEX_STEP);
	ret = os_commit(arena_index + arena.index_end, end - arena.index_end);
	if (!ret)
		arena.index_end = end;
	return ret;
}

static bool has_pages(unsigned long pfn)
{
	return READ_ONCE(arena.pageblocks[pfn >> PAGEBLOCK_ORDER]) & PB_PAGES;
}

/* Set the bytes of these frames. */
static void set_blocks(unsigned long pfn, unsigned long nr, u8 byte)
{
	u8 *block = &arena.pageblocks[pfn >> PAGEBLOCK_ORDER];

	for (unsigned long n = 0; n < nr; n += PAGEBLOCK_PAGES)
		smp_store_release(block++, byte);
}

/*
 * Maps struct pages of whole largest blocks from pfn to `end`. Some may be
 * mapped already: a block may come online by halves, or after an earlier
 * failure.
 */
static int grow_vmemmap(unsigned long pfn, unsigned long end)
{
	while (pfn < end) {
		unsigned long nr = 0;
		int ret;

		while (pfn + nr < end && !has_pages(pfn + nr))
			nr += MAX_ORDER_NR_PAGES;
		if (!nr) {
			pfn += MAX_ORDER_NR_PAGES;
			continue;
		}
		ret = os_commit(arena.vmemmap + pfn, nr * sizeof(struct page));
		if (ret)
			return ret;
		set_blocks(pfn, nr, PB_PAGES);
		pfn += nr;
	}
	return 0;
}

/*
 * Maps the tables for frames that come online. Another mapping in the way of
 * struct pages makes a hole (-EEXIST). In the way of the small tables it ends
 * growth (-ENOMEM).
 */
static int grow_tables(unsigned long pfn, unsigned long nr)
{
	unsigned long start = ALIGN_DOWN(pfn, MAX_ORDER_NR_PAGES);
	unsigned long end = ALIGN(pfn + nr, MAX_ORDER_NR_PAGES);
	int ret = grow_blocks(end);

	if (!ret)
		ret = grow_index(start, end);
	if (ret)
		return ret == -EEXIST ? -ENOMEM : ret;
	return grow_vmemmap(start, end);
}

/* ---- the limit ----------------------------------------------------------- */

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

unsigned long arena_apart(void)
{
	unsigned long charged = READ_ONCE(arena.charged_frames);
	unsigned long online = READ_ONCE(arena.online_frames);

	return charged > online ? charged - online : 0;
}

/* ---- online and offline -------------------------------------------------- */

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

static int map_frames(unsigned long pfn, unsigned long nr, unsigned int flags)
{
	if (flags & ARENA_HIGHMEM)
		return arena_grow_highmem(pfn + nr);
	return os_commit(pfn_to_virt(pfn), nr << PAGE_SHIFT);
}

static void set_fast_bound(void)
{
	unsigned long *bound = fast_by_cpu ? &arena_fast_cpu :
					     &arena_fast_thread;

	smp_store_release(bound, arena_nr_frames);
}

int arena_online(unsigned long pfn, unsigned long nr, unsigned int flags)
{
	unsigned long start;
	int ret;

	lock_assert_held(&arena_lock);
	VM_BUG_ON((pfn | nr) & (ARENA_STEP - 1));
	if (pfn + nr > arena.span_frames)
		return -ENOMEM;
	ret = arena_charge(nr);
	if (ret)
		return ret;
	ret = grow_tables(pfn, nr);
	if (!ret)
		ret = map_frames(pfn, nr, flags);
	if (ret) {
		arena_uncharge(nr);
		return ret;
	}
	/* a pageblock whose start is online keeps its byte */
	start = ALIGN(pfn, PAGEBLOCK_PAGES);
	if (start < pfn + nr)
		set_blocks(start, pfn + nr - start, PB_ONLINE | PB_PAGES);
	WRITE_ONCE(arena.online_frames, arena.online_frames + nr);
	if (arena_nr_frames < pfn + nr) {
		smp_store_release(&arena_nr_frames, pfn + nr);
		set_fast_bound();
	}
	return 0;
}

void arena_fast_by_cpu(void)
{
	spin_lock(&arena_lock);
	fast_by_cpu = true;
	WRITE_ONCE(arena_fast_thread, 0UL);
	set_fast_bound();
	spin_unlock(&arena_lock);
}

int arena_offline(unsigned long pfn, unsigned long nr, unsigned int flags)
{
	size_t size = nr << PAGE_SHIFT;
	int ret;

	lock_assert_held(&arena_lock);
	VM_BUG_ON((pfn | nr) & (MAX_ORDER_NR_PAGES - 1));
	if (flags & ARENA_HIGHMEM)
		ret = os_file_punch(arena.highmem_fd, pfn << PAGE_SHIFT, size);
	else
		ret = os_release(pfn_to_virt(pfn), size);
	if (ret)
		return ret;
	set_blocks(pfn, nr, PB_PAGES);
	/* Late readers may still look at struct pages: they read as zero. */
	os_discard(arena.vmemmap + pfn, nr * sizeof(struct page));
	WRITE_ONCE(arena.online_frames, arena.online_frames - nr);
	arena_uncharge(nr);
	return 0;
}
