// SPDX-License-Identifier: MIT
/*
 * diag/proc.h - texts about the allocators: /proc and /sys without files
 *
 * A text is declared in the file that has the data:
 *
 *	static int buddyinfo_show(struct seq_file *m, const char *path)
 *	{
 *		seq_printf(m, "Node %d, zone %8s ", ...);
 *		return 0;
 *	}
 *	proc_file("buddyinfo", buddyinfo_show, NULL);
 *
 * A name that ends in '/' serves all names that begin with it. Its functions
 * get the rest as `path`:
 *
 *	proc_file("slab/", slab_show, slab_write);
 *	    "slab/kmalloc-64/objects"	path is "kmalloc-64/objects"
 *	    "slab/"			path is "": lists the names, one a line
 *
 * Locking	none of its own. A show function may print while it holds
 *		LOCK_SLAB_MUTEX and no lock below; from under other locks it
 *		copies what it wants first.
 */
#ifndef KM_DIAG_PROC_H
#define KM_DIAG_PROC_H

#include "diag/seq_file.h"

struct proc_file {
	const char *name;
	/* Prints the text of `path`. Returns 0, -ENOENT (no text) or -errno. */
	int (*show)(struct seq_file *m, const char *path);
	/* Handles a write of `text`. Returns 0 or -errno. NULL: read only. */
	int (*write)(const char *path, const char *text);
};

#define proc_file(file_name, show_fn, write_fn)                           \
	static const struct proc_file proc_file_##show_fn __attribute__(( \
		section("km_procs"), used,                                \
		aligned(sizeof(void *)))) = { file_name, show_fn, write_fn }

/* Returns the entry for a name, and its rest in *path; NULL: no entry. */
const struct proc_file *proc_find(const char *name, const char **path);

/*
 * Prints the text of that name into buf, cut to size - 1 bytes and '\0'.
 * Returns its full length, -ENOENT (no such text), -EINVAL (no name, or no buf
 * for a size) or the error of show(). The name "" lists all names, one a line.
 */
long proc_read(const char *name, char *buf, size_t size);

/* Returns 0, -ENOENT, -EACCES (read only), -EINVAL or the error of write(). */
int proc_write(const char *name, const char *text);

/*
 * Reads a number in [lo, hi], perhaps with a newline behind it. Returns 0 and
 * sets *out, or returns -EINVAL.
 */
int proc_number(const char *text, unsigned long lo, unsigned long hi,
		unsigned long *out);

/* ---- proc_exit.c --------------------------------------------------------- */

/* Prints the texts of proc_at_exit=; called by the libraries' destructors. */
void proc_print_at_exit(void);

#endif
