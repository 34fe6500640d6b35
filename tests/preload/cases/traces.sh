#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The texts alloc_traces and free_traces of a program whose caches keep track
# of their users. Expect the functions that hold memory with their numbers, and
# the stack from there to main().
. "$(dirname "$0")/../lib.sh"
begin awk

texts=slab/malloc-112/alloc_traces,slab/malloc-112/free_traces
t env "LD_PRELOAD=$KM_PRELOAD_LIB" \
	"KMALLOC_CMDLINE=slab_debug=U,malloc-112 proc_at_exit=$texts" \
	"$KM_PROGRAMS/preload_holders" 2>"$WORK/err" || fail "exit status $?"
grep -qE '^ +300 hold_many\+0x[^ ]* waste=3600/12 age=[0-9/]+ pid=[0-9]+' \
	"$WORK/err" || fail "hold_many: $(cat "$WORK/err")"
grep -qE '^ +40 hold_few\+0x[^ ]* waste=480/12 age=' "$WORK/err" ||
	fail "hold_few: $(cat "$WORK/err")"
awk '/^ +300 hold_many/ { in_it = 1; next }
	in_it && !NF { exit !(first && last) }
	in_it && /^        hold_many\+0x/ { first = 1 }
	in_it && /^        main\+0x/ { last = 1 }' "$WORK/err" ||
	fail "the stack: $(cat "$WORK/err")"
grep -qE '^ +340 <not-available> age=0 pid=0' "$WORK/err" ||
	fail "free_traces: $(cat "$WORK/err")"
