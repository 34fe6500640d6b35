#!/bin/bash
# SPDX-License-Identifier: MIT
#
# cache_instructions.sh PROGRAM - instructions of kmem_cache_alloc() and
# kmem_cache_free() on the last of so many caches. Expect at most so many, on
# both backends: a cache beyond the slots of a thread's fixed table costs a look
# at its far slot more, and never a look at its slabs.
#
#	caches	1	400
#	most	70	150 (SLAB 156)
set -euo pipefail
. "$(dirname "$0")/../support/instructions.sh"

program=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
unset LD_PRELOAD

command -v valgrind >/dev/null || { echo "skipped: no valgrind"; exit 77; }

failed=0
while read -r backend caches most; do
	per_turn "$tmp" 20000 env KMALLOC_CMDLINE="slab_alloc=$backend" -- \
		"$program" "$caches"
	echo "$backend, $caches caches: $PER_TURN instructions a pair" \
		"(at most $most)"
	((PER_TURN > 20 && PER_TURN <= most)) || failed=1
done <<'END'
slub 1 70
slub 400 150
slab 1 70
slab 400 156
END
exit $failed
