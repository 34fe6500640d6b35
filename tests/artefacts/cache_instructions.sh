#!/bin/bash
# SPDX-License-Identifier: MIT
#
# cache_instructions.sh PROGRAM - instructions of kmem_cache_alloc() and
# kmem_cache_free(), as callgrind counts them: the difference between 20,000 and
# 40,000 pairs on the last of so many caches. Expect at most so many, on both
# backends: a cache beyond the slots of a thread's fixed table costs a look at
# its far slot more, and never a look at its slabs.
#
#	caches	1	400
#	most	70	150
set -euo pipefail

program=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
unset LD_PRELOAD

command -v valgrind >/dev/null || { echo "skipped: no valgrind"; exit 77; }

instructions() {
	KMALLOC_CMDLINE=slab_alloc=$1 \
		valgrind --tool=callgrind --callgrind-out-file="$tmp/out" \
		"$program" "$2" "$3" > "$tmp/log" 2>&1 ||
		{ cat "$tmp/log"; exit 1; }
	awk '$1 == "summary:" || $1 == "totals:" { n = $2 } END { print n }' \
		"$tmp/out"
}

failed=0
while read -r backend caches most; do
	once=$(instructions "$backend" "$caches" 20000)
	twice=$(instructions "$backend" "$caches" 40000)
	pair=$(((twice - once + 10000) / 20000))
	echo "$backend, $caches caches: $pair instructions a pair" \
		"(at most $most)"
	((pair > 20 && pair <= most)) || failed=1
done <<'END'
slub 1 70
slub 400 150
slab 1 70
slab 400 150
END
exit $failed
