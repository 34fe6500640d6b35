#!/bin/bash
# SPDX-License-Identifier: MIT
#
# consumer.sh BUILD_DIR CC - installs into a folder of its own and builds
# programs against that, once with pkg-config and once with find_package.
# Expect each to build without warnings and to run on our allocator.
set -euo pipefail

build=$1
cc=$2
here=$(dirname "$(readlink -f "$0")")
root=$(readlink -f "$here/../..")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
unset LD_PRELOAD KMALLOC_CMDLINE

if [[ ! -f $root/include/kmalloc/kmalloc.h ]]; then
	echo "skipped: there are no public headers yet"
	exit 77
fi

cmake --install "$build" --prefix "$tmp/prefix" > "$tmp/log"
pc=$(find "$tmp/prefix" -name kmalloc.pc)
lib=$(find "$tmp/prefix" -name libkmalloc.so.1)
export PKG_CONFIG_PATH=${pc%/*}
export LD_LIBRARY_PATH=${lib%/*}

# words(1) of a command's output, as an array
with_pkg_config() {
	local package=$1 source=$2 program=$3
	local -a flags

	read -ra flags < <(pkg-config --cflags --libs "$package")
	"$cc" -Wall -Wextra -Werror -o "$program" "$source" "${flags[@]}"
}

echo "== pkg-config"
[[ $(pkg-config --modversion kmalloc) == \
	$(pkg-config --modversion kmalloc-preload) ]]
with_pkg_config kmalloc "$here/consumer/api.c" "$tmp/api"
"$tmp/api"
for package in kmalloc-preload kmalloc-preload-slab; do
	with_pkg_config "$package" "$here/consumer/replace.c" "$tmp/$package"
	"$tmp/$package"
done

echo "== find_package"
cmake -S "$here/consumer" -B "$tmp/build" -DCMAKE_C_COMPILER="$cc" \
	-DCMAKE_PREFIX_PATH="$tmp/prefix" >> "$tmp/log"
cmake --build "$tmp/build" >> "$tmp/log" || { cat "$tmp/log"; exit 1; }
for program in api api_static replace replace_slab; do
	"$tmp/build/$program"
done

# Nothing to ask ld.so about in a static program: the library's own count of
# what this process did shows that it served it.
for program in replace_static replace_slab_a; do
	KMALLOC_CMDLINE="stats_file=$tmp/stats" "$tmp/build/$program"
	grep -q "comm=$program .*slabs=[1-9]" "$tmp/stats"
done
echo "ok"
