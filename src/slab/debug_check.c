// SPDX-License-Identifier: MIT
/*
 * slab/debug_check.c - checks an object, and reports what is wrong with it
 *
 *	slab error in verify_redzone_free(): cache `malloc-64': double free
 *	detected
 *	00007f0012345640: redzone 1:0x9f9.., redzone 2:0x9f9..
 *	Last user: free_name+0x12/0x30
 *	Object   00007f0012345640: 6b 6b 6b ...
 *	CPU: 1 PID: 4711 Comm: prog
 *	Call Trace:
 *	 main+0x35/0x60
 *
 * Damage is mended after the report, so that it is reported once.
 *
 * Locking	s->debug_lock
 * Tests	unit.slab.debug makes each fault
 * Source	Linux v6.1 mm/slab.c (docs/kernel.md S11)
 */
#include <errno.h>
#include <string.h>

#include "diag/dump_stack.h"
#include "diag/report.h"
#include "kmem/guard.h"
#include "slab/debug.h"

/* ---- where things are ---------------------------------------------------- */

static void *dbg_redzone1(void *obj)
{
	return (char *)obj - sizeof(u64);
}

static void *dbg_redzone2(const struct kmem_cache *s, void *obj)
{
	return (char *)obj + s->inuse;
}

static void *dbg_userword(const struct kmem_cache *s, void *obj)
{
	char *at = dbg_redzone2(s, obj);

	return s->flags & SLAB_RED_ZONE ? at + sizeof(u64) : at;
}

static u64 load_word(const void *at)
{
	u64 value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static void store_word(void *at, u64 value)
{
	memcpy(at, &value, sizeof(value));
}

static void set_redzones(const struct kmem_cache *s, void *obj, u64 value)
{
	if (!(s->flags & SLAB_RED_ZONE))
		return;
	store_word(dbg_redzone1(obj), value);
	store_word(dbg_redzone2(s, obj), value);
}

static void set_user(const struct kmem_cache *s, void *obj,
		     const struct slab_caller *who)
{
	if (s->flags & SLAB_STORE_USER)
		store_word(dbg_userword(s, obj), who ? who->track.addr : 0);
}

static void poison_obj(const struct kmem_cache *s, void *obj, u8 value)
{
	char *at = obj;

	if (!holds_poison(s))
		return;
	memset(at, value, s->object_size - 1);
	at[s->object_size - 1] = (char)POISON_END;
}

/* ---- reports ------------------------------------------------------------- */

static void print_objinfo(const struct kmem_cache *s, void *obj)
{
	if (s->flags & SLAB_RED_ZONE)
		km_report("%p: redzone 1:0x%lx, redzone 2:0x%lx\n", obj,
			  load_word(dbg_redzone1(obj)),
			  load_word(dbg_redzone2(s, obj)));
	if (s->flags & SLAB_STORE_USER && load_word(dbg_userword(s, obj)))
		km_report("Last user: %pS\n",
			  (void *)load_word(dbg_userword(s, obj)));
	print_hex_dump("Object   ", obj,
		       min((unsigned long)s->object_size, PAGE_SIZE));
}

void slab_error(struct kmem_cache *s, void *obj, const char *function,
		const char *msg, const struct slab_caller *who)
{
	if (slab_add_kunit_errors(s))
		return;
	km_report("slab error in %s(): cache `%pE': %s\n", function, s->name,
		  msg);
	print_objinfo(s, obj);
	slab_bug_end(who);
}

void trace_slab_object(const struct kmem_cache *s, void *obj, const char *what,
		       const struct slab_caller *who)
{
	if (!(s->flags & SLAB_TRACE))
		return;
	km_report("TRACE %pE %s %p\n", s->name, what, obj);
	dump_stack_entries(who->entries, who->nr);
}

/* ---- checks -------------------------------------------------------------- */

static int verify_redzones(struct kmem_cache *s, void *obj, u64 value,
			   const struct slab_caller *who)
{
	u64 other = value == RED_ACTIVE ? RED_INACTIVE : RED_ACTIVE;
	u64 one = load_word(dbg_redzone1(obj)),
	    two = load_word(dbg_redzone2(s, obj));
	const char *msg = "memory outside object was overwritten";

	if (one == value && two == value)
		return 0;
	if (one == other && two == other && value == RED_ACTIVE)
		msg = "double free detected";
	else if (value == RED_INACTIVE)
		msg = "double free, or memory outside object was overwritten";
	slab_error(s, obj,
		   value == RED_ACTIVE ? "verify_redzone_free" :
					 "cache_alloc_debugcheck_after",
		   msg, who);
	set_redzones(s, obj, value);
	slab_fix(s, "Restoring redzones of %p", obj);
	return -EINVAL;
}

static int check_poison_obj(struct kmem_cache *s, void *obj,
			    const struct slab_caller *who)
{
	const char *at = obj;

	if (!memchr_inv(at, POISON_FREE, s->object_size - 1) &&
	    (u8)at[s->object_size - 1] == POISON_END)
		return 0;
	slab_error(s, obj, __func__, "Poison overwritten", who);
	poison_obj(s, obj, POISON_FREE);
	slab_fix(s, "Restoring poison of %p", obj);
	return -EINVAL;
}

int check_free_object(struct kmem_cache *s, void *obj,
		      const struct slab_caller *who)
{
	int ret = 0;

	if (holds_poison(s))
		ret |= check_poison_obj(s, obj, who);
	if (s->flags & SLAB_RED_ZONE)
		ret |= verify_redzones(s, obj, RED_INACTIVE, who);
	return ret;
}

int check_used_object(struct kmem_cache *s, void *obj,
		      const struct slab_caller *who)
{
	if (!(s->flags & SLAB_RED_ZONE))
		return 0;
	return verify_redzones(s, obj, RED_ACTIVE, who);
}

/* ---- changes of state ---------------------------------------------------- */

void debug_init_object(const struct kmem_cache *s, void *obj)
{
	set_redzones(s, obj, RED_INACTIVE);
	set_user(s, obj, NULL);
	poison_obj(s, obj, POISON_FREE);
	if (s->ctor && !holds_poison(s))
		s->ctor(obj);
}

void mark_used_object(struct kmem_cache *s, void *obj,
		      const struct slab_caller *who)
{
	poison_obj(s, obj, POISON_INUSE);
	set_user(s, obj, who);
	set_redzones(s, obj, RED_ACTIVE);
	if (s->ctor && holds_poison(s))
		s->ctor(obj);
}

void mark_free_object(struct kmem_cache *s, void *obj,
		      const struct slab_caller *who)
{
	if (s->guard & GUARD_INIT_FREE)
		memset(obj, 0, s->object_size);
	set_redzones(s, obj, RED_INACTIVE);
	set_user(s, obj, who);
	poison_obj(s, obj, POISON_FREE);
}
