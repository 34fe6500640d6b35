// SPDX-License-Identifier: MIT
/*
 * shim/cxx.h - the 20 operators by their mangled names (Itanium C++ ABI)
 *
 * nw new, na new[], dl delete, da delete[]; m size, St11align_val_t alignment,
 * RKSt9nothrow_t std::nothrow.
 */
#ifndef KM_SHIM_CXX_H
#define KM_SHIM_CXX_H

#include <stddef.h>

void *_Znwm(size_t size);
void *_ZnwmRKSt9nothrow_t(size_t size, const void *nothrow);
void *_ZnwmSt11align_val_t(size_t size, size_t align);
void *_ZnwmSt11align_val_tRKSt9nothrow_t(size_t size, size_t align,
					 const void *nothrow);
void *_Znam(size_t size);
void *_ZnamRKSt9nothrow_t(size_t size, const void *nothrow);
void *_ZnamSt11align_val_t(size_t size, size_t align);
void *_ZnamSt11align_val_tRKSt9nothrow_t(size_t size, size_t align,
					 const void *nothrow);
void _ZdlPv(void *p);
void _ZdlPvm(void *p, size_t size);
void _ZdlPvRKSt9nothrow_t(void *p, const void *nothrow);
void _ZdlPvSt11align_val_t(void *p, size_t align);
void _ZdlPvmSt11align_val_t(void *p, size_t size, size_t align);
void _ZdlPvSt11align_val_tRKSt9nothrow_t(void *p, size_t align,
					 const void *nothrow);
void _ZdaPv(void *p);
void _ZdaPvm(void *p, size_t size);
void _ZdaPvRKSt9nothrow_t(void *p, const void *nothrow);
void _ZdaPvSt11align_val_t(void *p, size_t align);
void _ZdaPvmSt11align_val_t(void *p, size_t size, size_t align);
void _ZdaPvSt11align_val_tRKSt9nothrow_t(void *p, size_t align,
					 const void *nothrow);

#endif
