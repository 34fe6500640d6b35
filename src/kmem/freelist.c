// SPDX-License-Identifier: MIT
/*
 * kmem/freelist.c - see freelist.h
 */
#include <errno.h>

#include "diag/param.h"
#include "kmem/freelist.h"
#include "kmem/region.h"
#include "sys/os.h"

static unsigned long hardened = 1, shuffled; /* constant after init */
u8 kmem_freelist_mends;

static int set_hardened(const char *value)
{
	return param_bool(*value ? value : "1", &hardened);
}
boot_param("slab_freelist_hardened", set_hardened, "0, 1; alone it means 1");

static int set_random(const char *value)
{
	return param_bool(*value ? value : "1", &shuffled);
}
boot_param("slab_freelist_random", set_random, "0, 1; alone it means 1");

static unsigned int random_below(unsigned int n)
{
	return (unsigned int)((os_random() >> 32) * n >> 32);
}

u32 kmem_freelist_salt(void)
{
	return (u32)os_random() | 1;
}

static size_t seq_size(const struct kmem_cache *s)
{
	return s->oo_objects * sizeof(s->random_seq[0]);
}

/* Shuffles by Fisher and Yates: each order is as likely as any other. */
static void shuffle_seq(u16 *list, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		list[i] = (u16)i;
	for (unsigned int i = nr - 1; i > 0; i--) {
		unsigned int other = random_below(i + 1);
		u16 number = list[i];

		list[i] = list[other];
		list[other] = number;
	}
}

int kmem_freelist_init(struct kmem_cache *s)
{
	if (hardened)
		s->random = os_random() | 1;
	if (!shuffled || s->oo_objects < 2)
		return 0;
	s->random_seq = region_alloc(seq_size(s));
	if (!s->random_seq)
		return -ENOMEM;
	shuffle_seq(s->random_seq, s->oo_objects);
	return 0;
}

void kmem_freelist_release(struct kmem_cache *s)
{
	region_free(s->random_seq, seq_size(s));
}

unsigned int kmem_freelist_start(const struct kmem_cache *s)
{
	return random_below(s->oo_objects);
}

unsigned int kmem_next_freelist_entry(const struct kmem_cache *s,
				      unsigned int objects, unsigned int *pos)
{
	unsigned int number;

	do {
		number = s->random_seq[*pos];
		*pos = *pos + 1 < s->oo_objects ? *pos + 1 : 0;
	} while (number >= objects);
	return number;
}
