// SPDX-License-Identifier: MIT
/*
 * slub/debug_check.c - checks an object, a slab, a free list
 *
 * Each fault is reported and then mended, so that it is reported once and the
 * program can go on. Bytes get their pattern back. A free list is cut where it
 * leads out of the slab. Counters are set to what was counted.
 *
 * Locking	s->debug_lock
 * Source	Linux v6.12 mm/slub.c (docs/kernel.md D3)
 */
#include <errno.h>
#include <string.h>

#include "diag/report.h"
#include "slub/debug.h"

/* A range of memory, its name in a report, and the byte that must fill it. */
struct pattern {
	const char *what;
	char *start;
	size_t bytes;
	u8 value;
};

static void restore_bytes(struct kmem_cache *s, const char *what, u8 value,
			  char *from, char *to)
{
	slab_fix(s, "Restoring %s %p-%p=0x%x", what, from, to - 1, value);
	memset(from, value, (size_t)(to - from));
}

static int check_bytes_and_report(const struct slab_check *c, void *obj,
				  struct pattern p)
{
	char *fault = memchr_inv(p.start, p.value, p.bytes);
	char *end = p.start + p.bytes;

	if (!fault)
		return 0;
	while ((u8)end[-1] == p.value)
		end--;
	if (!slab_add_kunit_errors(c->s)) {
		slab_bug(c->s, "%s overwritten", p.what);
		km_report(
			"%p-%p @offset=%lu. First byte 0x%x instead of "
			"0x%x\n",
			fault, end - 1,
			(unsigned long)(fault - (char *)slab_address(c->slab)),
			(u8)*fault, p.value);
		print_trailer(c, obj);
	}
	restore_bytes(c->s, p.what, p.value, fault, end);
	return -EINVAL;
}

static int check_red_zones(const struct slab_check *c, char *obj, u8 val)
{
	const struct kmem_cache *s = c->s;
	unsigned int orig_size = get_orig_size(s, obj);
	int ret = 0;

	ret |= check_bytes_and_report(c, obj,
				      (struct pattern){ "Left Redzone",
							obj - s->red_left_pad,
							s->red_left_pad, val });
	ret |= check_bytes_and_report(
		c, obj,
		(struct pattern){ "Right Redzone", obj + s->object_size,
				  s->inuse - s->object_size, val });
	if (val == SLUB_RED_ACTIVE && orig_size < s->object_size)
		ret |= check_bytes_and_report(
			c, obj,
			(struct pattern){ "kmalloc Redzone", obj + orig_size,
					  s->object_size - orig_size, val });
	return ret;
}

static int check_poison_bytes(const struct slab_check *c, char *obj, u8 val)
{
	const struct kmem_cache *s = c->s;
	unsigned int end = debug_data_end(s);
	int ret = 0;

	if (val != SLUB_RED_ACTIVE && slub_holds_poison(s)) {
		ret |= check_bytes_and_report(
			c, obj,
			(struct pattern){ "Poison", obj, s->object_size - 1,
					  POISON_FREE });
		ret |= check_bytes_and_report(
			c, obj,
			(struct pattern){ "End Poison",
					  obj + s->object_size - 1, 1,
					  POISON_END });
	}
	ret |= check_bytes_and_report(
		c, obj,
		(struct pattern){ "Object padding", obj + end,
				  size_from_object(s) - end, POISON_INUSE });
	return ret;
}

int debug_check_object(const struct slab_check *c, void *obj, u8 val)
{
	struct kmem_cache *s = c->s;
	int ret = 0;

	if (s->flags & SLAB_RED_ZONE)
		ret |= check_red_zones(c, obj, val);
	else if (s->flags & SLAB_POISON)
		ret |= check_bytes_and_report(
			c, obj,
			(struct pattern){ "Alignment padding",
					  (char *)obj + s->object_size,
					  s->inuse - s->object_size,
					  POISON_INUSE });
	if (s->flags & SLAB_POISON)
		ret |= check_poison_bytes(c, obj, val);
	/*
	 * In an object in use, its user's bytes lie where the free pointer was.
	 */
	if (!freeptr_outside_object(s) && val == SLUB_RED_ACTIVE)
		return ret;
	if (!check_valid_pointer(s, c->slab,
				 get_freepointer(s, c->slab, obj))) {
		object_err(c, obj, "Freepointer corrupt");
		set_freepointer(s, c->slab, obj, NULL);
		ret = -EINVAL;
	}
	return ret;
}

