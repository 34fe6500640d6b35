// SPDX-License-Identifier: MIT
/*
 * cxx/host.c - a C program that loads a C++ plugin into a scope of its own
 *
 * The C++ runtime arrives late and is visible to the plugin alone. Expect new
 * of a huge size to be caught inside the plugin, again after a second load.
 */
#include "support/program.h"

static void load_and_run(const char *path)
{
	void *h = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	int (*run)(int), which, r;

	REQUIRE(h, "%s", dlerror());
	CHECK(!dlsym(RTLD_DEFAULT, "__cxa_throw"), "the runtime is global");
	run = (int (*)(int))dlsym(h, "plugin_run");
	REQUIRE(run, "no plugin_run");
	for (which = 0; which < 3; which++) {
		r = run(which);
		CHECK(r == 0, "operator %d: %d", which, r);
	}
	dlclose(h);
}

int main(int argc, char **argv)
{
	REQUIRE(argc == 2, "usage: plugin");
	kt_prove_library();
	load_and_run(argv[1]);
	load_and_run(argv[1]);
	return check_status();
}
