// SPDX-License-Identifier: MIT
/*
 * cxx/replaced_host.c - a C program whose plug-in, opened RTLD_LOCAL, replaces
 */
#include "support/program.h"

int main(int argc, char **argv)
{
	int (*body)(void);
	void *h;

	REQUIRE(argc == 2, "usage: plugin");
	kt_prove_library();
	h = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
	REQUIRE(h, "%s", dlerror());
	body = (int (*)(void))dlsym(h, "replaced_body");
	REQUIRE(body, "no replaced_body");
	return body();
}
