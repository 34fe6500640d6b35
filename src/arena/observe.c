// SPDX-License-Identifier: MIT
/*
 * arena/observe.c - what a reader from outside finds of the arena
 *
 * Tests	preload.top, preload.view
 */
#include "arena/arena.h"
#include "diag/observe.h"

observe_number(PAGE_SIZE);
observe_number(PAGEBLOCK_ORDER);
observe_number(NR_PAGE_ORDERS);
observe_number(PB_ONLINE);
observe_number(PB_ISOLATED);
observe_number(PB_HUGE);
observe_number(PB_TYPE);
observe_number(PG_REPORTED);
observe_number(PAGE_BUDDY);
observe_number(PAGE_PCP);
observe_number(PAGE_ISOLATED);
observe_number(PAGE_ALLOCATED);
observe_number(PAGE_SLAB);
observe_number(PAGE_RUN);

observe_symbol(arena);
observe_symbol(arena_base);
observe_symbol(arena_nr_frames);
observe_symbol(arena_index);
observe_size(arena);
observe_field(arena, vmemmap);
observe_field(arena, pageblocks);
observe_field(arena, span_frames);
observe_field(arena, limit_frames);
observe_field(arena, vmalloc_start);
observe_field(arena, vmalloc_end);
observe_field(arena, online_frames);
observe_field(arena, charged_frames);

observe_size(page);
observe_field(page, type);
observe_field(page, order);
observe_field(page, flags);
observe_field(page, migratetype);
observe_field(page, epoch);
observe_field(page, nr_pages);
observe_field(page, slab_cache);
