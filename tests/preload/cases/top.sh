#!/bin/bash
# SPDX-License-Identifier: MIT
#
# kmalloc-top, the tool: what it says of programs whose state is known. They are
# preloaded, static, a child of fork(), one whose library is stripped and gone,
# and a core file. Expect exact numbers where nothing moves, a thousand looks
# that succeed where all does, and one line for what cannot be.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../viewed.sh"
begin python3 strip awk
top=$(dirname "$KM_PRELOAD_LIB")/../bin/kmalloc-top
[[ -x $top ]] || skip "kmalloc-top is not built"

# see EXPRESSION ARGS...: of the JSON of kmalloc-top ARGS...
see() {
	local expression=$1
	shift
	limited "$top" --json "$@" >"$WORK/json" ||
		fail "kmalloc-top $* failed"
	python3 -c '
import json, sys
top = json.load(open(sys.argv[1]))
cache = {c["name"]: c for c in top["caches"]}
owner = {o["id"]: o for o in top["owners"]}
sys.exit(not eval(f"({sys.argv[2]})"))' "$WORK/json" "$expression" ||
		fail "$expression: $(<"$WORK/json")"
}

# cannot TEXT ARGS...: kmalloc-top ARGS... prints one line with the text
cannot() {
	local text=$1 rc=0
	shift
	limited "$top" "$@" >"$WORK/out" 2>"$WORK/err" || rc=$?
	[[ $rc -eq 1 && $(wc -l <"$WORK/err") -eq 1 &&
		$(<"$WORK/err") == "kmalloc-top: "*"$text"* ]] ||
		fail "$text: $rc $(<"$WORK/err")"
}

known='cache["malloc-704"]["objects"] == 5000 and top["runs"] >= 10 and
	cache["malloc-448"]["objects"] == 0 and
	sum(c["objects"] for c in top["caches"]) < 5100 and
	cache["malloc-448"]["in_arrays"] > 0 and
	top["areas"] == 2 and 16 << 20 <= top["area_bytes"] < 17 << 20 and
	top["schema"] == "kmalloc-top" and top["version"] == 1 and
	top["in_use"] >= 5000 * 704 + 10 * 100000 + (16 << 20) and
	top["zones"][0]["name"] == "Normal" and
	0 <= top["zones"][0]["free"] <= top["zones"][0]["managed"]'
backend=slub
[[ $KM_PRELOAD_LIB == *-slab.so ]] && backend=slab

set_mode shim
cp "$KM_PROGRAMS/preload_heap" "$WORK/heap$$" # a name of its own
start "$WORK/heap$$" hold
see "$known"' and top["pid"] == '"$PID"' and top["resident"] > 16 << 20' "$PID"
see 'top["backend"] == "'$backend'" and cache["malloc-704"]["passed"] >= 5000' \
	"$PID"
see '0 < cache["malloc-48"]["in_arrays"] <= cache["malloc-48"]["total"]' "$PID"
if [[ -z ${KM_PERCPU-} ]]; then
	see 'owner['"$OTHER"']["kind"] == "thread" and
		owner['"$OTHER"']["objects"] > 0' "$PID"
	see 'sum(o["bytes"] for o in top["owners"]) <= top["cached"]' "$PID"
else
	see 'all(o["kind"] == "cpu" for o in top["owners"])' "$PID"
fi
"$top" --once --threads "$PID" >"$WORK/out" || fail "--once"
grep -qE '^malloc-704 +704 +5000 ' "$WORK/out" || fail "row: $(<"$WORK/out")"
grep -qE '^0 +Normal ' "$WORK/out" || fail "zone: $(<"$WORK/out")"
grep -qE '^(thread|CPU) ' "$WORK/out" || fail "owner: $(<"$WORK/out")"
"$top" --once --sort s "$PID" | awk '$1 ~ /^malloc-/ && $2 > last && last {
	exit 1 } $1 ~ /^malloc-/ { last = $2 }' || fail "--sort s"
"$top" >"$WORK/out" 2>/dev/null
grep -qE "^ +$PID +[0-9.]+M .* heap$$\$" "$WORK/out" ||
	fail "list: $(<"$WORK/out")"
see "$known" "heap$$"
"$top" --json --interval 0.05 "$PID" | head -n 3 >"$WORK/lines"
[[ $(grep -c '^{.*}$' "$WORK/lines") -eq 3 ]] || fail "--interval"

# type in a terminal: it is live, sorts, shows threads, and ends by q
python3 -c '
import os, pty, sys, time
pid, fd = pty.fork()
if not pid:
    os.environ.update(TERM="xterm", LINES="40", COLUMNS="120")
    os.execv(sys.argv[1], [sys.argv[1], "--interval", "0.05", sys.argv[2]])
shown = b""
def until(text):
    global shown
    while text not in shown:
        shown += os.read(fd, 4096)
