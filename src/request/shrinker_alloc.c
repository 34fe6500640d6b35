// SPDX-License-Identifier: MIT
/*
 * request/shrinker_alloc.c - a page for a shrinker
 *
 *	[struct shrinker][name ...            ]	one page
 *
 * Locking	none held: the page is allocated
 * Source	Linux v6.12 mm/shrinker.c, shrinker_alloc()
 */
#include <stdarg.h>

#include "diag/fmt.h"
#include "reclaim/reclaim.h"

#define NAME_SIZE 64

struct shrinker *shrinker_alloc(unsigned int flags, const char *fmt, ...)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_ZERO, 0);
	struct shrinker *s;
	va_list args;
	char *name;

	if (!page)
		return NULL;
	s = page_to_virt(page);
	name = (char *)(s + 1);
	va_start(args, fmt);
	km_vsnprintf(name, NAME_SIZE, fmt, args);
	va_end(args);
	s->name = name;
	s->flags = (flags & ~SHRINKER_STATE) | SHRINKER_ALLOCATED;
	s->seeks = DEFAULT_SEEKS;
	return s;
}

void shrinker_free(struct shrinker *s)
{
	if (!s)
		return;
	if (s->flags & SHRINKER_REGISTERED)
		unregister_shrinker(s);
	if (s->flags & SHRINKER_ALLOCATED)
		__free_pages(__virt_to_page(s), 0);
}
