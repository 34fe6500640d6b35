/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/uaccess.h - the check in front of copies to and from outside
 *
 * For code that copies bytes whose number somebody else chose: into a file, a
 * socket, another process. Source: Linux v6.12 mm/usercopy.c.
 */
#ifndef KMALLOC_UACCESS_H
#define KMALLOC_UACCESS_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/*
 * n bytes at ptr are about to be copied out (to_user) or overwritten: is that
 * one piece of memory, and, of an object in a cache, inside the window that the
 * cache was made with? If not, a line in the kernel's words, "Kernel memory
 * exposure attempt detected from SLUB object 'kmalloc-64' (offset 0, size 65)!",
 * and SIGABRT. Memory of other allocators is not known and not checked; n = 0
 * is nothing. Thread-safe; the memory must stay in use meanwhile.
 */
void check_object_size(const void *ptr, unsigned long n, bool to_user);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
