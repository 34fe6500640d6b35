// SPDX-License-Identifier: MIT
/*
 * zone/badpage.h - pages that are not as they must be: see badpage.c
 *
 * Locking	none needed
 */
#ifndef KM_ZONE_BADPAGE_H
#define KM_ZONE_BADPAGE_H

#include "arena/page.h"

/* flags that a page must not have when it is freed, or handed out */
#define PAGE_FLAGS_CHECK_AT_FREE (PG_MOVABLE_OPS | PG_ISOLATED | PG_LOCKED)
#define PAGE_FLAGS_CHECK_AT_PREP \
	(PG_HEAD | PG_PFMEMALLOC | PAGE_FLAGS_CHECK_AT_FREE)

/* Returns why a page may be neither freed nor handed out. NULL: it may. */
const char *page_bad_reason(const struct page *page, const char *flags_reason,
			    unsigned int bad_flags);
void report_bad_page(const struct page *page, const char *reason);
/* Reports the page, and marks it so that it is never used again. */
void bad_page(struct page *page, const char *reason);

/* Prints the fields of the page to stderr, and the reason for looking at it. */
void dump_page(const struct page *page, const char *reason);

#endif
