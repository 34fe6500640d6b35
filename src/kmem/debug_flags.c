// SPDX-License-Identifier: MIT
/*
 * kmem/debug_flags.c - slab_debug=: which caches are debugged, and how
 *
 *	slab_debug			flags FZPU for all caches
 *	slab_debug=ZF			flags ZF for all caches
 *	slab_debug=,malloc-64		flags FZPU for one cache
 *	slab_debug=Z,kmalloc-*;P,vm*;F	a block for each list of names; a block
 *					without names is for all other caches
 *	slab_debug=-			no cache is debugged
 *
 * Source	Linux v6.12 mm/slub.c, setup_slub_debug() and
 *		kmem_cache_flags() as a model (docs/kernel.md D1, X4)
 */
#include <errno.h>
#include <string.h>

#include "diag/param.h"
#include "diag/report.h"
#include "kmem/debug.h"

u8 disable_higher_order_debug;

#define TEXT_MAX 256

static char blocks[TEXT_MAX]; /* the parameter, for caches made later */
static slab_flags_t global_flags; /* of the block without names */

static slab_flags_t flag_of(char letter)
{
	switch (letter | 0x20) {
	case 'f':
		return SLAB_CONSISTENCY_CHECKS;
	case 'z':
		return SLAB_RED_ZONE;
	case 'p':
		return SLAB_POISON;
	case 'u':
		return SLAB_STORE_USER;
	case 't':
		return SLAB_TRACE;
	case 'a':
		return SLAB_FAILSLAB;
	default:
		return 0;
	}
}

/* Reads the letters at the start of a block. Returns what follows them. */
static const char *parse_letters(const char *at, slab_flags_t *flags)
{
	*flags = *at && *at != ',' && *at != ';' ? 0 : DEBUG_DEFAULT_FLAGS;
	for (; *at && *at != ',' && *at != ';'; at++) {
		if (*at == '-')
			*flags = 0;
		else
			*flags |= flag_of(*at);
	}
	return at;
}

/*
 * Reports letters that stand for no flag. O stands for no flag of a cache, but
 * is known.
 */
static void check_letters(const char *at)
{
	for (; *at && *at != ',' && *at != ';'; at++) {
		if ((*at | 0x20) == 'o')
			disable_higher_order_debug = 1;
		else if (*at != '-' && !flag_of(*at))
			km_report("kmalloc: slab_debug option '%c' unknown. "
				  "skipped\n",
				  *at);
	}
}

static const char *next_block(const char *at)
{
	at = strchr(at, ';');
	return at ? at + 1 : NULL;
}

static int set_slab_debug(const char *value)
{
	slab_flags_t flags;

	if (strlen(value) >= sizeof(blocks))
		return -EINVAL;
	km_report_keep(); /* for reports when the process ends */
	strcpy(blocks, value);
	global_flags = 0;
	disable_higher_order_debug = 0;
	for (const char *at = blocks; at; at = next_block(at)) {
		check_letters(at);
		if (*parse_letters(at, &flags) != ',')
			global_flags = flags;
	}
	return 0;
}
boot_param(
	"slab_debug", set_slab_debug,
	"no value, or letters of FZPUTAO or -, then a comma and cache names; more of these behind a semicolon");
boot_param_alias(
	"slub_debug", set_slab_debug, slub_debug,
	"no value, or letters of FZPUTAO or -, then a comma and cache names; more of these behind a semicolon");

/* Returns true if `name` is in the list that begins with the comma at `at`. */
static bool in_list(const char *at, const char *name)
{
	size_t len = strlen(name);

	while (*at == ',') {
		const char *glob = at + 1;
		size_t n = strcspn(glob, ",;");

		if (n && glob[n - 1] == '*' ?
			    !strncmp(glob, name, n - 1) :
			    n == len && !strncmp(glob, name, n))
			return true;
		at = glob + n;
	}
	return false;
}

slab_flags_t kmem_cache_flags(slab_flags_t flags, const char *name)
{
	slab_flags_t these;

	if (!blocks[0] && !global_flags)
		return flags;
	if (flags & SLAB_NO_USER_FLAGS)
		return flags;
	for (const char *at = blocks; at; at = next_block(at)) {
		const char *list = parse_letters(at, &these);

		if (in_list(list, name))
			return flags | these;
	}
	return flags | global_flags;
}
