#!/bin/bash
# SPDX-License-Identifier: MIT
#
# bash under slab_debug=FZPU: arrays, patterns, subshells, pipes. Expect the
# same output as without the library, a bash that it served, and no report.
. "$(dirname "$0")/../lib.sh"
begin bash sort

KM_PARAMETERS=slab_debug=FZPU

cat >"$WORK/script" <<'END'
declare -A count
for ((i = 0; i < 2000; i++)); do
	word="w$((i * 7919 % 97))"
	count[$word]=$((${count[$word]:-0} + i))
	list+=("$word:${word^^}:${#word}")
done
for word in "${!count[@]}"; do
	echo "$word ${count[$word]}"
done | sort
text=$(printf '%s,' "${list[@]}")
echo "${#text} ${text//w1/<one>}" | cksum
for i in {1..20}; do
	(x=$(echo "$i in a subshell"); [[ $x =~ ^([0-9]+)\ (.*)$ ]] &&
		echo "${BASH_REMATCH[2]} ${BASH_REMATCH[1]}")
done
mapfile -t lines < <(seq 3000)
printf '%s\n' "${lines[@]: -3}"
END

work() {
	t bash "$WORK/script"
}

run_plain work
run_shim work
same_artefact
! grep -q -a '^BUG ' "$WORK/shim.err" || fail "$(cat "$WORK/shim.err")"
proof_of bash
