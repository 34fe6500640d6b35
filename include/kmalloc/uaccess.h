/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/uaccess.h - a check before copies to and from outside the program
 *
 * For code that copies a number of bytes it did not choose itself: into a file,
 * a socket, another process. Source: Linux v6.12 mm/usercopy.c.
 */
#ifndef KMALLOC_UACCESS_H
#define KMALLOC_UACCESS_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/*
 * Checks n bytes at ptr before they are copied out (to_user) or overwritten.
 * They must be one piece of memory. In an object of a cache, they must also be
 * inside the window that the cache was made with.
 *
 * Otherwise the program ends with SIGABRT and a line in the kernel's words:
 * "Kernel memory exposure attempt detected from SLUB object 'kmalloc-64'
 * (offset 0, size 65)!". Memory of other allocators is not checked. n = 0 is
 * accepted. Thread-safe; the memory must stay in use meanwhile.
 */
void check_object_size(const void *ptr, unsigned long n, bool to_user);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
