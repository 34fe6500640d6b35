/* SPDX-License-Identifier: MIT */
/*
 * torture/fork_lock.h - the locks of fork_lock_first.c
 */
#ifndef FORK_LOCK_H
#define FORK_LOCK_H

#include <pthread.h>

extern pthread_mutex_t first_held; /* its prepare handler takes it */
extern pthread_mutex_t first_in_parent; /* its parent handler has it a while */
extern int first_calls; /* of its prepare handler */

#endif
