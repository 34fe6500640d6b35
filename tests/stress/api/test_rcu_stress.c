// SPDX-License-Identifier: MIT
/*
 * test_rcu_stress.c - readers follow pointers that writers replace and free
 */
#include <pthread.h>

#include <kmalloc/kmalloc.h>

#include "kmem/kmem.h"
#include "support/child.h"

#define NR_SHARED 8
#define ROUNDS (IS_ENABLED(KM_SANITIZE_THREAD) ? 3000 : 30000)
#define MAGIC 0x5ca1ab1e0ddba11UL

struct node {
	struct rcu_head rcu;
	unsigned long magic, number, check;
};

static struct kmem_cache *cache;
static struct node *shared[NR_SHARED];
static unsigned int stop; /* atomic */

/* Reads nodes; whatever it finds must be whole. */
static void *read_nodes(void *arg)
{
	uint64_t seed = (uintptr_t)arg;

	while (!READ_ONCE(stop)) {
		struct node *node;

		rcu_read_lock();
		node = rcu_dereference(shared[test_below(&seed, NR_SHARED)]);
		for (int i = 0; i < 20; i++) {
			REQUIRE(node->magic == MAGIC);
			REQUIRE(node->check == ~node->number);
		}
		rcu_read_unlock();
	}
	return NULL;
}

/* Takes what is free and makes rubbish of it. */
static void *spoil(void *arg)
{
	struct node *held[64] = { NULL };
	uint64_t seed = (uintptr_t)arg;

	while (!READ_ONCE(stop)) {
		struct node **at = &held[test_below(&seed, 64)];

		if (*at) {
			kmem_cache_free(cache, *at);
			*at = NULL;
		} else {
			*at = kmem_cache_alloc(cache, GFP_KERNEL);
			REQUIRE(*at);
			memset(*at, 0xee, sizeof(**at));
		}
	}
	for (int i = 0; i < 64; i++)
		kmem_cache_free(cache, held[i]);
	return NULL;
}

static struct node *new_node(unsigned long number)
{
	struct node *node = kmem_cache_alloc(cache, GFP_KERNEL);

	REQUIRE(node);
	node->magic = MAGIC;
	node->number = number;
	node->check = ~number;
	return node;
}

/* Replaces nodes and gives the old ones up, in one way or the other. */
static void *write_nodes(void *arg)
{
	for (unsigned long i = 0; i < ROUNDS; i++) {
		struct node *old = __atomic_exchange_n(
			&shared[i % NR_SHARED], new_node(i), __ATOMIC_ACQ_REL);

		if (i % 3)
			kfree_rcu(old, rcu);
		else
			kfree_rcu_mightsleep(old);
		if (i % 4096 == 0)
			kvfree_rcu_barrier();
	}
	return arg;
}

static void run(void)
{
	pthread_t threads[5];

	stop = 0;
	for (unsigned long i = 0; i < NR_SHARED; i++)
		shared[i] = new_node(i);
	for (uintptr_t i = 0; i < 2; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, read_nodes,
					(void *)(i + 1)));
	REQUIRE(!pthread_create(&threads[2], NULL, spoil, (void *)77));
	for (int i = 3; i < 5; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, write_nodes, NULL));
	for (int i = 3; i < 5; i++)
		REQUIRE(!pthread_join(threads[i], NULL));
	WRITE_ONCE(stop, 1U);
	for (int i = 0; i < 3; i++)
		REQUIRE(!pthread_join(threads[i], NULL));
	for (unsigned long i = 0; i < NR_SHARED; i++)
		kfree_rcu(shared[i], rcu);
}

/* Two readers, two writers, and a thread that spoils free memory. Expect no
 * reader to meet a node that was freed, and every object to be back in the
 * end. */
static void test_nodes(void **state)
{
	(void)state;
	cache = kmem_cache_create("nodes", sizeof(struct node), 0,
				  SLAB_NO_MERGE, NULL);
	run();
	kvfree_rcu_barrier();
	kmem_cache_shrink(cache);
	assert_int_equal(cache->in_use, 0);
	kmem_cache_destroy(cache);
	km_check();
}

/* The same without sheaves, so that every object has a call of its own. Expect
 * the same. */
static void test_heads(void **state)
{
	(void)state;
	cache = kmem_cache_create("heads", sizeof(struct node), 0,
				  SLAB_NO_OBJ_EXT | KM_SLAB_ON_SLUB, NULL);
	run();
	kvfree_rcu_barrier();
	assert_int_equal(cache->in_use, 0);
	kmem_cache_destroy(cache);
	km_check();
}

static void *follow(void *arg)
{
	while (!READ_ONCE(stop)) {
		struct node *node;

		rcu_read_lock();
		node = rcu_dereference(shared[0]);
		/* It may be another node by now, but a node it is. */
		for (int i = 0; i < 3000; i++) {
			REQUIRE(READ_ONCE(node->magic) == MAGIC);
			cpu_relax();
		}
		rcu_read_unlock();
	}
	return arg;
}

static void construct(void *obj)
{
	struct node *node = obj;

	__atomic_store_n(&node->magic, MAGIC, __ATOMIC_RELAXED);
}

/* Objects of a SLAB_TYPESAFE_BY_RCU cache, whose slabs come and go. Expect
 * readers to find what the constructor wrote, whatever became of the object. */
static void test_typesafe(void **state)
{
	struct node *held[500];
	pthread_t reader;

	(void)state;
	cache = kmem_cache_create("typed", sizeof(struct node), 0,
				  SLAB_TYPESAFE_BY_RCU, construct);
	shared[0] = kmem_cache_alloc(cache, GFP_KERNEL);
	stop = 0;
	assert_int_equal(pthread_create(&reader, NULL, follow, NULL), 0);
	for (int round = 0; round < ROUNDS / 300; round++) {
		struct node *old = shared[0];

		for (int i = 0; i < 500; i++)
			held[i] = kmem_cache_alloc(cache, GFP_KERNEL);
		rcu_assign_pointer(shared[0], held[round % 500]);
		kmem_cache_free(cache, old);
		for (int i = 0; i < 500; i++)
			if (i != round % 500)
				kmem_cache_free(cache, held[i]);
		kmem_cache_shrink(cache);
		/* What takes the pages writes all over them. */
		for (int i = 0; i < 20; i++) {
			held[i] = (void *)__get_free_page(GFP_KERNEL);
			memset(held[i], 0xee, 4096);
		}
		for (int i = 0; i < 20; i++)
			free_page((unsigned long)held[i]);
	}
	WRITE_ONCE(stop, 1U);
	assert_int_equal(pthread_join(reader, NULL), 0);
	kmem_cache_free(cache, shared[0]);
	kmem_cache_destroy(cache);
	km_check();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_typesafe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
