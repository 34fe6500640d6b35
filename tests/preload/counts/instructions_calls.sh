#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Instructions of the calls of malloc's family that hit, each with the free
# behind it, its loop and PLT calls. Expect of each kind at most what it has,
# and two for ticks.
. "$(dirname "$0")/../lib.sh"
begin valgrind
set_mode shim

program=preload_turns
declare -A most=(
	[malloc64]=46 [malloc1024]=125 [malloc4096]=125
	[calloc64]=67 [calloc128]=71
	[new64]=48 [new_sized64]=49 [free_sized64]=55
	[realloc_here]=39 [usable_size]=33 [aligned64]=58
)
mapfile -t kinds < <("$KM_PROGRAMS/$program" list)
((${#kinds[@]} == ${#most[@]})) || fail "${#kinds[@]} kinds"
for kind in "${kinds[@]}"; do
	per_turn "$WORK" 100000 t -- "$KM_PROGRAMS/$program" "$kind"
	clean_stderr "$WORK/err"
	grep -q -F "$KM_PRELOAD_LIB" "$WORK/callgrind" ||
		fail "$kind: no call into the library was counted"
	echo "$kind: $PER_TURN instructions (at most ${most[$kind]})"
	((PER_TURN > 15)) || fail "$kind: too few to be true"
	((PER_TURN <= most[$kind] + 2)) || fail "$kind: $PER_TURN instructions"
done
