// SPDX-License-Identifier: MIT
/*
 * cxx/replaced.cc - a subset of the four basic operators, replaced
 *
 * REPLACED says which: 1 new, 2 delete, 4 new aligned, 8 delete aligned. Where
 * both of a pair are, a block lies behind a head of its own, so that a block
 * that is freed by another allocator than it came from ends the program.
 */
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "replaced.h"

static int calls[4];

const int *replaced_calls()
{
	return calls;
}

#if (REPLACED & 3) == 3
static const std::size_t head = 32;
#elif REPLACED & 3
static const std::size_t head = 0;
#endif

#if REPLACED & 1
void *operator new(std::size_t size)
{
	void *p = std::malloc(size + head);

	calls[0]++;
	if (!p)
		throw std::bad_alloc();
	return static_cast<char *>(p) + head;
}
#endif

#if REPLACED & 2
void operator delete(void *p) noexcept
{
	calls[1]++;
	if (p)
		std::free(static_cast<char *>(p) - head);
}
#endif

#if REPLACED & 4
void *operator new(std::size_t size, std::align_val_t al)
{
	std::size_t align = static_cast<std::size_t>(al);
	std::size_t before = (REPLACED & 8) ? align : 0;
	void *p;

	calls[2]++;
	if (posix_memalign(&p, align, size + before))
		throw std::bad_alloc();
	return static_cast<char *>(p) + before;
}
#endif

#if REPLACED & 8
void operator delete(void *p, std::align_val_t al) noexcept
{
	std::size_t align = static_cast<std::size_t>(al);
	std::size_t before = (REPLACED & 4) ? align : 0;

	calls[3]++;
	if (p)
		std::free(static_cast<char *>(p) - before);
}
#endif
