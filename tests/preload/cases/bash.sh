#!/bin/bash
# SPDX-License-Identifier: MIT
#
# bash: arrays, regular expressions, pipes and 200 subshells, in a script that
# bash is given. Expect the same output, and a bash that the library served.
. "$(dirname "$0")/../lib.sh"
begin bash

cat >"$WORK/script" <<'END'
declare -A count
for ((i = 0; i < 20000; i++)); do
	word="w$((i * 7919 % 977))"
	count[$word]=$((${count[$word]:-0} + i))
	list+=("$word:${word^^}:${#word}")
done
for word in "${!count[@]}"; do
	echo "$word ${count[$word]}"
done | sort
text=$(printf '%s,' "${list[@]}")
echo "${#text} ${text//w1/<one>}" | cksum
for i in {1..200}; do
	(x=$(echo "$i in a subshell"); [[ $x =~ ^([0-9]+)\ (.*)$ ]] &&
		echo "${BASH_REMATCH[2]} ${BASH_REMATCH[1]}")
done
big=$(head -c 300000 /dev/zero | tr '\0' x)
echo "${#big}"
mapfile -t lines < <(seq 50000)
printf '%s\n' "${lines[@]: -3}"
END

work() {
	t bash "$WORK/script"
}

run_plain work
run_shim work
same_artefact
proof_of bash large peak=1000000
