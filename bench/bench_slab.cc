// SPDX-License-Identifier: MIT
/*
 * bench_slab.cc - object caches on SLAB, beside malloc; see bench_caches.h
 */
#include "bench_caches.h"

int main(int argc, char **argv)
{
	return bench::bench_main(argc, argv, "slab", KM_SLAB_ON_SLAB);
}
