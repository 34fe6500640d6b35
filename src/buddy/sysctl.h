// SPDX-License-Identifier: MIT
/*
 * buddy/sysctl.h - knobs that are read and set while the program runs
 *
 * A knob is declared beside the variable that it is:
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
 * Locking	none: words are read relaxed and stored one by one. Two that set
 *		the same knob at once leave one of the two values.
 */
#ifndef KM_BUDDY_SYSCTL_H
#define KM_BUDDY_SYSCTL_H

#include "sys/compiler.h"

#define SYSCTL_WORDS 8 /* the most values of one knob */

struct ctl_table {
	const char *procname; /* "vm.min_free_kbytes" */
	unsigned long *data; /* its values; NULL: it can only be written */
	unsigned int nr; /* of values; a write may give the first few */
	unsigned long lo, hi; /* each value lies between */
	/*
	 * Take `nr` values that lie between lo and hi: 0, or -errno and nothing
	 * has changed. NULL: they are stored in data.
	 */
	int (*set)(const unsigned long *values, unsigned int nr);
	void (*changed)(void); /* after it was set; no locks held; or NULL */
	const char *text; /* not numbers: what it reads as; then, */
	int (*set_text)(const char *text); /* what a write does */
};

#define __sysctl \
	__attribute__((section("km_sysctls"), used, aligned(sizeof(void *))))

/*
 * Values as the kernel's files have them, "256\t256\t32\t0\t0\n", into old: the
 * full length as of snprintf(). Then, if `text` is not NULL, set new ones.
 * -ENOENT: no such knob; -EINVAL: not what it takes; -EACCES: it can only be
 * written, or only be read; or what its function says.
 */
long do_sysctl(const char *name, char *old, size_t size, const char *text);

#endif
