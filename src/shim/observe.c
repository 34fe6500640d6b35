// SPDX-License-Identifier: MIT
/*
 * shim/observe.c - what a reader from outside finds of malloc's page runs
 *
 * Tests	preload.top
 */
#include "diag/observe.h"
#include "shim/shim.h"

observe_symbol(large_stat);
observe_size(large_stat);
observe_field(large_stat, runs);
observe_field(large_stat, runs_ever);
observe_field(large_stat, run_pages);
