/* SPDX-License-Identifier: MIT */
/*
 * shim/dlopen.h - the process's dlopen(), of which RTLD_DEEPBIND is taken away
 */
#ifndef KM_SHIM_DLOPEN_H
#define KM_SHIM_DLOPEN_H

#include "sys/compiler.h"

typedef void *(*dlopen_function)(const char *file, int mode);

/* The one behind ours; never NULL. Takes the loader's lock the first time. */
dlopen_function dlopen_real(void);

/* What dlopen() is to go on with. */
struct dlopen_plan {
	long mode;
	dlopen_function real;
};
struct dlopen_plan dlopen_plan(const char *file, int mode) __hidden;

/* ---- deepbind.c, soname.c: in the archives too -------------------------------- */

bool deepbind_masked(const char *file); /* file: what dlopen() was given */

#define SONAME_MAX 128

/* The soname that the file at path gives itself: 0 or -errno. */
int soname_of_file(const char *path, char soname[SONAME_MAX]);

#endif
