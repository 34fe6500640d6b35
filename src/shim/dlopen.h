/* SPDX-License-Identifier: MIT */
/*
 * shim/dlopen.h - the process's dlopen(), without RTLD_DEEPBIND
 */
#ifndef KM_SHIM_DLOPEN_H
#define KM_SHIM_DLOPEN_H

#include "sys/compiler.h"

typedef void *(*dlopen_function)(const char *file, int mode);

/* Returns libc's dlopen(), never NULL. Takes the loader's lock at first. */
dlopen_function dlopen_real(void);

/* Function and arguments that dlopen() jumps to. */
struct dlopen_plan {
	long mode;
	dlopen_function real;
};
struct dlopen_plan dlopen_plan(const char *file, int mode) __hidden;

/* ---- deepbind.c, soname.c: in the archives too --------------------------- */

bool deepbind_masked(const char *file); /* file: what dlopen() was given */

#define SONAME_MAX 128

/* Reads the soname of the file at path. Returns 0 or -errno. */
int soname_of_file(const char *path, char soname[SONAME_MAX]);

#endif
