/* SPDX-License-Identifier: MIT */
/*
 * latency.h - puts a clock around the calls of workloads/server.c
 *
 * That file is compiled with this one in front (-include), and linked to
 * latency.c.
 */
#ifndef LATENCY_H
#define LATENCY_H

#include <pthread.h>
#include <stdlib.h>

void *timed_malloc(size_t size);
void timed_free(void *p);
/* Starts a thread whose times are added up when it ends. */
int timed_create(pthread_t *thread, const pthread_attr_t *attr,
		 void *(*fn)(void *arg), void *arg);
/* The workload itself. */
int server_main(int argc, char **argv);

#ifndef LATENCY_ITSELF
#define malloc timed_malloc
#define free timed_free
#define pthread_create timed_create
#define main server_main
#endif

#endif
