/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/rcu.h - frees memory when its readers have left
 *
 *	reader				writer
 *	  rcu_read_lock();		  old = shared;
 *	  p = rcu_dereference(shared);	  rcu_assign_pointer(shared, new);
 *	  ... *p ...			  kfree_rcu(old, rcu);
 *	  rcu_read_unlock();		  // freed when no reader can have it
 *
 * Grace periods are liburcu's, of its flavour bp: threads need not register. A
 * reader takes no lock and never waits. A writer need not wait either: a thread
 * of the library, started by the first use, waits for the grace period and then
 * frees.
 *
 * A program that uses liburcu itself includes <urcu...h> before this header.
 * Then rcu_read_lock() and its like are that header's, and of its flavour.
 * Memory freed by this header's functions waits for km_rcu_read_lock() alone.
 *
 * Limits: do not call fork() inside rcu_read_lock(). Do not wait for a grace
 * period inside it, or in a function given to call_rcu(). Source: Linux v6.18
 * for behaviour.
 */
#ifndef KMALLOC_RCU_H
#define KMALLOC_RCU_H

#include <stddef.h>

#include <kmalloc/gfp.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#ifndef _URCU_CALL_RCU_H
/* A field of an object that is to be freed; two words. */
struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};
#endif

/* Begin and end a reader's section; sections nest. */
void km_rcu_read_lock(void);
void km_rcu_read_unlock(void);
/* Waits until every section that is open now has ended. */
void km_synchronize_rcu(void);
/*
 * Runs func(head) after a grace period, in a thread of the library. Does not
 * wait.
 */
void km_call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head));
/* Waits until all functions given to km_call_rcu() have run. */
void km_rcu_barrier(void);

/*
 * Frees ptr, of kmalloc(), kvmalloc() or a cache, after a grace period. head is
 * a field in its first 4096 bytes. With head NULL the call may wait.
 */
void kvfree_call_rcu(struct rcu_head *head, void *ptr);
/* Waits until everything given to kfree_rcu() is freed. */
void kvfree_rcu_barrier(void);

#pragma GCC visibility pop

#define __km_kvfree_rcu_2(ptr, field)                                  \
	do {                                                           \
		__typeof__(ptr) ___p = (ptr);                          \
                                                                       \
		(void)sizeof(char[offsetof(__typeof__(*___p), field) < \
						  KM_PAGE_SIZE ?       \
					  1 :                          \
					  -1]);                        \
		if (___p)                                              \
			kvfree_call_rcu(&___p->field, (void *)___p);   \
	} while (0)
#define __km_kvfree_rcu_1(ptr)                                       \
	do {                                                         \
		void *___p = (void *)(ptr);                          \
                                                                     \
		if (___p)                                            \
			kvfree_call_rcu((struct rcu_head *)0, ___p); \
	} while (0)
#define __km_kvfree_rcu_n(_1, _2, name, ...) name

/*
 * kfree_rcu(ptr, field) frees ptr after a grace period; `field` is a struct
 * rcu_head in *ptr. kfree_rcu(ptr) needs no field, but may wait for a grace
 * period if memory is short.
 */
#define kvfree_rcu(...)                                                      \
	__km_kvfree_rcu_n(__VA_ARGS__, __km_kvfree_rcu_2, __km_kvfree_rcu_1, \
			  0)(__VA_ARGS__)
#define kfree_rcu(...) kvfree_rcu(__VA_ARGS__)
#define kvfree_rcu_mightsleep(ptr) __km_kvfree_rcu_1(ptr)
#define kfree_rcu_mightsleep(ptr) __km_kvfree_rcu_1(ptr)

#ifndef _URCU_CALL_RCU_H
static inline void rcu_read_lock(void)
{
	km_rcu_read_lock();
}

static inline void rcu_read_unlock(void)
{
	km_rcu_read_unlock();
}

static inline void synchronize_rcu(void)
{
	km_synchronize_rcu();
}

static inline void call_rcu(struct rcu_head *head,
			    void (*func)(struct rcu_head *head))
{
	km_call_rcu(head, func);
}

static inline void rcu_barrier(void)
{
	km_rcu_barrier();
}
#endif

/* Read a pointer that readers follow, and set it. */
#ifndef rcu_dereference
#define rcu_dereference(p) __atomic_load_n(&(p), __ATOMIC_ACQUIRE)
#endif
#ifndef rcu_assign_pointer
#define rcu_assign_pointer(p, v) __atomic_store_n(&(p), (v), __ATOMIC_RELEASE)
#endif

#ifdef __cplusplus
}
#endif
#endif
