// SPDX-License-Identifier: MIT
/*
 * test_migrate.c - pages that change places, by their owner's functions
 */
#include <kmalloc/memcg.h>

#include "compaction/migrate.h"
#include "request/internal.h"
#include "support/movable.h"
#include "zone/vmstat.h"

static struct page *heads[TEST_BLOCKS];

struct targets {
	struct migration_target_control mtc;
	int left; /* then there is none */
};

static struct page *take_block(struct page *src, void *private)
{
	struct targets *t = private;

	return t->left-- ? alloc_migration_target(src, &t->mtc) : NULL;
}

/* Move one slot's page: what migrate_pages() returns, and *moved. */
static int move_slot(unsigned long i, int targets, unsigned long *moved)
{
	struct targets t = { { 0, QUIET }, targets };
	struct migration_target to = { take_block, free_migration_target, &t };
	LIST_HEAD(pages);
	int ret = -EBUSY;

	spin_lock(&migrate_lock);
	if (isolate_movable_page(slots[i].page, 0)) {
		list_add(&slots[i].page->lru, &pages);
		ret = migrate_pages(&pages, &to, MIGRATE_SYNC, moved);
		putback_movable_pages(&pages);
	}
	spin_unlock(&migrate_lock);
	return ret;
}

static unsigned long event(enum vm_event_item item)
{
	unsigned long events[NR_VM_EVENT_ITEMS];

	all_vm_events(events);
	return events[item];
}

/* Blocks of several orders that move. Expect the contents at another place, the
 * old place free, the new one as allocated as the old one was, and counts. */
static void child_moves(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	unsigned long moved = 0, sum = 0;

	(void)arg;
	give_frames(zone, 0, 8 * MAX_ORDER_NR_PAGES);
	for (unsigned int order = 0; order <= PAGEBLOCK_ORDER; order += 3) {
		struct page *page = alloc_pages(QUIET | __GFP_MOVABLE, order),
			    *now;

		slot_adopt(order, page, 7);
		REQUIRE(PageMovable(page));
		REQUIRE(zone->nr_movable_pages == 1UL << order);
		REQUIRE(move_slot(order, 1, &moved) == 0);
		REQUIRE(moved == 1UL << order);
		sum += moved;
		now = slots[order].page;
		REQUIRE(now != page && now->_refcount == 1);
		REQUIRE(now->order == order && now->migratetype == 1);
		REQUIRE(page_type(page) != PAGE_ALLOCATED);
		slot_check(&slots[order]);
		REQUIRE(zone->nr_movable_pages == 1UL << order);
		slot_free(order);
		REQUIRE(zone->nr_movable_pages == 0);
	}
	REQUIRE(event(PGMIGRATE_SUCCESS) == sum && !event(PGMIGRATE_FAIL));
	REQUIRE(!called_with_locks);
	drain_all_pages(zone);
	check_conservation(zone, 8 * MAX_ORDER_NR_PAGES);
}

/* A compound block. Expect its new place to lead inner pages to the head, and
 * the old one not to. */
static void child_compound(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	unsigned long moved;
	struct page *page;

	(void)arg;
	give_frames(zone, 0, MAX_ORDER_NR_PAGES);
	page = alloc_pages(QUIET | __GFP_COMP, 2);
	slot_adopt(1, page, 9);
	REQUIRE(!move_slot(1, 1, &moved));
	REQUIRE(compound_head(slots[1].page + 3) == slots[1].page);
	REQUIRE(compound_head(page + 3) == page + 3);
	migrate_says = -EINVAL;
	page = slots[1].page;
	REQUIRE(move_slot(1, 1, &moved) == 4 && slots[1].page == page);
	slot_free(1);
	drain_all_pages(zone);
	check_conservation(zone, TEST_FRAMES - MAX_ORDER_NR_PAGES);
}

/* Charged blocks that move. Expect the charge to move with a single page and a
 * compound block, to be there once and gone with them; others to stay. */
static void child_charged(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	static const gfp_t gfps[] = { 0, __GFP_COMP, 0 };
	static const unsigned int orders[] = { 0, 3, 3 };
	struct km_memcg *memcg;
	unsigned long moved;

	(void)arg;
	give_frames(zone, 0, 2 * MAX_ORDER_NR_PAGES);
	memcg = km_memcg_create(1 << 20);
	REQUIRE(memcg);
	km_memcg_set_current(memcg);
	for (unsigned long i = 0; i < 3; i++) {
		unsigned long bytes = PAGE_SIZE << orders[i];
		struct page *page = alloc_pages(QUIET | __GFP_ACCOUNT | gfps[i],
						orders[i]);

		slot_adopt(i, page, 5);
		REQUIRE(km_memcg_usage(memcg) == bytes);
		REQUIRE(move_slot(i, 1, &moved) == (i == 2 ? -EBUSY : 0));
		REQUIRE((slots[i].page == page) == (i == 2));
		REQUIRE(slots[i].page->memcg == memcg);
		REQUIRE(km_memcg_usage(memcg) == bytes);
		if (i < 2) {
			migrate_says = -EINVAL;
			REQUIRE(move_slot(i, 1, &moved) > 0);
			migrate_says = 0;
			REQUIRE(km_memcg_usage(memcg) == bytes);
		}
		slot_free(i);
		REQUIRE(km_memcg_usage(memcg) == 0);
	}
	km_memcg_set_current(NULL);
	km_memcg_destroy(memcg);
	drain_all_pages(zone);
	check_conservation(zone, TEST_FRAMES - 2 * MAX_ORDER_NR_PAGES);
}

