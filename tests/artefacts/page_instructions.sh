#!/bin/bash
# SPDX-License-Identifier: MIT
#
# page_instructions.sh PROGRAM - instructions of alloc_pages() and
# __free_pages() with watermark, prep and free checks, as callgrind counts them:
# the difference between 20,000 and 40,000 pairs. Expect at most so many:
#
#	order	0	3	9
#	most	850	950	1600
set -euo pipefail

program=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
unset LD_PRELOAD KMALLOC_CMDLINE

command -v valgrind >/dev/null || { echo "skipped: no valgrind"; exit 77; }

instructions() {
	valgrind --tool=callgrind --callgrind-out-file="$tmp/out" \
		"$program" "$1" "$2" > "$tmp/log" 2>&1 ||
		{ cat "$tmp/log"; exit 1; }
	awk '$1 == "summary:" || $1 == "totals:" { n = $2 } END { print n }' \
		"$tmp/out"
}

failed=0
while read -r order most; do
	once=$(instructions "$order" 20000)
	twice=$(instructions "$order" 40000)
	pair=$(((twice - once + 10000) / 20000))
	echo "order $order: $pair instructions a pair (at most $most)"
	((pair > 50 && pair <= most)) || failed=1
done <<'END'
0 850
3 950
9 1600
END
exit $failed
