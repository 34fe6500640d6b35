#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Forms of libkmalloc in one run of the runner of scripts/bench, on a short
# churn. Expect a column for each form and no other malloc, boot parameters that
# reach the measured program of that form alone, the library on SLAB for the
# form slab, and a form that the library refuses to end the run. The command is
# told so that it can be given again.
. "$(dirname "$0")/common.sh"

make_fake_tree "$tmp/tree"
cat > "$tmp/tree/bench/runner.py" <<'END'
import os
import sys

print(os.environ["KM_BENCH_COMMAND"])
sys.exit(3)
END
status "$tmp/tree/scripts/bench" --form 'slab slab_max_order=0' --only a,b
same "command: status" 3 "$rc"
same "command" "scripts/bench --form 'slab slab_max_order=0' --only a,b" "$out"
need_library

mkdir "$tmp/bin"
gcc -O1 -static -o "$tmp/bin/measure" "$root/bench/measure.c"
gcc -O1 -fno-builtin -pthread -o "$tmp/bin/churn" \
	"$root/bench/workloads/churn.c"
library=$root/build/release/lib/libkmalloc-preload.so

# bench ARGS...
bench() {
	status /usr/bin/python3 -B "$root/bench/runner.py" --bindir "$tmp/bin" \
		--built "$library" --only churn --scale 0.01 --rounds 1 "$@"
}

bench --form "stats_file=$tmp/stats" --form "slab slab_max_order=0"
same "status" 0 "$rc"
same "standard error" "" "$err"
columns=$(sed -n '/^Wall time, medians/{n;p}' <<< "$out")
same "columns" "libkmalloc  stats_file=$tmp/stats  slab slab_max_order=0" \
	"$(sed 's/^ *//' <<< "$columns")"
[[ -s $tmp/stats ]] || fail "the form's parameters reached no program"
has "the library on SLAB" "slab slab_max_order=0 ${library%.so}-slab.so" "$out"

rm -f "$tmp/stats"
bench --form slab --peers glibc
columns=$(sed -n '/^Wall time, medians/{n;p}' <<< "$out")
same "columns beside a peer" "libkmalloc  slab  glibc" \
	"$(sed 's/^ *//' <<< "$columns")"
[[ ! -e $tmp/stats ]] || fail "parameters of a form that was not asked for"

bench --form slab_max_order=99
same "refused: status" 1 "$rc"
has "refused: what the library says" \
	"slab_max_order=99: kmalloc: malformed boot parameter" "$err"
same "refused: nothing measured" "" "$out"

finish
