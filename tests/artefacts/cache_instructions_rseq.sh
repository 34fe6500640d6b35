#!/bin/bash
# SPDX-License-Identifier: MIT
#
# cache_instructions_rseq.sh PROGRAM - cache_instructions.sh by stepping, with
# percpu=thread and percpu=rseq
set -euo pipefail

program=$1
unset LD_PRELOAD
export KMALLOC_CMDLINE

failed=0
while read -r percpu backend caches most; do
	KMALLOC_CMDLINE="percpu=$percpu slab_alloc=$backend"
	pair=$("$program" "$caches") || exit
	echo "$percpu, $backend, $caches caches: $pair instructions a pair" \
		"(at most $most)"
	((pair > 20 && pair <= most)) || failed=1
done <<'END'
thread slub 1 70
thread slub 400 150
rseq slub 1 90
rseq slub 400 180
rseq slab 1 90
rseq slab 400 180
END
exit $failed
