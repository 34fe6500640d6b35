// SPDX-License-Identifier: MIT
/*
 * kmem/order.c - boot parameters for the size of slabs
 *
 *	slab_max_order		both backends; each has a default of its own
 *	slab_min_order		SLUB: no slab has a lower order
 *	slab_min_objects	SLUB: objects of a slab if the order allows; 0:
 *				by the number of CPUs
 *
 * Source	Linux v6.12 mm/slub.c
 *		(docs/kernel.md U6, X4), v6.1 mm/slab.c
 *		(docs/kernel.md S8)
 */
#include "diag/param.h"
#include "kmem/kmem.h"
#include "kmem/order.h"

int slab_max_order = -1;
unsigned int slab_min_order, slab_min_objects;

static int set_max_order(const char *value)
{
	unsigned long order;
	int ret = param_number(value, 0, MAX_PAGE_ORDER, &order);

	if (ret)
		return ret;
	slab_max_order = (int)order;
	slab_min_order = min(slab_min_order, (unsigned int)order);
	return 0;
}
boot_param("slab_max_order", set_max_order, "0 to 10");
boot_param_alias("slub_max_order", set_max_order, slub_max_order, "0 to 10");

static int set_min_order(const char *value)
{
	unsigned long order;
	int ret = param_number(value, 0, MAX_PAGE_ORDER, &order);

	if (ret)
		return ret;
	slab_min_order = (unsigned int)order;
	if (slab_max_order >= 0)
		slab_max_order = max(slab_max_order, (int)order);
	return 0;
}
boot_param("slab_min_order", set_min_order, "0 to 10");
boot_param_alias("slub_min_order", set_min_order, slub_min_order, "0 to 10");

static int set_min_objects(const char *value)
{
	unsigned long objects;
	int ret = param_number(value, 0, 32767, &objects);

	if (!ret)
		slab_min_objects = (unsigned int)objects;
	return ret;
}
boot_param("slab_min_objects", set_min_objects, "0 to 32767");
boot_param_alias("slub_min_objects", set_min_objects, slub_min_objects,
		 "0 to 32767");
