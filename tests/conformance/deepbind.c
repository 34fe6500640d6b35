// SPDX-License-Identifier: MIT
/*
 * conformance/deepbind.c - a plug-in that is opened with RTLD_DEEPBIND
 *
 * deepbind PLUGIN OPENER WHOSE: blocks go from the program to the plug-in and
 * back, and the plug-in calls version(), which both have. Expect it to be WHOSE
 * (program or plugin); the blocks cross only if it is the program's.
 *
 * OPENER opens the plug-in once more, by a name that its own RUNPATH alone
 * leads to. Expect it found: libc's dlopen() sees its caller.
 */
#include "support/program.h"

int version(void);

/* The plug-in has one too. */
int version(void)
{
	return 1;
}

static void *open_it(const char *path)
{
	void *h = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);

	REQUIRE(h, "%s", dlerror());
	return h;
}

static void cross(void *plugin)
{
	static const size_t sizes[] = { 10, 100, 40000, 5 * MIB };
	char *(*give)(size_t) = (char *(*)(size_t))dlsym(plugin, "give");
	void (*take)(char *) = (void (*)(char *))dlsym(plugin, "take");
	size_t i;

	REQUIRE(give && take, "no give or take");
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		char *p = give(sizes[i]);

		CHECK(strlen(p) == sizes[i], "contents");
		CHECK(malloc_usable_size(p) > sizes[i], "not our block");
		free(p);
		take(malloc(sizes[i]));
		take(realloc(give(sizes[i]), sizes[i] * 2));
	}
}

static void open_from(const char *path, const char *name)
{
	void *opener = dlopen(path, RTLD_NOW);
	void *(*fn)(const char *);

	REQUIRE(opener, "%s", dlerror());
	fn = (void *(*)(const char *))dlsym(opener, "open_by_name");
	REQUIRE(fn, "no open_by_name");
	CHECK(fn(name), "RUNPATH of the caller was not used: %s", dlerror());
	CHECK(!fn("libno_such_object.so"), "what is not there was found");
}

int main(int argc, char **argv)
{
	int (*which)(void);
	const char *name;
	void *plugin;
	int own;

	REQUIRE(argc == 4, "usage: plugin opener program|plugin");
	kt_prove_library();
	plugin = open_it(argv[1]);
	which = (int (*)(void))dlsym(plugin, "plugin_version");
	REQUIRE(which, "no plugin_version");
	own = !strcmp(argv[3], "plugin");
	CHECK(which() == (own ? 2 : 1), "version %d", which());
	if (!own)
		cross(plugin);
	name = strrchr(argv[1], '/') + 1;
	open_from(argv[2], name);
	return check_status();
}
