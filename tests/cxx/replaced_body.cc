// SPDX-License-Identifier: MIT
/*
 * cxx/replaced_body.cc - every operator new with every delete that fits it
 *
 * One line for each pair and for each new that fails: how often each of the
 * replaced operators ran. Without the library they are what the C++ runtime
 * does; expect the same lines with it.
 */
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <new>

#include "replaced.h"

static volatile std::size_t huge = std::size_t(-1) / 2 - 4096;
static const std::align_val_t al{ 128 };

static void *make(int form, std::size_t n)
{
	switch (form) {
	case 0:
		return ::operator new(n);
	case 1:
		return ::operator new(n, std::nothrow);
	case 2:
		return ::operator new[](n);
	case 3:
		return ::operator new[](n, std::nothrow);
	case 4:
		return ::operator new(n, al);
	case 5:
		return ::operator new(n, al, std::nothrow);
	case 6:
		return ::operator new[](n, al);
	default:
		return ::operator new[](n, al, std::nothrow);
	}
}

static void drop_plain(int form, void *p, std::size_t n)
{
	switch (form) {
	case 0:
		return ::operator delete(p);
	case 1:
		return ::operator delete(p, n);
	case 2:
		return ::operator delete(p, std::nothrow);
	case 3:
		return ::operator delete[](p);
	case 4:
		return ::operator delete[](p, n);
	default:
		return ::operator delete[](p, std::nothrow);
	}
}

static void drop_aligned(int form, void *p, std::size_t n)
{
	switch (form) {
	case 0:
		return ::operator delete(p, al);
	case 1:
		return ::operator delete(p, n, al);
	case 2:
		return ::operator delete(p, al, std::nothrow);
	case 3:
		return ::operator delete[](p, al);
	case 4:
		return ::operator delete[](p, n, al);
	default:
		return ::operator delete[](p, al, std::nothrow);
	}
}

static void print(const char *what, int a, int b, const int *before)
{
	const int *now = replaced_calls();

	std::printf("%s %d %d: %d %d %d %d\n", what, a, b, now[0] - before[0],
		    now[1] - before[1], now[2] - before[2], now[3] - before[3]);
}

/* Three kinds of delete fit each new: those of its alignment and arrayness. */
static int pairs()
{
	static const std::size_t sizes[] = { 100, 50000, 5u << 20 };
	int before[4];

	for (int form = 0; form < 8; form++)
		for (int d = 0; d < 3; d++) {
			std::memcpy(before, replaced_calls(), sizeof(before));
			for (std::size_t n : sizes) {
				void *p = make(form, n);

				if (!p || (form > 3 && std::uintptr_t(p) % 128))
					return 1;
				std::memset(p, 1, n);
				if (form < 4)
					drop_plain(form / 2 * 3 + d, p, n);
				else
					drop_aligned(form / 2 % 2 * 3 + d, p,
						     n);
			}
			print("pair", form, d, before);
		}
	return 0;
}

/* What there is no memory for. Expect bad_alloc, or NULL of the nothrow
 * ones. */
static int failures()
{
	int before[4], outcome;

	for (int form = 0; form < 8; form++) {
		std::memcpy(before, replaced_calls(), sizeof(before));
		try {
			outcome = make(form, huge) ? 1 : 2;
		} catch (const std::bad_alloc &) {
			outcome = 3;
		}
		if (outcome != (form % 2 ? 2 : 3))
			return 1;
		print("huge", form, outcome, before);
	}
	return 0;
}

int replaced_body(void)
{
	int ret = pairs() || failures();

	std::fflush(stdout);
	return ret;
}
