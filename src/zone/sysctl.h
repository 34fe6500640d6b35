// SPDX-License-Identifier: MIT
/*
 * zone/sysctl.h - knobs that are read and set while the program runs
 *
 * A knob is declared beside its variable:
 *
 *	static const struct ctl_table scale_factor_ctl __sysctl = {
 *		.procname = "vm.watermark_scale_factor",
 *		.data = &watermark_scale_factor, .nr = 1,
 *		.lo = 1, .hi = 3000,
 *		.changed = setup_per_zone_wmarks,
 *	};
 *
 *	km_sysctl("vm.watermark_scale_factor", ...)	sysctl.c, by name
 *	km_proc_read("sys/vm/watermark_scale_factor")	the same, as a file
 *	KMALLOC_CMDLINE=sysctl.vm.watermark_scale_factor=100
 *
 * Locking	none: words are read relaxed and stored one by one. If two
 *		threads set the same knob at once, one of the values stays.
 */
#ifndef KM_ZONE_SYSCTL_H
#define KM_ZONE_SYSCTL_H

#include "sys/compiler.h"

#define SYSCTL_WORDS 8 /* most values of a knob */

struct ctl_table {
	const char *procname; /* "vm.min_free_kbytes" */
	unsigned long *data; /* its values; NULL: it can only be written */
	unsigned int nr; /* of values; a write may give fewer */
	unsigned long lo, hi; /* each value lies between */
	/*
	 * Sets `nr` values that lie between lo and hi. Returns 0, or -errno
	 * with nothing changed. NULL: the values are stored in data.
	 */
	int (*set)(const unsigned long *values, unsigned int nr);
	bool outside; /* one number, which a tool may set: core/control.h */
	void (*changed)(void); /* after a write, with no lock held; or NULL */
	const char *text; /* not numbers: what a read gives; and */
	int (*set_text)(const char *text); /* what a write does */
};

#define __sysctl \
	__attribute__((section("km_sysctls"), used, aligned(sizeof(void *))))

/*
 * Reads a knob into old, as the kernel's files have it
 * ("256\t256\t32\t0\t0\n"). Then sets new values if `text` is not NULL. Returns
 * the full length, as snprintf(), or an error. -ENOENT: no such knob; -EINVAL:
 * bad value; -EACCES: it can only be written, or only be read; or the error of
 * its function.
 */
long do_sysctl(const char *name, char *old, size_t size, const char *text);

#endif
