#!/bin/bash
# SPDX-License-Identifier: MIT
#
# kmalloc-view: its maps of programs whose state is known. Expect that each
# block and object is counted once, as the counters and the texts of a stopped
# process say; the same from a core file; maps without gaps of a busy program;
# and one line for what cannot be.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../viewed.sh"
begin python3
bin=$(dirname "$KM_PRELOAD_LIB")/../bin
view=$bin/kmalloc-view
[[ -x $view ]] || skip "kmalloc-view is not built"

# right WHAT FILE ARGS...: view.py judges a file
right() {
	limited python3 -B "$KM_SOURCE_DIR/tests/preload/view.py" "$@" || fail "$*"
}

# cannot TEXT ARGS...: kmalloc-view ARGS... prints one line with the text
cannot() {
	local text=$1 rc=0
	shift
	limited "$view" "$@" >"$WORK/out" 2>"$WORK/err" || rc=$?
	[[ $rc -eq 1 && $(wc -l <"$WORK/err") -eq 1 && ! -s $WORK/out &&
		$(<"$WORK/err") == "kmalloc-view: "*"$text"* ]] ||
		fail "$text: $rc $(<"$WORK/err")"
}

set_mode shim
start "$KM_PROGRAMS/preload_heap" hold
kill -STOP "$PID"
limited "$view" "$PID" -o "$WORK/heap.html" || fail "kmalloc-view"
right known "$WORK/heap.html"
if [[ -x $bin/kmalloc-info && $(uname -m) == x86_64 ]]; then
	right texts "$WORK/heap.html" "$bin/kmalloc-info" "$PID"
fi
if command -v node >/dev/null; then
	right model "$WORK/heap.html" \
		"$KM_SOURCE_DIR/tools/view/model.js" node
fi
limited "$view" --json --seconds 0.1 --interval 0.05 "$PID" >"$WORK/json" ||
	fail "--seconds"
right valid "$WORK/json" 3
right still "$WORK/json"
limited "$view" --json --limit 0.003 "$PID" >"$WORK/cut" || fail "--limit"
right cut "$WORK/cut" "$WORK/heap.html"
"$view" "$PID" >/dev/full 2>"$WORK/err" && fail "nothing was written"
grep -qF 'cannot be written' "$WORK/err" || fail "$(<"$WORK/err")"
kill -CONT "$PID"
if command -v gdb >/dev/null &&
	gdb -q -batch -p "$PID" -ex "generate-core-file $WORK/core" \
		>"$WORK/gdb" 2>&1 && [[ -s $WORK/core ]]; then
	limited "$view" --core "$WORK/core" -o "$WORK/core.html" ||
		fail "--core"
	right known "$WORK/core.html"
	rm "$WORK/core"
fi
stop
cannot "no process $PID" "$PID"

start "$KM_PROGRAMS/preload_heap" holes
kill -STOP "$PID"
limited "$view" "$PID" -o "$WORK/heap.html" || fail "holes"
right holes "$WORK/heap.html" "$PID"
limited "$view" --json --limit 0.03 "$PID" >"$WORK/bare" || fail "--limit"
right bare "$WORK/bare" "$WORK/heap.html"
kill -CONT "$PID"
stop

start "$KM_PROGRAMS/preload_heap" away
kill -STOP "$PID"
limited "$view" "$PID" -o "$WORK/heap.html" || fail "away"
right away "$WORK/heap.html" "$PID"
kill -CONT "$PID"
stop

# objects with something in front of them
KM_PARAMETERS=slab_debug=Z
set_mode shim
start "$KM_PROGRAMS/preload_heap" holes
kill -STOP "$PID"
limited "$view" "$PID" -o "$WORK/heap.html" || fail "slab_debug=Z"
right holes "$WORK/heap.html" "$PID"
kill -CONT "$PID"
stop
KM_PARAMETERS=
set_mode shim

# a program whose name would end the element that it is written to
cp "$KM_PROGRAMS/preload_heap" "$WORK/<script"
start "$WORK/<script" fork
for pid in "$PID" "$OTHER"; do
	kill -STOP "$pid"
	limited "$view" -o "$WORK/heap.html" "$pid" || fail "fork"
	kill -CONT "$pid"
	right valid "$WORK/heap.html" 1
done
stop

start "$KM_PROGRAMS/preload_heap" churn
limited "$view" --seconds 1 --interval 0.05 --limit 64 "$PID" \
	-o "$WORK/heap.html" || fail "a busy program"
right valid "$WORK/heap.html" 21
seen=$(limited "$KM_PROGRAMS/preload_viewer" "$PID" 100 torn map) || fail "torn"
[[ $seen -gt 0 ]] || fail "no map of damaged words succeeded"
stop

sed 's/PAGE_BUDDY\x00/PAGE_BUDDX\x00/' "$KM_PRELOAD_LIB" >"$WORK/older.so"
UNDER=(env "LD_PRELOAD=$WORK/older.so")
start "$KM_PROGRAMS/preload_heap" hold
cannot "does not say where PAGE_BUDDY is" "$PID"
stop

set_mode plain
start "$KM_PROGRAMS/preload_heap" hold
cannot "it does not run on libkmalloc" "$PID"
stop
for words in "" "1 2" "--limit 0 1" "--seconds x 1" "--core a b"; do
	rc=0
	"$view" $words >"$WORK/out" 2>&1 || rc=$?
	[[ $rc -eq 2 ]] || fail "kmalloc-view $words: $rc"
done
