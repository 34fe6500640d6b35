#!/bin/bash
# SPDX-License-Identifier: MIT
#
# page_instructions.sh PROGRAM - instructions of alloc_pages() and
# __free_pages() with watermark, prep and free checks. Expect at most so many:
#
#	order	0	3	9
#	most	868	973	1715
# endbr64 of each function on the way is counted in them. Idle they are 850, 957
# and 1693; a tick that falls into the turns of a loaded machine adds a few.
set -euo pipefail
. "$(dirname "$0")/../support/instructions.sh"

program=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
unset LD_PRELOAD KMALLOC_CMDLINE

command -v valgrind >/dev/null || { echo "skipped: no valgrind"; exit 77; }

failed=0
while read -r order most; do
	per_turn "$tmp" 20000 -- "$program" "$order"
	echo "order $order: $PER_TURN instructions a pair (at most $most)"
	((PER_TURN > 50 && PER_TURN <= most)) || failed=1
done <<'END'
0 868
3 973
9 1715
END
exit $failed
