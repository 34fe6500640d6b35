/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/kmalloc.h - all of libkmalloc in one header
 *
 * Nothing needs to be set up: the first call, or the library's constructor,
 * starts the allocators. Parameters come from the environment variable
 * KMALLOC_CMDLINE, in the syntax of the kernel's command line.
 */
#ifndef KMALLOC_KMALLOC_H
#define KMALLOC_KMALLOC_H

#include <kmalloc/gfp.h>
#include <kmalloc/highmem.h>
#include <kmalloc/km.h>
#include <kmalloc/memcg.h>
#include <kmalloc/migrate.h>
#include <kmalloc/mm.h>
#include <kmalloc/mempool.h>
#include <kmalloc/oom.h>
#include <kmalloc/percpu.h>
#include <kmalloc/rcu.h>
#include <kmalloc/scope.h>
#include <kmalloc/shrinker.h>
#include <kmalloc/slab.h>
#include <kmalloc/uaccess.h>
#include <kmalloc/vmalloc.h>

#endif
