#!/bin/bash
# SPDX-License-Identifier: MIT
#
# kmalloc-info --pid PID trim, shrink, set: a program idles, then allocates.
# Expect requests to be pending while no slow path is taken, to be obeyed by the
# first one, once, and by no child; to be withdrawn when the time is over, and
# by a signal; one at a time; to be refused where they must be; and to write
# nothing to a program that was executed meanwhile.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../viewed.sh"
begin
info=$(dirname "$KM_PRELOAD_LIB")/../bin/kmalloc-info
[[ -x $info ]] || skip "kmalloc-info is not built"
[[ $(uname -m) == x86_64 ]] || skip "it reads texts, which are for x86-64"
knob=sys/vm/compaction_proactiveness

# tell LETTER: the program does it, and has done it; sets SAID, what it printed
tell() {
	local lines
	lines=$(wc -l <"$WORK/ready")
	printf %s "$1" >&7
	wait_for "$SERVER" more_lines "$lines" || fail "$1: no answer"
	SAID=$(tail -n 1 "$WORK/ready")
}
more_lines() { (($(wc -l <"$WORK/ready") > $1)); }

# ask WORDS...: in the background; ASKED is its number
ask() {
	: >"$WORK/err"
	(
		ulimit -S -t "$KM_LIMIT"
		exec env --default-signal=INT "$info" --pid "$PID" "$@"
	) 2>"$WORK/err" &
	ASKED=$!
	KM_SERVERS+=("$ASKED")
}
pending() { wait_for "$ASKED" grep -q pending "$WORK/err" || fail "not pending"; }
answered() {
	local rc=0
	wait "$ASKED" || rc=$?
	[[ $rc -eq $1 ]] || fail "$rc, not $1: $(<"$WORK/err")"
	[[ -z ${2-} ]] || grep -q -- "$2" "$WORK/err" ||
		fail "$2 is missing: $(<"$WORK/err")"
}
# expect VALUE [PID]: of the knob
expect() {
	local value
	value=$("$info" --pid "${2-$PID}" "$knob") || fail "no text of the knob"
	[[ $value == "$1" ]] || fail "the knob is $value, not $1"
}

set_mode shim
start "$KM_PROGRAMS/preload_asked"
expect 20
ask set compaction_proactiveness 31
pending
tell h # calls that hit are no slow path
kill -0 "$ASKED" || fail "obeyed without a slow path"
expect 20
# another one
rc=0
"$info" --pid "$PID" trim 2>"$WORK/second" || rc=$?
[[ $rc -eq 1 && $(<"$WORK/second") == *"request is pending" ]] ||
	fail "a second one: $rc $(<"$WORK/second")"
# children have it not, and leave it
tell v
expect 20
tell f
child=${SAID% *}
expect 20 "$child"
expect 20
kill -0 "$ASKED" || fail "a child's answer"
tell a
answered 0
expect 31
expect 20 "$child"
[[ $(wc -l <"$WORK/err") -eq 1 ]] || fail "more lines: $(<"$WORK/err")"

# each action, and each refusal
obeyed() {
	local rc=$1 line=$2
	shift 2
	ask "$@"
	pending
	tell a
	answered "$rc" "$line"
}
obeyed 0 "" trim
obeyed 0 "" shrink 0
obeyed 0 "" shrink "$("$info" --pid "$PID" slabinfo | awk '/^malloc-/ { print $1; exit }')"
obeyed 0 "" set vm.free_dirty_bytes 1M
obeyed 1 "no such cache" shrink nonsense
obeyed 1 "no such knob" set nonsense 1
obeyed 1 "cannot be set from outside" set vm.panic_on_oom 1
obeyed 1 "cannot be set from outside" set vm.oom_dump_tasks 0
obeyed 1 "out of its range" set compaction_proactiveness 101
expect 31

for number in x 1x 99999999999999999999 20000000T; do
	ask set compaction_proactiveness "$number"
	answered 1 "this is no number"
done

# time is over; a signal
ask --timeout 1 set compaction_proactiveness 32
answered 1 "withdrawn"
tell a
expect 31
for signal in INT TERM; do
	ask set compaction_proactiveness 33
	pending
	kill -s "$signal" "$ASKED"
	answered 130 "withdrawn"
	tell a
	expect 31
done
# the tool is killed: what it asked for is gone when its time is over
ask --timeout 1 set compaction_proactiveness 34
pending
kill -KILL "$ASKED"
wait "$ASKED" 2>/dev/null
ask --timeout 60 set compaction_proactiveness 35
wait "$ASKED" && fail "it did not see the other request"
said=$(<"$WORK/err")
until [[ $said == *withdrawn* ]]; do
	[[ -z $said || $said == *"is pending"* ]] || fail "$said"
	sleep 0.1
	said=$("$info" --pid "$PID" --timeout 1 trim 2>&1)
done
tell a
expect 31

# another program in its place
ask set compaction_proactiveness 36
pending
tell e
answered 1 "runs another program"
tell a
expect 20
stop

# off
UNDER=(env "${UNDER[@]}")
KM_PARAMETERS="control=off"
set_mode shim
start "$KM_PROGRAMS/preload_asked"
obeyed 1 "control=off" trim
stop

for words in "shrink" "set vm.min_free_kbytes" "trim 1" "--timeout 0 trim" \
	"set vm.min_free_kbytes -1" \
	"--timeout 1" "--timeout x trim" "--timeout 3601 trim" "--pid 3 trim"; do
	rc=0
	# shellcheck disable=SC2086
	"$info" --pid $$ $words >/dev/null 2>&1 || rc=$?
	[[ $rc -eq 2 ]] || fail "$words: $rc"
done
said=$("$info" --pid $$ trim 2>&1)
[[ $said == *"does not run on libkmalloc"* ]] || fail "a shell: $said"
