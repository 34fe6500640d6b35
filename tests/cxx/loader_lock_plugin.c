// SPDX-License-Identifier: MIT
/*
 * cxx/loader_lock_plugin.c - a plug-in whose constructor waits: loader_lock.cc
 */
void loader_lock_inside(void);

__attribute__((constructor)) static void wait_inside(void)
{
	loader_lock_inside();
}
