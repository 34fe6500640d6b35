// SPDX-License-Identifier: MIT
/*
 * kmem/kmalloc.h - the start of the kmalloc caches
 */
#ifndef KM_KMEM_KMALLOC_H
#define KM_KMEM_KMALLOC_H

/* Make them: 0 or -ENOMEM. Only the API library has them. */
int kmalloc_init(void);

#endif
