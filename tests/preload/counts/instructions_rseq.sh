#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The instructions of a malloc and a free of 64 bytes that hit, with the loop
# and the calls through the PLT, by stepping through them; then with calloc() or
# aligned_alloc() in place of malloc(). Expect those of preload.instructions
# with percpu=thread, and at most so many with percpu=rseq:
#
#	malloc	60	calloc	100	aligned	165
. "$(dirname "$0")/../lib.sh"
begin

while read -r mode what most; do
	KM_PERCPU=$mode
	set_mode shim
	pair=$(t "$KM_PROGRAMS/preload_steps" 200 "$what")
	status=$?
	((status != 77)) || exit 77
	((status == 0)) || fail "$mode: exit status $status"
	echo "$mode: $pair instructions a pair by $what"
	((pair <= most)) || fail "$mode: at most $most"
	((pair > most / 2)) || fail "$mode: not counted"
done <<'END'
thread malloc 47
thread calloc 70
thread aligned 65
rseq malloc 60
rseq calloc 100
rseq aligned 165
END
