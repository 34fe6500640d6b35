// SPDX-License-Identifier: MIT
/*
 * classes.h - caches like those of malloc, and what free() rejects in them
 */
#ifndef KM_SUPPORT_CLASSES_H
#define KM_SUPPORT_CLASSES_H

#include "kmem/boot.h"
#include "support/check.h"

/*
 * Makes caches of malloc's sizes, each with a frame index. Fails unless free()
 * sees of every byte of a slab whether an object starts there.
 */
static inline void check_every_byte(void)
{
	static struct kmem_cache caches[INDEX_OTHER];
	static const unsigned int steps[] = { 8, 10, 12, 14 };
	unsigned int class = 150;

	for (unsigned int i = 4; i < 48; i++) {
		unsigned int size = steps[i % 4] << i / 4;
		const struct kmem_cache_boot boot = { .align = 16,
						      .class = class };
		struct kmem_cache *s = &caches[class];
		unsigned long bytes;

		assert_int_equal(kmem_cache_init(s, "classed", size, &boot), 0);
		bytes = PAGE_SIZE << s->oo_order;
		assert_int_equal(index_check(class)->mask, bytes - 1);
		for (unsigned int at = 0; at < bytes; at++)
			if (pair_rejects(arena_index, class,
					 (u32)bytes * 3 + at) !=
			    (at % s->size != 0))
				fail_msg("%u at %u", s->size, at);
		class ++;
	}
}

#endif
