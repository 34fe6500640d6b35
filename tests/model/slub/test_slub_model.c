// SPDX-License-Identifier: MIT
/*
 * test_slub_model.c - SLUB beside an oracle: tests/support/cache_model.h
 */
#include "slub/slub.h"
#include "support/cache_model.h"

int main(void)
{
	return cache_model_main(&slub_ops);
}
