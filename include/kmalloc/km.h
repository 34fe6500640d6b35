/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/km.h - functions that the kernel has no name for
 */
#ifndef KMALLOC_KM_H
#define KMALLOC_KM_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Returns the version of the linked library, such as "1.0.0". */
const char *km_version(void);

/*
 * Checks the invariants of every structure in the library. If one does not
 * hold, ends the program with a line that names it. For tests and debugging: no
 * other thread may use the library meanwhile.
 */
void km_check(void);

/*
 * Gives unused memory back to the operating system: free objects that this
 * thread and the nodes keep, empty slabs, free pages. Other threads are asked
 * to do their part at their next slow path. Thread-safe.
 */
void km_reclaim(void);

/*
 * Does what a write to vm.drop_caches does in the kernel. 1: free memory goes
 * back to the operating system. 2: every shrinker, also the program's own,
 * gives up all it can. 3: first 2, then 1, as km_reclaim(). Returns 0, or
 * -EINVAL for another number. Thread-safe.
 */
int km_drop_caches(unsigned int what);

/*
 * Reads a text that the kernel has in /proc or /sys, by its name: "slabinfo",
 * "buddyinfo", "slab/kmalloc-64/objects". docs/introspection.md lists them. A
 * name that is empty or ends in '/' lists the names below it, one a line.
 *
 * The text goes to buf, cut to size - 1 bytes and ended by '\0'. buf may be
 * NULL if size is 0. Returns the full length of the text in bytes, as
 * snprintf() does. Returns -ENOENT if there is no such text; -EINVAL if name is
 * NULL, or buf is NULL and size is not 0; -ENOMEM if the library cannot start.
 *
 * Uses none of the library's memory. Thread-safe: the part of a text that one
 * lock guards shows one moment.
 */
long km_proc_read(const char *name, char *buf, size_t size);

/*
 * Does what writing `text` to the file of that name does in the kernel. A
 * newline at its end is allowed. Returns 0; -ENOENT if there is no such text;
 * -EACCES if it is read only; -EINVAL if an argument is NULL or the text is not
 * accepted. Thread-safe.
 */
int km_proc_write(const char *name, const char *text);

/*
 * Sets how many objects the arrays of a cache on SLAB hold. `line` is what is
 * written to /proc/slabinfo: "name limit batchcount shared".
 *
 * An owner's (a thread's) array holds up to `limit` objects, 1 to 123. Of
 * these, `batchcount` move at a time, 1 to limit. The array that the threads of
 * a node share holds `shared` times `batchcount` objects; 0 means no such
 * array. A thread's own array follows when it next runs empty or full.
 *
 * Returns 0; -EINVAL if there is no such cache or a number is out of range;
 * -EIO if the cache is on SLUB, which has no such tunables. Thread-safe.
 * Source: Linux v6.1 mm/slab.c, slabinfo_write().
 */
int km_slabinfo_write(const char *line);

/*
 * Reads and sets a knob by its sysctl name in the kernel, such as
 * "vm.min_free_kbytes". docs/api.md lists them.
 *
 * The old value goes to old, cut to size - 1 bytes and ended by '\0', in the
 * form of the kernel's files: numbers with tabs between and a newline behind.
 * old may be NULL if size is 0. Then, unless text is NULL, the knob is set to
 * text. What depends on it, such as watermarks, has followed when the call
 * returns.
 *
 * Returns the full length of the old value, as snprintf() does. Returns -ENOENT
 * if there is no such knob; -EINVAL if an argument is NULL, or text is not
 * accepted or out of range, and nothing has changed; -EACCES if the knob cannot
 * be read, or not be set. Thread-safe.
 */
long km_sysctl(const char *name, char *old, size_t size, const char *text);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
