// SPDX-License-Identifier: MIT
/*
 * cxx/noruntime.c - operator new in a process without any C++ runtime
 *
 * It works as long as there is memory; then there is no runtime to throw.
 * Expect nothrow to give NULL and the throwing one to end with a line and
 * SIGABRT.
 */
#include "support/program.h"

int main(void)
{
	void *(*new_)(size_t) = dlsym(RTLD_DEFAULT, "_Znwm");
	void *(*nothrow)(size_t, const void *) = dlsym(RTLD_DEFAULT,
						       "_ZnwmRKSt9nothrow_t");
	void (*delete_)(void *) = dlsym(RTLD_DEFAULT, "_ZdlPv");
	char c = 0, *p;

	kt_prove_library();
	REQUIRE(!dlsym(RTLD_DEFAULT, "__cxa_throw"), "there is a C++ runtime");
	REQUIRE(new_ && nothrow && delete_, "operators are missing");
	p = new_(1000);
	REQUIRE(p, "new gave NULL");
	memset(p, 1, 1000);
	delete_(p);
	REQUIRE(!nothrow(hide_size(PTRDIFF_MAX), &c), "nothrow gave a block");
	new_(hide_size(PTRDIFF_MAX));
	return 3;
}
