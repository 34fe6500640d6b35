// SPDX-License-Identifier: MIT
/*
 * core/list.h - circular doubly linked lists with the head as sentinel
 *
 *	head <-> first <-> ... <-> last <-> head
 *
 * Locking	the caller's.
 * Invariants	LIST1  n->next->prev == n and n->prev->next == n
 *			(unit.core.list checks it, and list_del() does)
 * Source	the interface of the kernel's lists; written anew.
 */
#ifndef KM_CORE_LIST_H
#define KM_CORE_LIST_H

#include "sys/os.h"

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD_INIT(name)     \
	{                        \
		&(name), &(name) \
	}
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

/* May be called without the list's lock; the answer may then be out of date. */
static inline bool list_empty(const struct list_head *head)
{
	return READ_ONCE(head->next) == head;
}

static inline void list_add(struct list_head *entry, struct list_head *head)
{
	entry->next = head->next;
	entry->prev = head;
	head->next->prev = entry;
	WRITE_ONCE(head->next, entry);
}

static inline void list_add_tail(struct list_head *entry,
				 struct list_head *head)
{
	list_add(entry, head->prev);
}

/*
 * A program that writes where it may not can reach the entries of a list. So
 * the neighbours of an entry are asked, before anything is written to them.
 */
static inline void list_del(struct list_head *entry)
{
	struct list_head *next = entry->next, *prev = entry->prev;

	if (unlikely(prev->next != entry))
		os_die("kmalloc: list_del corruption. prev->next should be "
		       "the entry\n");
	if (unlikely(next->prev != entry))
		os_die("kmalloc: list_del corruption. next->prev should be "
		       "the entry\n");
	next->prev = prev;
	WRITE_ONCE(prev->next, next);
	entry->next = NULL;
	entry->prev = NULL;
}

static inline void list_del_init(struct list_head *entry)
{
	list_del(entry);
	INIT_LIST_HEAD(entry);
}

static inline void list_move_tail(struct list_head *entry,
				  struct list_head *head)
{
	list_del(entry);
	list_add_tail(entry, head);
}

/* Moves all of `list` to the front of `head`; `list` is empty then. */
static inline void list_splice_init(struct list_head *list,
				    struct list_head *head)
{
	if (list_empty(list))
		return;
	list->prev->next = head->next;
	head->next->prev = list->prev;
	head->next = list->next;
	list->next->prev = head;
	INIT_LIST_HEAD(list);
}

#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_first_entry(head, type, member) \
	list_entry((head)->next, type, member)
#define list_last_entry(head, type, member) \
	list_entry((head)->prev, type, member)
/*
 * `pos` is set to entries only, never to the head, which lies in another
 * struct. After a loop that was not left early it is the last entry.
 */
#define list_for_each_entry(pos, head, member)                        \
	for (struct list_head *_at = (head)->next;                    \
	     _at != (head) &&                                         \
	     (pos = list_entry(_at, __typeof__(*pos), member), true); \
	     _at = _at->next)
#define list_for_each_entry_safe(pos, n, head, member)                      \
	for (struct list_head *_at = (head)->next, *_next = _at->next;      \
	     _at != (head) &&                                               \
	     (pos = list_entry(_at, __typeof__(*pos), member),              \
	     n = list_entry(_next, __typeof__(*n), member), (void)n, true); \
	     _at = _next, _next = _at->next)

#endif
