#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The names in cmake/order.ld. Expect all but twenty to be in the sources, and
# the code that small programs use to lie together: it is 96 KiB at most, begins
# with what runs before main(), and holds malloc() and the start of the engine.
. "$(dirname "$0")/../lib.sh"
begin nm readelf

order=$KM_SOURCE_DIR/cmake/order.ld
grep -o -E '\.(text|bss)\.[a-z0-9_]+' "$order" | sort -u |
	grep -v -x -E '\.(text\.(small|startup|exit|km_hot)|bss\.large)' |
	sed 's/^\.[a-z]*\.//' | sort -u >"$WORK/names"
(($(wc -l <"$WORK/names") > 200)) || fail "no names in $order"
find "$KM_SOURCE_DIR/src" -name '*.[ch]' -exec cat {} + |
	grep -o -E '\b[a-zA-Z_][a-zA-Z0-9_]*[([]' | sed 's/.$//' |
	sort -u >"$WORK/defined"
gone=$(comm -23 "$WORK/names" "$WORK/defined")
(($(wc -w <<<"$gone") <= 20)) || fail "in order.ld, not in the sources:" $gone

read -r start size < <(readelf -S -W "$KM_PRELOAD_LIB" | sed 's/^ *\[ *//' |
	awk '$2 == ".text.small" { print $4, $6 }')
[[ ${size-} ]] || fail "no section .text.small"
start=$((16#$start)) size=$((16#$size))
echo "$(wc -l <"$WORK/names") names, $size bytes of code"
((size <= 96 << 10)) || fail "$size bytes of code"
symbols=$(nm "$KM_PRELOAD_LIB")
[[ $symbols ]] || skip "the library is stripped"

# within NAME BYTES: does the function begin so far behind the start?
within() {
	local at

	at=$(awk -v name="$1" '$3 == name { print $1 }' <<<"$symbols")
	[[ $at ]] && ((16#$at >= start && 16#$at < start + $2))
}
within malloc "$size" || fail "malloc() is elsewhere"
within km_boot "$size" || fail "the start of the engine is elsewhere"
within shim_start 4096 || fail "the constructor is elsewhere"
within stats_at_exit 4096 || fail "the destructor is elsewhere"
