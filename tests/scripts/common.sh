# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# common.sh - what the tests of the scripts share: a fake tree, and checks
#
# The fake tree holds the real scripts and a library that replaces nothing: it
# is the smallest shared object. What scripts/run does before PROGRAM starts is
# tested there, quickly and whatever state the real library is in.
set -euo pipefail

root=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/../..")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
unset LD_PRELOAD KMALLOC_CMDLINE
failures=0

fail() {
	echo "FAIL: $*"
	failures=$((failures + 1))
}

# same WHAT EXPECTED ACTUAL
same() {
	[[ $2 == "$3" ]] || fail "$1: expected '$2', got '$3'"
}

# has WHAT PART ACTUAL
has() {
	[[ $3 == *"$2"* ]] || fail "$1: expected '$2' in '$3'"
}

# finish: the test's exit status
finish() {
	[[ $failures -eq 0 ]] || exit 1
	echo "ok"
}

# status COMMAND...: runs it, sets rc, out and err
status() {
	rc=0
	"$@" > "$tmp/out" 2> "$tmp/err" || rc=$?
	out=$(< "$tmp/out")
	err=$(< "$tmp/err")
}

# make_fake_tree DIR: a tree whose library is built and up to date
make_fake_tree() {
	local dir=$1

	mkdir -p "$dir"/{src,include,cmake,tests,bench,build/release/lib}
	cp -r "$root"/scripts "$root"/.ci "$dir"
	cp "$root"/bench/*.py "$dir/bench"
	cp "$root/CMakePresets.json" "$dir"
	touch "$dir/CMakeLists.txt"
	echo 'int km_fake;' | gcc -shared -fPIC -x c - \
		-o "$dir/build/release/lib/libkmalloc-preload.so"
	cp "$dir"/build/release/lib/libkmalloc-preload{,-slab}.so
	find "$dir" -exec touch -d '1 hour ago' {} +
	touch "$dir"/build/release/kmalloc-preload{,-slab}.stamp
}

# need_library: skips the test unless the real library is built
need_library() {
	if [[ ! -f $root/build/release/lib/libkmalloc-preload-slab.so ]]; then
		echo "skipped: the release library is not built"
		exit 77
	fi
}
