// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/kmap.c - a small cache of mappings of single frames of HighMem
 *
 *	slots	|p7:2|p3:0|p9:1|  - |p4:0| ...  512 of them, count of users
 *	              ^ no user: still mapped, found again by its page, or
 *	                reused for the next page that has no slot
 *	hash	page -> chain of slots
 *
 * Locking	kmap_lock (rank LOCK_FRAMES), with the mmap() of a slot under it
 * Invariants	KMAP1  a slot with a page is mapped and in that page's chain
 *		KMAP2  users of a slot: kmap() less kunmap() of its page
 *					(unit.vmap.vmalloc.kmap checks both)
 * Source	Linux v6.12 mm/highmem.c; there slots are flushed all at once
 */
#include <errno.h>
#include <string.h>

#include <kmalloc/highmem.h>

#include "core/start.h"
#include "diag/warn.h"
#include "vmap/vmalloc/internal.h"
#include "zone/zone.h"

#define LAST_PKMAP 512U
#define NO_SLOT LAST_PKMAP

struct pkmap {
	struct vm_area area; /* first; its pages are those of the slots */
	struct page *pages[LAST_PKMAP];
	unsigned int users[LAST_PKMAP];
	u16 next[LAST_PKMAP]; /* of the chain */
	u16 hash[LAST_PKMAP]; /* first of the chain */
	unsigned int hand; /* where to look for a slot */
};

static spinlock_t kmap_lock = SPIN_LOCK_INIT(LOCK_FRAMES);
static struct pkmap *pkmap; /* set once, by kmap_lock */
static u32 waiters, given_up; /* atomic; waiters sleep on given_up */

static u16 *hash_chain(const struct page *page)
{
	return &pkmap->hash[page_to_pfn(page) % LAST_PKMAP];
}

/* Returns the slot of a page, or NO_SLOT. kmap_lock is held, as below. */
static unsigned int find_slot(const struct page *page)
{
	unsigned int slot = *hash_chain(page);

	while (slot != NO_SLOT && pkmap->pages[slot] != page)
		slot = pkmap->next[slot];
	return slot;
}

static void forget_slot(unsigned int slot)
{
	u16 *p = hash_chain(pkmap->pages[slot]);

	while (*p != slot)
		p = &pkmap->next[*p];
	*p = pkmap->next[slot];
	WRITE_ONCE(pkmap->pages[slot], (struct page *)NULL);
}

static void *slot_address(unsigned int slot)
{
	return (char *)pkmap->area.vm.addr + (size_t)slot * PAGE_SIZE;
}

/* Returns a slot without users; NO_SLOT: all are in use. */
static unsigned int unused_slot(void)
{
	for (unsigned int n = 0; n < LAST_PKMAP; n++) {
		unsigned int slot = (pkmap->hand + n) % LAST_PKMAP;

		if (pkmap->users[slot])
			continue;
		pkmap->hand = slot + 1;
		return slot;
	}
	return NO_SLOT;
}

/* Maps a page into a slot. Returns 0, -EAGAIN (all are in use) or -ENOMEM. */
static int map_slot(struct page *page, unsigned int *slot)
{
	unsigned int free = unused_slot();
	u16 *head;
	int ret;

	if (free == NO_SLOT)
		return -EAGAIN;
	if (pkmap->pages[free])
		forget_slot(free);
	else if (frames_charge(1))
		return -ENOMEM;
	ret = frames_map((uintptr_t)slot_address(free), &page, 1, OS_PROT_RW);
	if (ret) {
		frames_uncharge(1);
		return -ENOMEM;
	}
	head = hash_chain(page);
	pkmap->next[free] = *head;
	*head = (u16)free;
	WRITE_ONCE(pkmap->pages[free], page);
	*slot = free;
	return 0;
}

/* ---- set-up at the first use --------------------------------------------- */

static struct pkmap *alloc_pkmap(void)
{
	const struct space_want want = { LAST_PKMAP * PAGE_SIZE, PAGE_SIZE,
					 vm_space_start(), vm_space_end() };
	struct pkmap *map = kzalloc(sizeof(*map), GFP_KERNEL);

	if (!map)
		return NULL;
	map->area.va = alloc_vmap_area(&want, GFP_KERNEL);
	if (!map->area.va) {
		kfree(map);
		return NULL;
	}
	map->area.vm.addr = (void *)map->area.va->va_start;
	map->area.vm.size = want.size;
	map->area.vm.pages = map->pages;
	map->area.vm.nr_pages = LAST_PKMAP;
	map->area.state = VM_HOLES;
	map->area.prot = OS_PROT_RW;
	for (unsigned int n = 0; n < LAST_PKMAP; n++)
		map->hash[n] = NO_SLOT;
	return map;
}

static int need_pkmap(void)
{
	struct pkmap *map;
	bool first;

	if (likely(smp_load_acquire(&pkmap)))
		return 0;
	map = alloc_pkmap();
	if (!map)
		return -ENOMEM;
	/*
	 * Found by address and asked by page_address() before its first
	 * mapping.
	 */
	vm_insert(&map->area);
	spin_lock(&kmap_lock);
	first = !pkmap;
	if (first) {
		smp_store_release(&pkmap, map);
	}
	spin_unlock(&kmap_lock);
	if (first)
		return 0;
	vm_erase(&map->area);
	map->area.va->next = NULL;
	space_unhold(map->area.va);
	kfree(map);
	return 0;
}

