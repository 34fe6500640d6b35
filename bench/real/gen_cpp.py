# SPDX-License-Identifier: MIT
"""gen_cpp.py - writes the C++ file of the gcc benchmark: standard containers
and templates of its own, instantiated for many types. Argument: scale."""
import sys

SCALE = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
KINDS = max(1, int(3 * SCALE))

HEAD = """
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

template <int N> struct Fib { static constexpr long value =
	(Fib<N - 1>::value + Fib<N - 2>::value) % 1000003; };
template <> struct Fib<0> { static constexpr long value = 0; };
template <> struct Fib<1> { static constexpr long value = 1; };

template <typename T, int N> struct Table {
	std::map<T, std::vector<std::string>> rows;
	std::unordered_map<int, std::shared_ptr<T>> seen;

	void add(const T &key, std::string text) {
		rows[key].push_back(std::move(text));
		seen.emplace(N, std::make_shared<T>(key));
	}
	template <typename F> long fold(F f) const {
		long sum = Fib<N>::value;
		for (const auto &[key, texts] : rows)
			for (const auto &text : texts)
				sum += f(key, text);
		return sum;
	}
};
"""

KIND = """
struct Kind{n} {{
	long a{n} = {n};
	double weight = {n}.5;
	bool operator<(const Kind{n} &o) const {{
		return std::tie(a{n}, weight) < std::tie(o.a{n}, o.weight);
	}}
}};
long use{n}(std::vector<Kind{n}> &v, const std::string &text)
{{
	Table<Kind{n}, {depth}> table;
	std::function<long(const Kind{n} &, const std::string &)> f =
		[&](const Kind{n} &k, const std::string &s) {{
			return k.a{n} * (long)s.size() + (long)text.size();
		}};
	std::sort(v.begin(), v.end());
	for (auto &k : v)
		table.add(k, text + std::to_string(k.a{n}));
	auto it = std::find_if(v.begin(), v.end(), [](const Kind{n} &k) {{
		return k.weight > {n}.25; }});
	if (it != v.end())
		v.erase(it);
	std::sort(v.begin(), v.end(), [](const auto &x, const auto &y) {{
		return y.weight < x.weight; }});
	return table.fold(f);
}}
"""


def main():
    sys.stdout.write(HEAD)
    for n in range(KINDS):
        sys.stdout.write(KIND.format(n=n, depth=60 + n * 5))


main()
