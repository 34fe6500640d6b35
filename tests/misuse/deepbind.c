// SPDX-License-Identifier: MIT
/*
 * misuse/deepbind.c - blocks from a plugin loaded RTLD_DEEPBIND, freed by the
 * host
 *
 * ARGV[1] is the plugin. Expect them served by the allocator they came from.
 */
#include "misuse.h"

int main(int argc, char **argv)
{
	char *(*string)(size_t);
	void (*their_free)(void *), *h;
	size_t n;
	char *s;

	REQUIRE(argc == 2, "usage: plugin");
	kt_prove_library();
	h = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
	REQUIRE(h, "%s", dlerror());
	string = (char *(*)(size_t))dlsym(h, "plugin_string");
	their_free = (void (*)(void *))dlsym(h, "plugin_free");
	for (n = 1; n < 2 * MIB; n *= 3) {
		s = string(n);
		CHECK(strlen(s) == n, "length %zu", n);
		CHECK(malloc_usable_size(s) > n, "usable size");
		s = realloc(s, 2 * n + 1);
		CHECK(s && s[n - 1] == 'x' && !s[n], "realloc %zu", n);
		free(s);
		free(string(n));
		their_free(string(n));
	}
	return check_status();
}
