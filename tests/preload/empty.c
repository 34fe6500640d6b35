// SPDX-License-Identifier: MIT
/*
 * empty.c - a library of nothing: what preloading any library costs
 */
extern int preload_nothing;
int preload_nothing;
