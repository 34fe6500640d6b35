// SPDX-License-Identifier: MIT
/*
 * operators.cc - rounds of twelve blocks by all operators: operators COUNT
 *
 * For callgrind: what COUNT and 2 * COUNT differ by is the cost of COUNT rounds
 * with their loop and PLT calls, and nothing of the start. Each of the eight
 * operators new and of the twelve operators delete is called in each round.
 */
#include <cstdlib>
#include <new>

static const std::align_val_t al{ 64 };
static const std::size_t n = 64;

static void by_kind()
{
	::operator delete(::operator new(n));
	::operator delete[](::operator new[](n));
	::operator delete(::operator new(n), n);
	::operator delete[](::operator new[](n), n);
	::operator delete(::operator new(n, std::nothrow), std::nothrow);
	::operator delete[](::operator new[](n, std::nothrow), std::nothrow);
}

static void by_kind_aligned()
{
	::operator delete(::operator new(n, al), al);
	::operator delete[](::operator new[](n, al), al);
	::operator delete(::operator new(n, al), n, al);
	::operator delete[](::operator new[](n, al), n, al);
	::operator delete(::operator new(n, al, std::nothrow), al,
			  std::nothrow);
	::operator delete[](::operator new[](n, al, std::nothrow), al,
			    std::nothrow);
}

int main(int argc, char **argv)
{
	long count = argc > 1 ? std::strtol(argv[1], nullptr, 10) : 1;

	while (count-- > 0) {
		by_kind();
		by_kind_aligned();
	}
	return 0;
}
