// SPDX-License-Identifier: MIT
/*
 * torture/fork_lock_first.c - a library whose fork handlers come before
 * malloc's
 *
 * It is marked to be initialized first and loaded after the preload library, so
 * that of the two it is the first: its prepare handler runs when malloc's has
 * closed everything, and its parent and child handlers before malloc's.
 */
#include <pthread.h>
#include <stdlib.h>

#include "fork_lock.h"

pthread_mutex_t first_held = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t first_in_parent = PTHREAD_MUTEX_INITIALIZER;
int first_calls;

static void prepare(void)
{
	pthread_mutex_lock(&first_held);
	free(malloc(3000));
	first_calls++;
}

static void parent(void)
{
	pthread_mutex_lock(&first_in_parent);
	free(malloc(50000));
	pthread_mutex_unlock(&first_in_parent);
	pthread_mutex_unlock(&first_held);
}

static void child(void)
{
	free(malloc(50000));
	pthread_mutex_init(&first_in_parent, NULL);
	pthread_mutex_unlock(&first_held);
}

__attribute__((constructor)) static void start(void)
{
	pthread_atfork(prepare, parent, child);
}
