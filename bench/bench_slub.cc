// SPDX-License-Identifier: MIT
/*
 * bench_slub.cc - object caches on SLUB, beside malloc; see bench_caches.h
 */
#include "bench_caches.h"

int main(int argc, char **argv)
{
	return bench::bench_main(argc, argv, "slub", KM_SLAB_ON_SLUB);
}
