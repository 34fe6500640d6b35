#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Requests that cannot be served: too large, aligned to too much, products that
# overflow; and one that only the kernel can refuse. Expect for each of the
# first at most twice the instructions that libc's malloc takes, as callgrind
# counts them, and no system call, with and without a limit on the address
# space; and for the last no futex call, since no thread waits.
. "$(dirname "$0")/../lib.sh"
begin valgrind callgrind_annotate strace prlimit

ROUNDS=5000
program=$KM_PROGRAMS/preload_refused

# The names of the calls and the instructions of all their rounds.
instructions() {
	set_mode "$1"
	t valgrind --tool=callgrind --callgrind-out-file="$WORK/out.$1" \
		"$program" all $ROUNDS >"$WORK/err" 2>&1 ||
		{ tail -n 20 "$WORK/err" >&2; fail "valgrind, $1"; }
	clean_stderr "$WORK/err"
	callgrind_annotate --inclusive=yes --threshold=100 --auto=no \
		"$WORK/out.$1" >"$WORK/annotated.$1" || fail "callgrind_annotate"
	grep -q -F "$KM_PRELOAD_LIB" "$WORK/out.$1" || [[ $1 == plain ]] ||
		fail "callgrind saw no call into the library"
	sed -n 's/^ *\([0-9,]*\) .*:\([a-z_]*\) \[.*preload_refused\]$/\2 \1/p' \
		"$WORK/annotated.$1" | tr -d , | sort -u >"$WORK/count.$1"
}

instructions plain
instructions shim
"$program" list | grep -v none_left | sort >"$WORK/names"
awk -v rounds=$ROUNDS '
FNR == 1 { file++ }
file == 1 { plain[$1] = $2 / rounds; next }
file == 2 { shim[$1] = $2 / rounds; next }
{
	bad = !plain[$1] || !shim[$1] || shim[$1] > 2 * plain[$1]
	printf "%-24s %5d in libc, %5d with the library%s\n", $1,
	       plain[$1], shim[$1], bad ? ": wrong" : ""
	failed += bad
}
END { exit failed > 0 || NR < 30 }' \
	"$WORK/count.plain" "$WORK/count.shim" "$WORK/names" ||
	fail "more than twice as many instructions"

# The system calls of so many rounds under a limit in bytes, by name.
trace() {
	prlimit --as="$1" strace -qq -f -o "$WORK/trace" \
		-E "LD_PRELOAD=$KM_PRELOAD_LIB" "$program" "$2" "$3" \
		>"$WORK/out" 2>&1 || fail "$2: $(tail -n 3 "$WORK/out")"
	grep -q -F "\"$KM_PRELOAD_LIB\"" "$WORK/trace" || fail "not preloaded"
	sed -n 's/^[0-9 ]*\([a-z0-9_]*\)(.*/\1/p' "$WORK/trace" | sort
}

for limit in unlimited $((1 << 30)); do
	trace "$limit" all 1 >"$WORK/once"
	trace "$limit" all 200 >"$WORK/often"
	# a tick may come in between, once or twice
	more=$(($(wc -l <"$WORK/often") - $(wc -l <"$WORK/once")))
	((more < 100)) || fail "limit $limit: $more system calls more"
	trace "$limit" none_left 100 >"$WORK/often"
	[[ $(grep -c mmap "$WORK/often") -ge 100 ]] ||
		fail "limit $limit: the kernel was not asked"
	((($(grep -c futex "$WORK/often")) < 10)) ||
		fail "limit $limit: futex calls with no thread waiting"
done
