// SPDX-License-Identifier: MIT
/*
 * caches.c CACHES COUNT - creates so many caches, then takes an object of the
 * last one and gives it back so many times
 */
#include <stdio.h>
#include <stdlib.h>

#include <kmalloc/kmalloc.h>

int main(int argc, char **argv)
{
	int caches = argc > 1 ? atoi(argv[1]) : 1;
	long count = argc > 2 ? atol(argv[2]) : 1;
	struct kmem_cache *s = NULL;

	for (int i = 0; i < caches; i++) {
		char name[32];

		snprintf(name, sizeof(name), "cache-%d", i);
		s = kmem_cache_create(name, 104, 0, SLAB_NO_MERGE, NULL);
		if (!s)
			return 1;
	}
	while (count--) {
		void *obj = kmem_cache_alloc(s, GFP_KERNEL);

		if (!obj)
			return 1;
		kmem_cache_free(s, obj);
	}
	return 0;
}
