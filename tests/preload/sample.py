#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""sample.py - data for the cases, the same on every run.

Usage: sample.py KIND SIZE > FILE
  hex    lines of 32 hexadecimal digits, SIZE megabytes
  words  lines of words and numbers, SIZE thousand lines
  c      a C file of SIZE functions
  c++    a C++ file of SIZE classes that use the standard containers
"""
import random
import sys

RND = random.Random(20260101)
WORDS = ("alpha beta gamma delta page zone slab sheaf barn buddy order frame "
         "node cache vmap area kernel memory object free").split()


def hex_lines(size):
    for _ in range(size * 2):
        data = RND.randbytes(250_000)
        for i in range(0, len(data), 50_000):
            part = data[i:i + 50_000].hex("\n", 16)
            sys.stdout.write(part + "\n")


def word_lines(size):
    for i in range(size * 1000):
        words = " ".join(RND.choices(WORDS, k=RND.randint(3, 9)))
        sys.stdout.write(f"{i} {words} {RND.getrandbits(40)}\n")


C_FUNCTION = """
struct s{i} {{ int a[{n}]; struct s{i} *next; const char *name; }};
static int f{i}(struct s{i} *s, int x)
{{
	static const char *const names[] = {{ "{w}", "{w}{i}", "f{i}" }};
	int sum = {i};

	for (int k = 0; k < {n}; k++) {{
		switch ((s->a[k] ^ x) & 7) {{
		case 0: sum += k * {n}; break;
		case 1: sum -= s->a[(k + {i}) % {n}]; break;
		case 2: sum ^= x << (k & 7); break;
		case 5: s->a[k] = sum; break;
		default: sum += names[k % 3][0]; break;
		}}
	}}
	return s->next ? sum + (int)__builtin_strlen(s->next->name) : sum;
}}
int g{i}(int x)
{{
	struct s{i} t = {{ {{ 1, 2, x }}, 0, "{w}" }}, s = {{ {{ x }}, &t, "s" }};

	return f{i}(&s, x) + f{i}(&t, {n});
}}
"""


def c_file(size):
    for i in range(size):
        sys.stdout.write(C_FUNCTION.format(i=i, n=RND.randint(4, 40),
                                           w=RND.choice(WORDS)))


CXX_HEAD = """
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <regex>
#include <string>
#include <unordered_map>
#include <vector>
template <int N> struct key { std::string s; int n = N; };
"""
CXX_CLASS = """
struct c{i} {{
	std::map<std::string, std::vector<key<{i}>>> all;
	std::unordered_map<int, std::shared_ptr<key<{i}>>> index;
	int add(const std::string &s)
	{{
		auto k = std::make_shared<key<{i}>>();

		k->s = s + "{w}";
		index.emplace({n} + static_cast<int>(index.size()), k);
		all[s].push_back(*k);
		std::sort(all[s].begin(), all[s].end(),
			  [](const auto &a, const auto &b) {{ return a.s < b.s; }});
		return static_cast<int>(all.size());
	}}
}};
int use{i}(const std::string &s) {{ c{i} c; return c.add(s) + c.add("{w}"); }}
"""


def cxx_file(size):
    sys.stdout.write(CXX_HEAD)
    for i in range(size):
        sys.stdout.write(CXX_CLASS.format(i=i, n=RND.randint(1, 99),
                                          w=RND.choice(WORDS)))


KINDS = {"hex": hex_lines, "words": word_lines, "c": c_file, "c++": cxx_file}
KINDS[sys.argv[1]](int(sys.argv[2]))
