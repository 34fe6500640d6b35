// SPDX-License-Identifier: MIT
/*
 * shim/exports.h - exported names that no libc header of Debian 12 declares
 */
#ifndef KM_SHIM_EXPORTS_H
#define KM_SHIM_EXPORTS_H

#include <malloc.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* C23 */
void free_sized(void *p, size_t size);
void free_aligned_sized(void *p, size_t align, size_t size);

/* glibc's own, once or now */
void cfree(void *p);
void *__libc_malloc(size_t size);
void __libc_free(void *p);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t align, size_t size);
void *__libc_valloc(size_t size);
void *__libc_pvalloc(size_t size);
void __libc_cfree(void *p);
int __posix_memalign(void **out, size_t align, size_t size);
struct mallinfo __libc_mallinfo(void);
int __libc_mallopt(int param, int value);
void *malloc_get_state(void);
int malloc_set_state(void *state);

/* libkmalloc's own: what malloc_info() says, as JSON. Returns 0. */
int km_malloc_json(FILE *out);

/* BSD's and others' */
void *reallocf(void *p, size_t size);
int reallocarr(void *p, size_t n, size_t size);
void *recallocarray(void *p, size_t old_n, size_t n, size_t size);
void freezero(void *p, size_t size);
size_t malloc_size(const void *p);
size_t malloc_good_size(size_t size);
void *_aligned_malloc(size_t size, size_t align);
size_t malloc_object_size(const void *p);
struct sized_ptr {
	void *ptr;
	size_t size;
};
struct sized_ptr alloc_at_least(size_t size);
struct sized_ptr aligned_alloc_at_least(size_t align, size_t size);

/* jemalloc's; what the bits of flags mean: jemalloc.c */
void *mallocx(size_t size, int flags);
void *rallocx(void *p, size_t size, int flags);
size_t xallocx(void *p, size_t size, size_t extra, int flags);
size_t sallocx(const void *p, int flags);
void dallocx(void *p, int flags);
void sdallocx(void *p, size_t size, int flags);
size_t nallocx(size_t size, int flags);

#endif
