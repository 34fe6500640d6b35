// SPDX-License-Identifier: MIT
/*
 * zone/badpage.c - pages that are not as they must be
 *
 *	BUG: Bad page state in process NAME  pfn:000a3
 *	page:0x... refcount:0 mapcount:1 mapping:0x0 type:allocated order:2
 *	page dumped because: nonzero mapcount
 *
 * There are two kinds of mistakes. A call that names a block which is not there
 * (free already, foreign, of another order) is reported and changes nothing. A
 * block whose head says that it is still in use is reported and never used
 * again: the caller has given it up, but another user may still write to it.
 *
 * Locking	none; there are at most 60 reports a minute
 * Source	Linux v6.12 mm/page_alloc.c, bad_page() (docs/kernel.md B6)
 */
#include "diag/ratelimit.h"
#include "diag/report.h"
#include "sys/os.h"
#include "zone/badpage.h"
#include "zone/mmzone.h"

#define TASK_COMM_LEN 16

static const char *const type_names[] = {
	[PAGE_NONE] = "none",
	[PAGE_BUDDY] = "buddy",
	[PAGE_PCP] = "pcp",
	[PAGE_ISOLATED] = "isolated",
	[PAGE_ALLOCATED] = "allocated",
	[PAGE_SLAB] = "slab",
	[PAGE_RUN] = "run",
	[PAGE_BAD] = "bad",
};

void dump_page(const struct page *page, const char *reason)
{
	unsigned int type = page_type(page);

	km_report("page:%p refcount:%u mapcount:%u mapping:%p type:%s order:%u"
		  " flags:0x%x\npage dumped because: %s\n",
		  page, page->_refcount, page->_mapcount, page->mapping,
		  type < ARRAY_SIZE(type_names) ? type_names[type] : "?",
		  page->order, page->flags, reason);
}

/* Reports the page, at most 60 times a minute. */
void report_bad_page(const struct page *page, const char *reason)
{
	static struct ratelimit_state limit = RATELIMIT_STATE_INIT(60000, 60);
	char comm[TASK_COMM_LEN];

	if (!__ratelimit(&limit, "bad_page"))
		return;
	os_comm(comm);
	km_report("BUG: Bad page state in process %pE  pfn:%05lx\n", comm,
		  page_to_pfn(page));
	dump_page(page, reason);
}

void bad_page(struct page *page, const char *reason)
{
	report_bad_page(page, reason);
	set_page_type(page, PAGE_BAD);
}

const char *page_bad_reason(const struct page *page, const char *flags_reason,
			    unsigned int bad_flags)
{
	if (page->_mapcount)
		return "nonzero mapcount";
	if (page->mapping)
		return "non-NULL mapping";
	if (page->_refcount)
		return "nonzero _refcount";
	if (READ_ONCE(page->flags) & bad_flags)
		return flags_reason;
	return page->memcg ? "page still charged to cgroup" : NULL;
}
