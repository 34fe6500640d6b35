// SPDX-License-Identifier: MIT
/*
 * arena/observe.c - what a reader from outside finds of the arena
 *
 * Tests	preload.top
 */
#include "arena/arena.h"
#include "diag/observe.h"

observe_number(PAGE_SIZE);
observe_number(PAGEBLOCK_ORDER);
observe_number(NR_PAGE_ORDERS);

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
observe_field(page, nr_pages);
observe_field(page, slab_cache);
