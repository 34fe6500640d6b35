#!/bin/bash
# SPDX-License-Identifier: MIT
#
# installed.sh BUILD_DIR - installs into an empty folder, does all that
# README.md says of it under "Link with it", with nothing in the environment,
# and takes it away again; then installs once more and takes that away without
# the build, as docs/faq.md says. Expect every command and program to work,
# stripped libraries, the documents, and nothing left at the end, both times.
set -euo pipefail

build=$1
root=$(readlink -f "$(dirname "$(readlink -f "$0")")/../..")
tmp=$(mktemp -d)
prefix=$tmp/prefix
manifest=$build/install_manifest.txt
failures=0

clean_up() {
	rm -f "$manifest"
	[[ ! -f $tmp/manifest ]] || cp "$tmp/manifest" "$manifest"
	rm -rf "$tmp"
}
trap clean_up EXIT
[[ ! -f $manifest ]] || cp "$manifest" "$tmp/manifest"

bare() {
	env -i "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin" \
		"HOME=$tmp" "$@"
}

# check WHAT COMMAND...
check() {
	local what=$1
	shift
	if ! "$@" > "$tmp/out" 2>&1; then
		echo "FAIL: $what: $*"
		cat "$tmp/out"
		failures=$((failures + 1))
	fi
}

# What stands in README.md's section, with this prefix and build: the commands
# of its n-th block of shell, and its program.
section() {
	sed -n '/^## Link with it/,/^## Boot/p' "$root/README.md" |
		sed "s,PREFIX,$prefix,g; s,build/release,$build,g"
}
block() {
	section | awk -v want="$1" '
	/^```sh$/ { n++; inside = n == want; next }
	/^```$/ { inside = 0 }
	inside'
}

cd "$tmp"
section | sed -n '/^```c$/,/^```$/p' | sed '1d; $d' > points.c
[[ -s points.c ]] || { echo "FAIL: README.md has no program"; exit 1; }

check "install" bare bash -ec "$(block 1 | grep -e --install)"
while IFS= read -r line; do
	[[ $line == export* ]] && setup=$line && continue
	rm -f points
	check "README.md" bare bash -ec "${setup-}; $line"
	check "the program" bare ./points
	[[ $(cat out) == 0,0 ]] || { echo "FAIL: said $(cat out)"; failures=1; }
done < <(block 2)
[[ -n ${setup-} ]] || { echo "FAIL: README.md lost its block"; failures=1; }

check "kmalloc-top" bare "$prefix/bin/kmalloc-top" --help
check "kmalloc-view" bare "$prefix/bin/kmalloc-view" --help
check "kmalloc-info" bare "$prefix/bin/kmalloc-info" zoneinfo
for library in "$prefix"/lib/libkmalloc-preload{,-slab}.so; do
	check "preload" bare "LD_PRELOAD=$library" \
		"KMALLOC_CMDLINE=stats_file=$tmp/stats" ls /
	[[ ! -s out || $(< out) != *"cannot be preloaded"* ]] ||
		{ echo "FAIL: $(< out)"; failures=1; }
done
check "both served" test "$(grep -c 'comm=ls ' "$tmp/stats")" = 2
for library in "$prefix"/lib/*.so; do
	check "stripped" bash -c "! readelf -SW '$library' | grep -q -w symtab"
done
for archive in "$prefix"/lib/*.a; do
	check "no debug information" \
		bash -c "! readelf -SW '$archive' | grep -q debug_info"
done
du -k "$prefix"/lib/*.so
for file in LICENSE README.md docs/api.md docs/shim.md docs/slub.svg; do
	check "documents" test -s "$prefix/share/doc/libkmalloc/$file"
done
for page in man1/kmalloc-info.1 man1/kmalloc-top.1 man7/kmalloc-preload.7 \
	man3/{kmalloc,kmalloc-gfp,kfree,kmem_cache_shrink,vmalloc}.3; do
	check "manual" test -s "$prefix/share/man/$page"
done

# nothing_left HOW
nothing_left() {
	local left

	left=$(find "$prefix" ! -type d)
	[[ -z $left && ! -e $prefix/include/kmalloc &&
		! -e $prefix/share/doc/libkmalloc ]] ||
		{ echo "FAIL: $1 left: $left"; failures=1; }
}

check "uninstall" bare bash -ec "$(block 1 | grep uninstall | sed 's/#.*//')"
nothing_left "uninstall"
check "install again" bare bash -ec "$(block 1 | grep -e --install)"
commands=$(sed -n '/^cd PREFIX/,/^```$/p' "$root/docs/faq.md" |
	sed "s,PREFIX,$prefix,; \$d")
check "the commands of faq.md" bare bash -ec "${commands:?}"
nothing_left "docs/faq.md"
[[ $failures -eq 0 ]] || exit 1
echo ok
