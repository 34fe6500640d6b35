// SPDX-License-Identifier: MIT
/*
 * test_list.c - core/list.h, order by order
 */
#include "core/list.h"
#include "support/child.h"

struct item {
	int value;
	struct list_head list;
};

/* The values in order as one number; LIST1 on the way. */
static int digits(struct list_head *head)
{
	struct item *item;
	int number = 0;

	assert_ptr_equal(head->next->prev, head);
	list_for_each_entry(item, head, list) {
		assert_ptr_equal(item->list.next->prev, &item->list);
		assert_ptr_equal(item->list.prev->next, &item->list);
		number = number * 10 + item->value;
	}
	return number;
}

/* Entries added at both ends. Expect them in the order of a deque. */
static void test_add(void **state)
{
	struct item a = { .value = 1 }, b = { .value = 2 }, c = { .value = 3 };
	LIST_HEAD(head);

	(void)state;
	assert_true(list_empty(&head));
	list_add(&a.list, &head);
	list_add(&b.list, &head);
	list_add_tail(&c.list, &head);
	assert_false(list_empty(&head));
	assert_int_equal(digits(&head), 213);
	assert_ptr_equal(list_first_entry(&head, struct item, list), &b);
	assert_ptr_equal(list_last_entry(&head, struct item, list), &c);
	list_move_tail(&b.list, &head);
	assert_int_equal(digits(&head), 132);
}

/* Entries taken out, first, middle and last. Expect the others in place. */
static void test_del(void **state)
{
	struct item items[4];
	struct item *item, *next;
	LIST_HEAD(head);

	(void)state;
	for (int i = 0; i < 4; i++) {
		items[i].value = i + 1;
		list_add_tail(&items[i].list, &head);
	}
	list_del(&items[1].list);
	assert_null(items[1].list.next);
	assert_int_equal(digits(&head), 134);
	list_del_init(&items[3].list);
	assert_true(list_empty(&items[3].list));
	assert_int_equal(digits(&head), 13);
	list_for_each_entry_safe(item, next, &head, list)
		list_del(&item->list);
	assert_true(list_empty(&head));
}

/* One list put in front of another, empty ones too. Expect both in order. */
static void test_splice(void **state)
{
	struct item items[4];
	LIST_HEAD(front);
	LIST_HEAD(back);

	(void)state;
	for (int i = 0; i < 4; i++) {
		items[i].value = i + 1;
		list_add_tail(&items[i].list, i < 2 ? &front : &back);
	}
	list_splice_init(&front, &back);
	assert_true(list_empty(&front));
	assert_int_equal(digits(&back), 1234);
	list_splice_init(&front, &back);
	assert_int_equal(digits(&back), 1234);
	list_splice_init(&back, &front);
	assert_int_equal(digits(&front), 1234);
	assert_true(list_empty(&back));
}

static void delete (void *arg)
{
	struct list_head *entry = arg;

	list_del(entry);
}

/* Entries whose neighbours point elsewhere. Expect the end before anything is
 * written to them. */
static void test_corruption(void **state)
{
	struct item a = { .value = 1 }, b = { .value = 2 }, c = { .value = 3 };
	LIST_HEAD(head);

	(void)state;
	list_add_tail(&a.list, &head);
	list_add_tail(&b.list, &head);
	list_add_tail(&c.list, &head);
	b.list.prev = &c.list;
	expect_abort(delete, &b.list, "list_del corruption. prev->next");
	b.list.prev = &a.list;
	b.list.next = &a.list;
	expect_abort(delete, &b.list, "list_del corruption. next->prev");
	b.list.next = &c.list;
	assert_int_equal(digits(&head), 123);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_del),
		cmocka_unit_test(test_splice),
		cmocka_unit_test(test_corruption),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
