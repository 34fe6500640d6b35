// SPDX-License-Identifier: MIT
/*
 * cxx/loader_lock_main.cc - see loader_lock.cc
 */
extern "C" int loader_lock_run();

int main()
{
	return loader_lock_run() ? 1 : 0;
}
