// SPDX-License-Identifier: MIT
/*
 * test_boot.c - caches before and after those that they are made with:
 * docs/kernel.md S14
 */
#include "fixture.h"
#include "kmem/boot.h"
#include "kmem/cache.h"
#include "kmem/slab_ops.h"
#include "request/request.h"
#include "support/child.h"

static void construct(void *obj)
{
	memset(obj, 0xc0, 8);
}

static struct kmem_cache *make(const char *name, unsigned int size,
			       void (*ctor)(void *))
{
	struct kmem_cache *s = kmem_cache_create(name, size, 0, SLAB_NO_MERGE,
						 ctor);

	REQUIRE(s);
	return s;
}

static void use(struct kmem_cache *s)
{
	static void *objs[3000];

	for (size_t i = 0; i < ARRAY_SIZE(objs); i++) {
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
		REQUIRE(objs[i]);
	}
	slab_check(s);
	for (size_t i = 0; i < ARRAY_SIZE(objs); i++)
		kmem_cache_free(s, objs[i]);
	slab_check(s);
}

/* The rooms start one by one, with a cache made in each state that allows it.
 * Expect the states in order; caches that were made before there is kmalloc to
 * have their freelists in their slabs, those made after in objects of kmalloc;
 * and all of them to work, then and later. */
static void test_states(void *arg)
{
	struct kmem_cache *early, *late, *plain;

	(void)arg;
	REQUIRE(slab_state == DOWN);
	REQUIRE(!arena_init() && !page_alloc_init(0));
	tick_interval_ms = ~0UL; /* after the boot parameter for it */
	REQUIRE(slab_state == DOWN && !kmalloc_slab(8));
	REQUIRE(!kmem_init(&slab_ops, NR_CURSORS));
	REQUIRE(slab_state == PARTIAL_NODE && !kmalloc_slab(8));

	early = make("early", 512, construct);
	plain = make("plain", 512, NULL);
	REQUIRE(early->freelist_place == FREELIST_ON && early->num == 15);
	REQUIRE(plain->freelist_place == FREELIST_OBJ && plain->num == 8);
	use(early);
	use(plain);

	REQUIRE(!kmalloc_init());
	REQUIRE(slab_state == UP && kmalloc_slab(8));
	late = make("late", 512, construct);
	REQUIRE(late->freelist_place == FREELIST_OFF && late->num == 8);
	use(late);
	use(early);
	kmem_cache_destroy(early);
	kmem_cache_destroy(late);
	kmem_cache_destroy(plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = { child_test(test_states) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
