# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# instructions.sh - count the instructions of a loop's turn. Sourced, never run.
#
# per_turn FOLDER TURNS [UNDER...] -- PROGRAM ARGS...
#
# sets PER_TURN: what callgrind counts more in PROGRAM ARGS 2*TURNS than in
# PROGRAM ARGS TURNS, for each of the turns, rounded; so what the program does
# once is not counted. valgrind runs under the command UNDER. FOLDER keeps the
# counts of the longer run in `callgrind` and the program's stderr in `err`.

per_turn() {
	local folder=$1 turns=$2 once
	local -a under=()
	shift 2

	while [[ $1 != -- ]]; do
		under+=("$1")
		shift
	done
	shift
	count_instructions "$@" "$turns"
	once=$COUNT
	count_instructions "$@" $((2 * turns))
	PER_TURN=$(((COUNT - once + turns / 2) / turns))
}

# count_instructions COMMAND...: sets COUNT; for per_turn() alone
count_instructions() {
	"${under[@]}" valgrind --tool=callgrind \
		--callgrind-out-file="$folder/callgrind" "$@" \
		>"$folder/out" 2>"$folder/err" || {
		echo "FAIL: valgrind $*"
		tail -n 20 "$folder/err"
		exit 1
	} >&2
	COUNT=$(awk '$1 == "summary:" || $1 == "totals:" { n = $2 }
		END { print n }' "$folder/callgrind")
}
