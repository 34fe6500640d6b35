/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/km.h - what libkmalloc has and the kernel has no name for
 */
#ifndef KMALLOC_KM_H
#define KMALLOC_KM_H

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

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