for key, text in ((b"", b"SLOWPATH/S"), (b"s", b"malloc-704"), (b"t", b"OWNER"),
                  (b"q", b"")):
    shown = b"" if key == b"t" else shown
    os.write(fd, key)
    until(text)
try:
    while os.read(fd, 4096):
        pass
except OSError:
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
' "$top" "$PID" || fail "in a terminal"
# a terminal that it cannot read keys of: one look, and the end
limited python3 -c '
import os, pty, subprocess, sys
shown, terminal = pty.openpty()
top = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=terminal,
                       env=dict(os.environ, TERM="xterm"))
os.close(terminal)
text = b""
try:
    while part := os.read(shown, 4096):
        text += part
except OSError:
    pass
sys.exit(top.wait() or b"malloc-704" not in text or b"\033" in text)
' "$top" "$PID" || fail "in a terminal without keys"
if [[ $(id -u) -eq 0 ]] && command -v setpriv >/dev/null; then
	cp "$top" "$WORK/top" && chmod 755 "$WORK/top"
	setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$WORK/top" --once "$PID" >/dev/null 2>"$WORK/err" &&
		fail "another user may look"
	grep -q 'permission refused' "$WORK/err" || fail "$(<"$WORK/err")"
fi
if command -v gdb >/dev/null &&
	gdb -q -batch -p "$PID" -ex "generate-core-file $WORK/core" \
		>"$WORK/gdb" 2>&1 && [[ -s $WORK/core ]]; then
	see "$known"' and top["pid"] == '"$PID" --core "$WORK/core"
	head -c 100000 "$WORK/core" >"$WORK/short"
	cannot "it is cut off" --once --core "$WORK/short"
	rm "$WORK/core"
fi
stop
cannot "no process $PID" "$PID"

# two of one name, which is one that a terminal would obey
cp "$KM_PROGRAMS/preload_heap" "$WORK/"$'\e[2J'"$$"
start "$WORK/"$'\e[2J'"$$" fork
see "$known" "$PID"
see 'cache["malloc-704"]["objects"] == 6000' "$OTHER"
"$top" --once "$PID" >"$WORK/out" || fail "--once"
grep -qF "process $PID (?[2J$$)," "$WORK/out" || fail "$(od -c "$WORK/out")"
cannot "give the number of one:" $'\e[2J'"$$"
grep -qw "$PID" "$WORK/err" && grep -qw "$OTHER" "$WORK/err" ||
	fail "no numbers: $(<"$WORK/err")"
for words in "$PID" "--json $PID" ""; do
	"$top" --once $words >/dev/full 2>"$WORK/err" &&
		fail "--once $words: nothing was written"
	grep -qF 'standard output: No space left' "$WORK/err" ||
		fail "--once $words: $(<"$WORK/err")"
done
stop

# a library that is stripped, and gone
cp "$KM_PRELOAD_LIB" "$WORK/gone.so"
strip "$WORK/gone.so"
UNDER=(env "LD_PRELOAD=$WORK/gone.so")
start "$KM_PROGRAMS/preload_heap" hold
rm "$WORK/gone.so"
see "$known" "$PID"
stop

# patched NAME OLD NEW: a library with other bytes
patched() {
	python3 -c '
import sys
data = open(sys.argv[1], "rb").read()
old, new = (eval("b\"" + word + "\"") for word in sys.argv[3:5])
assert data.count(old) == 1 and len(old) == len(new)
open(sys.argv[2], "wb").write(data.replace(old, new))' \
		"$KM_PRELOAD_LIB" "$WORK/$1.so" "$2" "$3" ||
		fail "$1 cannot be made"
	UNDER=(env "LD_PRELOAD=$WORK/$1.so")
	start "$KM_PROGRAMS/preload_heap" hold
}
patched newer 'kmalloc\0\1\0\0\0H' 'kmalloc\0\2\0\0\0H'
cannot "has a descriptor of version 2, this tool knows version 1" "$PID"
stop
patched older 'zone.unreported\0' 'zone.unreporteX\0'
cannot "does not say where zone.unreported is" "$PID"
stop

set_mode plain
start "$KM_PROGRAMS/preload_heap" hold
cannot "process $PID: it does not run on libkmalloc" "$PID"
cannot "no ELF file" --core "$0"
cannot "it is no file" --core "$WORK/end" # a FIFO, in which nothing is
: >"$WORK/empty"
cannot "it is empty" --core "$WORK/empty"
cannot "no process no-such-name" no-such-name
stop
start "$KM_PROGRAMS/static_heap_$backend" hold
see "$known" "$PID"
stop

set_mode shim
start "$KM_PROGRAMS/preload_heap" churn
seen=$(limited "$KM_PROGRAMS/preload_viewer" "$PID" 1000) || fail "viewer"
[[ $seen == 1000 ]] || fail "$seen of 1000 looks succeeded"
seen=$(limited "$KM_PROGRAMS/preload_viewer" "$PID" 300 torn) || fail "torn"
[[ $seen -gt 0 ]] || fail "no look at damaged words succeeded"
stop
