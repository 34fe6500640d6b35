#!/bin/bash
# SPDX-License-Identifier: MIT
#
# bench/latency.py and bench/scaling.py, small, under libc's malloc. Expect a
# row with percentiles that rise, a column for each number of threads, and one
# line for programs that are not built and for a workload that does not exist.
. "$(dirname "$0")/common.sh"

gcc -O1 -o "$tmp/measure" "$root/bench/measure.c"
gcc -O1 -fno-builtin -c -include "$root/bench/latency.h" -o "$tmp/server.o" \
	"$root/bench/workloads/server.c"
gcc -O1 -fno-builtin -pthread -o "$tmp/latency" "$root/bench/latency.c" \
	"$tmp/server.o"
for name in server smallsets batches prodcons; do
	gcc -O1 -fno-builtin -pthread -o "$tmp/$name" \
		"$root/bench/workloads/$name.c"
done
run() { # NAME ARGS...
	status /usr/bin/python3 -B "$root/bench/$1.py" --library "$tmp/none" \
		--peers glibc --rounds 1 --scale 0.002 "${@:2}"
}

run latency --bindir "$tmp"
same "latency: status" 0 "$rc"
same "percentiles" rise "$(awk '$1 == "glibc" {
	rise = $2 <= $3 && $3 <= $4 && $4 <= $5 && $6 > 0 && $7 > 10000
	print(rise ? "rise" : $0)
}' <<< "$out")"

run scaling --bindir "$tmp"
same "scaling: status" 0 "$rc"
same "columns" "5 5 6 6 5 5 5 5" "$(awk '$1 == "glibc" { print NF - 1 }' <<< "$out" |
	xargs)"

run scaling --bindir "$tmp" --only server,nothing
same "no such workload" 2 "$rc"
has "its line" "no workload nothing: one of server" "$err"
run latency --bindir "$tmp/nowhere"
same "not built" 1 "$rc"
has "that line" "no programs in $tmp/nowhere" "$err"

finish