/* ---- the calls ----------------------------------------------------------- */

void *kmap(struct page *page)
{
	unsigned int slot = NO_SLOT;
	u32 seq;
	int ret;

	if (engine_need() || WARN_ONCE(!page, "kmap: no page"))
		return NULL;
	if (!frame_is_highmem(page))
		return page_to_virt(page);
	if (need_pkmap())
		return NULL;
	for (;;) {
		__atomic_add_fetch(&waiters, 1, __ATOMIC_SEQ_CST);
		seq = smp_load_acquire(&given_up);
		spin_lock(&kmap_lock);
		slot = find_slot(page);
		ret = slot == NO_SLOT ? map_slot(page, &slot) : 0;
		if (!ret)
			pkmap->users[slot]++;
		spin_unlock(&kmap_lock);
		if (ret == -EAGAIN)
			os_futex_wait(&given_up, seq);
		__atomic_sub_fetch(&waiters, 1, __ATOMIC_SEQ_CST);
		if (ret != -EAGAIN)
			break;
	}
	return ret ? NULL : slot_address(slot);
}

/* Drops one user of a slot. Returns false if it had none. */
static bool put_slot(unsigned int slot)
{
	bool last = false, had;

	spin_lock(&kmap_lock);
	had = pkmap->users[slot];
	if (had)
		last = !--pkmap->users[slot];
	spin_unlock(&kmap_lock);
	if (last && __atomic_load_n(&waiters, __ATOMIC_SEQ_CST)) {
		__atomic_add_fetch(&given_up, 1, __ATOMIC_SEQ_CST);
		os_futex_wake_all(&given_up);
	}
	return had;
}

void kunmap(const struct page *page)
{
	unsigned int slot = NO_SLOT;

	if (engine_need() || WARN_ONCE(!page, "kunmap: no page") ||
	    !frame_is_highmem(page))
		return;
	if (smp_load_acquire(&pkmap)) {
		spin_lock(&kmap_lock);
		slot = find_slot(page);
		spin_unlock(&kmap_lock);
	}
	WARN_ONCE(slot == NO_SLOT || !put_slot(slot),
		  "kunmap: page %p is not mapped", (const void *)page);
}

/* Returns the slot of an address, or NO_SLOT if kmap() did not return it. */
static unsigned int slot_of(const void *addr)
{
	const struct pkmap *map = smp_load_acquire(&pkmap);
	size_t at;

	if (!map)
		return NO_SLOT;
	at = ((uintptr_t)addr - map->area.va->va_start) >> PAGE_SHIFT;
	return at < LAST_PKMAP ? (unsigned int)at : NO_SLOT;
}

void *kmap_local_page(struct page *page)
{
	return kmap(page);
}

void kunmap_local(const void *addr)
{
	unsigned int slot;

	if (engine_need() || arena_contains(addr))
		return;
	slot = slot_of(addr);
	WARN_ONCE(slot == NO_SLOT || !put_slot(slot),
		  "kunmap_local: nothing is mapped at %p", addr);
}

struct page *kmap_to_page(const void *addr)
{
	unsigned int slot;

	if (engine_need())
		return NULL;
	if (arena_contains(addr))
		return virt_to_page(addr);
	slot = slot_of(addr);
	return slot == NO_SLOT ? NULL : READ_ONCE(pkmap->pages[slot]);
}

/* page_address() of a page of HighMem: NULL if it is not mapped. */
void *kmap_address(const struct page *page)
{
	void *addr = NULL;
	unsigned int slot;

	if (!smp_load_acquire(&pkmap))
		return NULL;
	spin_lock(&kmap_lock);
	slot = find_slot(page);
	if (slot != NO_SLOT && pkmap->users[slot])
		addr = slot_address(slot);
	spin_unlock(&kmap_lock);
	return addr;
}

bool kmap_is_area(const struct vm_area *area)
{
	return pkmap && area == &pkmap->area;
}

void kmap_fork_take(void)
{
	lock_fork_take(&kmap_lock);
}

void kmap_fork_release(void)
{
	lock_fork_release(&kmap_lock);
}

/* ---- bytes of a page ----------------------------------------------------- */

static bool fits_page(size_t offset, size_t len)
{
	return !WARN_ONCE(
		offset > PAGE_SIZE || len > PAGE_SIZE - offset,
		"%zu bytes at offset %zu are not inside a page of %lu", len,
		offset, PAGE_SIZE);
}

void memcpy_from_page(char *to, struct page *page, size_t offset, size_t len)
{
	char *from = fits_page(offset, len) ? kmap_local_page(page) : NULL;

	if (!from)
		return;
	memcpy(to, from + offset, len);
	kunmap_local(from);
}

void memcpy_to_page(struct page *page, size_t offset, const char *from,
		    size_t len)
{
	char *to = fits_page(offset, len) ? kmap_local_page(page) : NULL;

	if (!to)
		return;
	memcpy(to + offset, from, len);
	kunmap_local(to);
}

void clear_highpage(struct page *page)
{
	void *p = kmap_local_page(page);

	if (!p)
		return;
	memset(p, 0, PAGE_SIZE);
	kunmap_local(p);
}

void copy_highpage(struct page *to, struct page *from)
{
	char *dst = kmap_local_page(to), *src = kmap_local_page(from);

	if (dst && src)
		memcpy(dst, src, PAGE_SIZE);
	if (src)
		kunmap_local(src);
	if (dst)
		kunmap_local(dst);
}