/* Owners that say no: at isolation, with -EAGAIN, for good; nowhere to move to.
 * Expect the page where it was, put back, and nothing lost. */
static void child_refused(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	unsigned long moved;
	struct page *page;

	(void)arg;
	give_frames(zone, 0, MAX_ORDER_NR_PAGES);
	page = alloc_pages(QUIET, 0);
	slot_adopt(0, page, 3);
	refuse_isolate = true;
	REQUIRE(move_slot(0, 1, &moved) == -EBUSY && !nr_putback);
	refuse_isolate = false;
	migrate_says = -EAGAIN;
	REQUIRE(move_slot(0, 100, &moved) == 1 && !moved && nr_putback == 1);
	migrate_says = -EINVAL;
	REQUIRE(move_slot(0, 100, &moved) == 1 && nr_putback == 2);
	migrate_says = 0;
	REQUIRE(move_slot(0, 0, &moved) == -ENOMEM && nr_putback == 3);
	REQUIRE(slots[0].page == page && page->_refcount == 1);
	REQUIRE(!(page->flags & (PG_ISOLATED | PG_LOCKED)));
	slot_check(&slots[0]);
	get_page(page); /* a reference: it stays */
	REQUIRE(move_slot(0, 1, &moved) == -EBUSY);
	put_page(page);
	slot_free(0);
	zone_check(zone);
}

/* A page that its owner frees while it is isolated, and one between isolation
 * and its move. Expect it to be free once it is put back, and only then. */
static void child_freed_meanwhile(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	struct targets t = { { 0, QUIET }, 9 };
	struct migration_target to = { take_block, free_migration_target, &t };
	unsigned long moved;
	struct page *page;
	LIST_HEAD(pages);

	(void)arg;
	give_frames(zone, 0, MAX_ORDER_NR_PAGES);
	for (unsigned int order = 0; order < 3; order++) {
		page = alloc_pages(QUIET, order);
		slot_adopt(0, page, 3);
		spin_lock(&migrate_lock);
		REQUIRE(isolate_movable_page(page, 0));
		REQUIRE(!isolate_movable_page(page, 0));
		slot_free(0);
		REQUIRE(page_type(page) == PAGE_ALLOCATED);
		if (order == 1) {
			list_add(&page->lru, &pages);
			REQUIRE(!migrate_pages(&pages, &to, MIGRATE_SYNC,
					       &moved));
			REQUIRE(list_empty(&pages) && t.left == 9);
		} else {
			putback_movable_page(page);
		}
		spin_unlock(&migrate_lock);
		REQUIRE(page_type(page) != PAGE_ALLOCATED);
		REQUIRE(!(page->flags & PG_ISOLATED));
	}
	REQUIRE(!nr_putback && !zone->nr_movable_pages);
	drain_all_pages(zone);
	check_conservation(zone, TEST_FRAMES - MAX_ORDER_NR_PAGES);
}

/* A page that was never movable, or is no longer. Expect it left alone. */
static void child_not_movable(void *arg)
{
	struct page *page;

	(void)arg;
	start_zone("");
	page = alloc_pages(QUIET, 0);
	spin_lock(&migrate_lock);
	REQUIRE(!PageMovable(page) && !isolate_movable_page(page, 0));
	__SetPageMovable(page, &owner_ops);
	__ClearPageMovable(page);
	REQUIRE(!page->mapping && !isolate_movable_page(page, 0));
	spin_unlock(&migrate_lock);
	__free_pages(page, 0);
}

/* An owner that frees without saying that the page is no longer movable.
 * Expect the kernel's words, and the page out of use. */
static void child_forgotten(void *arg)
{
	struct zone *zone = start_zone("");
	struct page *page = alloc_pages(QUIET, 0);

	(void)arg;
	__SetPageMovable(page, &owner_ops);
	__free_pages(page, 0);
	REQUIRE(page_type(page) == PAGE_BAD);
	zone_check(zone);
}

static void test_forgotten(void **state)
{
	struct child_end end;

	(void)state;
	child_run(child_forgotten, NULL, &end);
	assert_int_equal(end.status, 0);
	assert_int_equal(count_phrase(end.err, "BUG: Bad page state"), 1);
	assert_int_equal(count_phrase(end.err, "non-NULL mapping"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_moves),
		child_test(child_compound),
		child_test(child_charged),
		child_test(child_refused),
		child_test(child_freed_meanwhile),
		child_test(child_not_movable),
		cmocka_unit_test(test_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
