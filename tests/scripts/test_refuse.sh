#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Arguments that a script does not know. Expect status 2, one line of at most
# 300 characters, and nothing configured, built or run; --help and -h print the
# usage on standard output, with status 0.
. "$(dirname "$0")/common.sh"

tree=$tmp/tree
make_fake_tree "$tree"
# a library without one on SLAB beside it
library=$tmp/alone.so
cp "$tree/build/release/lib/libkmalloc-preload.so" "$library"
rm -rf "$tree/build"
echo text > "$tree/plain"

# refused SCRIPT ARGS...
refused() {
	status "$tree/$@"
	same "$*: status" 2 "$rc"
	same "$*: lines" 1 "$(wc -l < "$tmp/err")"
	[[ ${#err} -le 300 ]] || fail "$*: a line of ${#err} characters"
	same "$*: standard output" "" "$out"
	has "$*: says where help is" --help "$err"
}

refused scripts/test --nope
refused scripts/test unit
refused scripts/test --label
refused scripts/test --label nope
refused scripts/test --label=nope
refused scripts/test -R
refused scripts/test --one
refused scripts/test --one unit.a -R b
refused scripts/test --one unit.a --label unit
refused scripts/test --one unit.a --preset nope
refused scripts/test --preset dev
refused .ci/run --nope
refused .ci/run tests
refused scripts/soak --nope
refused scripts/soak --minutes abc
refused scripts/soak --minutes 0
refused scripts/soak --minutes 1.5
refused scripts/soak --minutes
refused scripts/soak --preset nope
refused scripts/soak --preset base
refused scripts/soak one two
refused scripts/flaky --nope
refused scripts/flaky --runs 0
refused scripts/flaky --runs abc
refused scripts/flaky --busy -1
refused scripts/flaky --preset nope
refused scripts/misuse --nope
refused scripts/misuse nope
refused scripts/misuse double-.
refused scripts/misuse --runs
refused scripts/misuse --runs 0
refused scripts/misuse --jobs abc
refused scripts/misuse --update --rows
refused scripts/run --nope true
refused scripts/run --backend
refused scripts/bench --nope
refused scripts/bench nope
refused scripts/bench --peers nope
refused scripts/bench --peers old=/missing.so
refused scripts/bench --peers "$tree/plain"
refused scripts/bench --peers "old=$tree/plain"
refused scripts/bench --peers old=/usr
refused scripts/bench --library /missing.so
refused scripts/bench --form
refused scripts/bench --form ''
refused scripts/bench --form nope
refused scripts/bench --form slab --form slab
refused scripts/bench --form slab --peers-only
refused scripts/bench --form slab --library "$library"
refused scripts/bench --only nope
refused scripts/bench --rounds 0
refused scripts/bench --scale 0
refused scripts/bench --scale nan
refused scripts/bench --json /missing/file
refused scripts/needs.py
refused scripts/needs.py --nope name
refused scripts/needs.py --near
refused scripts/needs.py a b c

for script in scripts/{run,test,bench,soak,flaky,misuse} .ci/run; do
	for help in -h --help; do
		status "$tree/$script" "$help"
		same "$script $help: status" 0 "$rc"
		same "$script $help: standard error" "" "$err"
		has "$script $help" "sage: $script" "$out"
		has "$script $help" --no-install "$out"
	done
done
for help in -h --help; do
	status "$tree/scripts/needs.py" "$help"
	same "scripts/needs.py $help: status" 0 "$rc"
	same "scripts/needs.py $help: standard error" "" "$err"
	has "scripts/needs.py $help" "needs.py BUILD NAME" "$out"
done
[[ ! -e $tree/build ]] || fail "something was built: $(find "$tree/build")"

# What bench says of a peer that is a library: its path, and of no package at
# all nothing, not every package of the machine.
long=$(cd "$root/bench" && /usr/bin/python3 -B -c '
import allocators, machine
peer = allocators.Allocator("old", "/lib/old.so")
print(max(len(line) for line in machine.describe([peer])))
print([line for line in machine.describe([peer]) if "old /lib/old.so" in line])')
[[ ${long%%$'\n'*} -lt 400 ]] || fail "a line of ${long%%$'\n'*} characters"
has "a peer without a package" "peers " "$long"

finish