/* Checks the bytes of a slab behind its last object. */
static void slab_pad_check(const struct slab_check *c)
{
	const struct kmem_cache *s = c->s;
	char *start = slab_address(c->slab);
	char *end = start + (PAGE_SIZE << c->slab->order);
	char *pad = end - (PAGE_SIZE << c->slab->order) % s->size;
	char *fault;

	if (!(s->flags & SLAB_POISON) || pad >= end)
		return;
	fault = memchr_inv(pad, POISON_INUSE, (size_t)(end - pad));
	if (!fault)
		return;
	while ((u8)end[-1] == POISON_INUSE)
		end--;
	slab_err(c, "Padding overwritten. %p-%p @offset=%lu", fault, end - 1,
		 (unsigned long)(fault - start));
	if (!slab_kunit_errors)
		print_hex_dump("Padding ", fault, (size_t)(end - fault));
	restore_bytes(c->s, "slab padding", POISON_INUSE, fault, end);
}

int debug_check_slab(const struct slab_check *c)
{
	const union slab_counters *counters = &c->slab->state.counters;
	unsigned long most = (PAGE_SIZE << c->slab->order) / c->s->size;

	if (c->slab->type != PAGE_SLAB) {
		slab_err(c, "Not a valid slab page");
		return -EINVAL;
	}
	if (counters->objects > most) {
		slab_err(c, "objects %u > max %u", counters->objects,
			 (unsigned int)most);
		return -EINVAL;
	}
	if (counters->inuse > counters->objects) {
		slab_err(c, "inuse %u > max %u", counters->inuse,
			 counters->objects);
		return -EINVAL;
	}
	slab_pad_check(c);
	return 0;
}

/*
 * Empties a free list whose first pointer is bad. Its objects count as in use
 * from here on.
 */
static void clear_freelist(const struct slab_check *c)
{
	slab_err(c, "Freepointer corrupt");
	WRITE_ONCE(c->slab->state.freelist, (void *)NULL);
	WRITE_ONCE(c->slab->state.counters.inuse,
		   (u32)c->slab->state.counters.objects);
	slab_fix(c->s, "Freelist cleared");
}

static void check_counters(const struct slab_check *c, unsigned int nr_free)
{
	union slab_counters *counters = &c->slab->state.counters;
	unsigned int most = (unsigned int)((PAGE_SIZE << c->slab->order) /
					   c->s->size);

	if (counters->objects != most) {
		slab_err(c,
			 "Wrong number of objects. Found %d but should be "
			 "%d",
			 counters->objects, most);
		WRITE_ONCE(counters->objects, (u16)most);
		slab_fix(c->s, "Number of objects adjusted");
	}
	if (counters->inuse != counters->objects - nr_free) {
		slab_err(c,
			 "Wrong object count. Counter is %d but counted "
			 "were %d",
			 (int)counters->inuse,
			 (int)(counters->objects - nr_free));
		WRITE_ONCE(counters->inuse, counters->objects - nr_free);
		slab_fix(c->s, "Object count adjusted");
	}
}

int on_freelist(const struct slab_check *c, const void *obj)
{
	unsigned int nr = 0, most = c->slab->state.counters.objects;
	void *fp = c->slab->state.freelist, *before = NULL;

	for (; fp && nr <= most; nr++) {
		if (fp == obj)
			return 1;
		if (!check_valid_pointer(c->s, c->slab, fp)) {
			if (!before) {
				clear_freelist(c);
				return 0;
			}
			object_err(c, before, "Freechain corrupt");
			set_freepointer(c->s, c->slab, before, NULL);
			break;
		}
		before = fp;
		fp = get_freepointer(c->s, c->slab, fp);
	}
	check_counters(c, min(nr, most));
	return 0;
}

int alloc_consistency_checks(const struct slab_check *c, void *obj)
{
	if (debug_check_slab(c))
		return -EINVAL;
	if (!check_valid_pointer(c->s, c->slab, obj)) {
		object_err(c, obj, "Freelist Pointer check fails");
		return -EINVAL;
	}
	return debug_check_object(c, obj, SLUB_RED_INACTIVE);
}

int free_consistency_checks(const struct slab_check *c, void *obj)
{
	if (!check_valid_pointer(c->s, c->slab, obj)) {
		slab_err(c, "Invalid object pointer %p", obj);
		return -EINVAL;
	}
	if (!c->slab->slab_cache) {
		slab_err(c, "No slab cache for object %p", obj);
		return -EINVAL;
	}
	if (c->slab->slab_cache != c->s) {
		object_err(c, obj, "page slab pointer corrupt.");
		return -EINVAL;
	}
	if (on_freelist(c, obj)) {
		object_err(c, obj, "Object already free");
		return -EINVAL;
	}
	return debug_check_object(c, obj, SLUB_RED_ACTIVE);
}

void disable_slab(const struct slab_check *c)
{
	union slab_counters *counters = &c->slab->state.counters;

	slab_fix(c->s, "Marking all objects used");
	WRITE_ONCE(counters->inuse, (u32)counters->objects);
	WRITE_ONCE(counters->frozen, (u16)1);
	WRITE_ONCE(c->slab->state.freelist, (void *)NULL);
}
