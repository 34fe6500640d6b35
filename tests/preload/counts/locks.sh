#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Locks of caches and of nodes that blocks of up to 1 KiB cost, in the workloads
# server and prodcons of bench, by malloc_info(). Expect at most one in 100
# calls of malloc and free. Where all threads share one CPU a queue of prodcons
# fills before its consumer runs, and objects go by way of the slabs: one in 90
# there (98 to 104 in 10,000 seen).
. "$(dirname "$0")/../lib.sh"
begin
set_mode shim
every=100
(($(nproc) > 1)) || every=90

for workload in server prodcons; do
	t "$KM_PROGRAMS/preload_locks_$workload" 0.1 >"$WORK/out" \
		2>"$WORK/err" || fail "$workload: exit status $?"
	clean_stderr "$WORK/err"
	read -r calls locks < <(awk -F'"' '
		/^blocks / { split($0, word, " "); calls = 2 * word[2] }
		/^<cache / && $4 <= 1024 { locks += $(NF - 1) }
		END { print calls + 0, locks + 0 }' "$WORK/out")
	echo "$workload: $locks locks in $calls calls," \
		"$((locks * 10000 / calls)) in 10,000"
	((locks > 10)) || fail "$workload: no lock was counted"
	((locks * every <= calls)) || fail "$workload: too many locks"
done
