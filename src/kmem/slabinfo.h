// SPDX-License-Identifier: MIT
/*
 * kmem/slabinfo.h - the text "slabinfo" (diag/proc.h)
 */
#ifndef KM_KMEM_SLABINFO_H
#define KM_KMEM_SLABINFO_H

struct seq_file;
/* Prints the text. Returns 0. */
int slabinfo_show(struct seq_file *m, const char *path);
/* Sets the tunables of a cache. Returns 0, -EINVAL, or -EIO: it has none. */
int slabinfo_write(const char *path, const char *text);

#endif
