// SPDX-License-Identifier: MIT
/*
 * cxx/replaced_main.cc - a program that replaces operators, or whose library
 * does
 */
#include "replaced.h"

int main()
{
	return replaced_body();
}
