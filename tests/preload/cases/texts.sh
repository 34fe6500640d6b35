#!/bin/bash
# SPDX-License-Identifier: MIT
#
# kmalloc-info --pid: the texts of another process, of which it knows nothing.
# Expect the bytes that the process itself prints when it ends, also of a static
# program; texts of a process that is busy, and of one that was stopped amid its
# work; and a line for what cannot be.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../viewed.sh"
begin
info=$(dirname "$KM_PRELOAD_LIB")/../bin/kmalloc-info
[[ -x $info ]] || skip "kmalloc-info is not built"
[[ $(uname -m) == x86_64 ]] || skip "for x86-64 alone"
names=(slabinfo buddyinfo zoneinfo pagetypeinfo vmstat cmdline
	extfrag/unusable_index)
KM_PARAMETERS="proc_at_exit=$(IFS=, && echo "${names[*]}")"

# same PROGRAM: what is read before it ends, and what it prints then
same() {
	start "$1" texts
	limited "$info" --pid "$PID" "${names[@]}" >"$WORK/read" ||
		fail "kmalloc-info --pid failed"
	stop
	[[ -s $WORK/read ]] || fail "nothing was read"
	grep -v -a 'is ignored' "$WORK/printed" | diff -a "$WORK/read" - ||
		fail "$1: (< read from outside, > printed by itself)"
}

set_mode shim
same "$KM_PROGRAMS/preload_heap"
grep -q '^malloc-704 ' "$WORK/read" || fail "$(<"$WORK/read")"
static=$KM_PROGRAMS/static_heap_slub
[[ $KM_PRELOAD_LIB == *-slab.so ]] && static=$KM_PROGRAMS/static_heap_slab
UNDER=(env "${UNDER[@]/LD_PRELOAD=*/}")
UNDER=("env" "KMALLOC_CMDLINE=$KM_PARAMETERS")
same "$static"

# all other texts, as many at a time as the parameter has room for; local_pcp of
# Mem-Info may differ
set_mode shim
start "$KM_PROGRAMS/preload_heap" texts
more=(vmallocinfo extfrag/extfrag_index transparent_hugepage/enabled)
more+=($("$info" --pid "$PID" sys/vm/ |
	sed '/^compact_memory$/d; /^drop_caches$/d; s|^|sys/vm/|'))
[[ $KM_PRELOAD_LIB == *-slab.so ]] ||
	more+=($("$info" --pid "$PID" slab/malloc-704/ |
		sed 's|^|slab/malloc-704/|'))
stop
((${#more[@]} > 15)) || fail "few names: ${more[*]}"
for ((i = 0; i < ${#more[@]};)); do
	names=()
	while ((i < ${#more[@]})) && list="${names[*]} ${more[i]}" &&
		((${#list} < 190)); do
		names+=("${more[i++]}")
	done
	KM_PARAMETERS="proc_at_exit=$(IFS=, && echo "${names[*]}")"
	set_mode shim
	same "$KM_PROGRAMS/preload_heap"
done

names=(slabinfo buddyinfo zoneinfo pagetypeinfo vmstat)
set_mode shim
start "$KM_PROGRAMS/preload_heap" churn
"$info" --pid "$PID" | grep -qx buddyinfo || fail "the list of names"
rc=0
"$info" --pid "$PID" nonsense >/dev/null 2>"$WORK/err" || rc=$?
[[ $rc -eq 1 && $(<"$WORK/err") == *nonsense*"no such text"* ]] ||
	fail "unknown name: $rc $(<"$WORK/err")"
missed=0
for i in {1..20}; do
	"$info" --pid "$PID" "${names[@]}" >"$WORK/read" || ((++missed))
	grep -q '^malloc-' "$WORK/read" || fail "no row: $(<"$WORK/read")"
done
((missed <= 2)) || fail "$missed of 20 looks at a busy process failed"
missed=0
for i in {1..20}; do
	kill -STOP "$PID"
	"$info" --pid "$PID" "${names[@]}" >/dev/null || ((++missed))
	kill -CONT "$PID"
done
((missed <= 2)) || fail "$missed of 20 looks at the stopped process failed"
stop

rc=0
"$info" --pid "$PID" slabinfo >/dev/null 2>"$WORK/err" || rc=$?
[[ $rc -eq 1 && $(<"$WORK/err") == *"no process $PID"* ]] ||
	fail "a process that ended: $rc $(<"$WORK/err")"
"$info" --pid $$ slabinfo >/dev/null 2>"$WORK/err" && fail "a shell"
grep -q 'does not run on libkmalloc' "$WORK/err" || fail "$(<"$WORK/err")"

# a process that has others run its own code; it has no library of ours
[[ $KM_PRELOAD_LIB == *-preload.so ]] || exit 0
set_mode plain
start "$KM_PROGRAMS/preload_hostile" "$WORK"
"$info" --pid "$PID" harm >"$WORK/read" 2>"$WORK/err" || fail "$(<"$WORK/err")"
[[ $(<"$WORK/read") == "0 of 12 succeeded" ]] || fail "$(<"$WORK/read")"
[[ ! -s $WORK/err && ! -e $WORK/owned ]] || fail "harm was done"
"$info" --pid "$PID" colours >"$WORK/read" || fail "colours"
[[ $(<"$WORK/read") == $'?[2J?\tred' ]] || fail "$(od -c "$WORK/read")"
for name in turn wild; do
	limited "$info" --pid "$PID" "$name" >"$WORK/read" 2>/dev/null &&
		fail "$name: $(<"$WORK/read")"
done
for name in kernel walk; do
	limited "$info" --pid "$PID" "$name" >"$WORK/read" 2>"$WORK/err" &&
		fail "$name: $(<"$WORK/read")"
	[[ $(<"$WORK/err") == *"more than a text may take"* ]] ||
		fail "$name: $(<"$WORK/err")"
done
"$info" --pid "$PID" take >"$WORK/read" || fail "take"
[[ $(<"$WORK/read") =~ ^([0-9]|1[0-6])" pieces"$ ]] || fail "$(<"$WORK/read")"
"$info" --pid "$PID" refuse >/dev/null 2>"$WORK/err" && fail "refuse"
[[ $(<"$WORK/err") == *"refuse: Input/output error" ]] ||
	fail "refuse: $(<"$WORK/err")"
limited "$info" --pid "$PID" more >"$WORK/read" || fail "more"
[[ $(head -c 1 "$WORK/read") == x ]] || fail "more"
stop

"$info" --pid nonsense slabinfo >/dev/null 2>&1
[[ $? -eq 2 ]] || fail "--pid nonsense"
