/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/km.h - what libkmalloc has and the kernel has no name for
 */
#ifndef KMALLOC_KM_H
#define KMALLOC_KM_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* The version of the library that is linked, such as "1.0.0". */
const char *km_version(void);

/*
 * Prove the invariants of every structure in the library; one that does not
 * hold ends the program with a line that names it. For tests and debugging: no
 * other thread may use the library meanwhile.
 */
void km_check(void);

/*
 * Give back to the operating system what nobody uses: free objects that this
 * thread and the nodes keep, empty slabs, free pages. Other threads are asked
 * to do their part at their next slow path. Thread-safe.
 */
void km_reclaim(void);

/*
 * What writing to vm.drop_caches does in the kernel. 1: free memory goes back
 * to the operating system. 2: every shrinker, the program's too, gives up all
 * it can. 3: first 2, then 1, as km_reclaim(). 0, or -EINVAL: another number.
 * Thread-safe.
 */
int km_drop_caches(unsigned int what);

/*
 * The texts that the kernel has in /proc and /sys, by name: "slabinfo",
 * "buddyinfo", "slab/kmalloc-64/objects"; docs/introspection.md lists them.
 * The text goes to buf, cut to size - 1 bytes and ended by '\0', and what is
 * returned is its full length in bytes, as by snprintf(). A name that is empty
 * or ends in '/' lists the names below it, one a line. buf may be NULL if size
 * is 0. A negative number is an error: -ENOENT, there is no such text; -EINVAL,
 * name is NULL, or buf is and size is not 0; -ENOMEM, the library cannot
 * start. Takes none of the library's memory. Thread-safe; a text is of one
 * moment as far as the locks of one structure go.
 */
long km_proc_read(const char *name, char *buf, size_t size);

/*
 * Do what writing `text` to the file of that name does in the kernel; a newline
 * at its end is allowed. 0, or -ENOENT: there is no such text; -EACCES: it is
 * read only; -EINVAL: an argument is NULL, or text is not what it takes.
 * Thread-safe.
 */
int km_proc_write(const char *name, const char *text);

/*
 * Set how many objects the arrays of a cache on SLAB hold. `line` is what is
 * written to /proc/slabinfo, "name limit batchcount shared": an array of an
 * owner (a thread) holds up to `limit` objects, 1 to 123, of which
 * `batchcount`, 1 to limit, move at a time; what the threads of a node share
 * holds `shared` times that, 0: there is none. 0, or -EINVAL: there is no such
 * cache, or the numbers cannot be; -EIO: the cache is on SLUB, which has no such
 * tunables. A thread's own array follows when it next runs empty or full.
 * Thread-safe. Source: Linux v6.1 mm/slab.c, slabinfo_write().
 */
int km_slabinfo_write(const char *line);

/*
 * Read and set a knob by the name that the kernel's sysctl has for it, such as
 * "vm.min_free_kbytes"; docs/api.md lists them. What it was goes to old, cut to
 * size - 1 bytes and ended by '\0', in the form of the kernel's files: numbers
 * with tabs between and a newline behind. old may be NULL if size is 0. Then,
 * unless text is NULL, it is set to text. The full length of the old text, as
 * by snprintf(), or -ENOENT: there is no such knob; -EINVAL: an argument is
 * NULL, or text is not what it takes or out of its range, and nothing has
 * changed; -EACCES: it cannot be read, or not be set. What depends on it, such
 * as watermarks, is right when this returns. Thread-safe.
 */
long km_sysctl(const char *name, char *old, size_t size, const char *text);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
