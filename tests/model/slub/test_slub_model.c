// SPDX-License-Identifier: MIT
/*
 * test_slub_model.c - SLUB beside an oracle: tests/support/cache_model.h
 */
#include "support/cache_model.h"
#include "support/form.h"

int main(void)
{
	return cache_model_main(form_ops());
}
