// SPDX-License-Identifier: MIT
/*
 * cxx/plugin.cc - a C++ plugin of a C program, whose new fails and is caught
 */
#include <cstddef>
#include <new>

extern "C" int plugin_run(int which);

static volatile std::size_t huge = std::size_t(-1) / 2 - 4096;
static int calls;

static void handler()
{
	calls++;
	std::set_new_handler(nullptr);
}

/* 0 when a huge @which ends as it must, else what went wrong. */
int plugin_run(int which)
{
	void *p = nullptr;

	calls = 0;
	std::set_new_handler(handler);
	try {
		if (which == 0)
			p = ::operator new(huge);
		else if (which == 1)
			p = ::operator new[](huge, std::align_val_t(256));
		else
			p = ::operator new(huge, std::nothrow);
		if (which < 2 || p)
			return 1;
	} catch (const std::bad_alloc &) {
		if (which == 2)
			return 2;
	}
	if (calls != 1)
		return 3;
	delete[] new char[1000];
	return 0;
}
