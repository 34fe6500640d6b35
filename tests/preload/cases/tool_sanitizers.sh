#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Programs built with gcc's sanitizers. AddressSanitizer wants to come first and
# says so: expect its own message, and no crash. With its library preloaded in
# front, and with ThreadSanitizer, expect what happens without ours.
. "$(dirname "$0")/../lib.sh"
begin gcc

source=$KM_SOURCE_DIR/tests/preload/programs/bug.c
flags="-g -O1 -fno-builtin -D_GNU_SOURCE -w"

# build NAME FLAG: skipped where the compiler has no such runtime
build() {
	gcc $flags "$2" -o "$WORK/$1" "$source" 2>"$WORK/err" ||
		skip "no $2: $(tail -n 1 "$WORK/err")"
}

build asan -fsanitize=address
build tsan -fsanitize=thread
set_mode plain
t "$WORK/asan" quiet >/dev/null 2>&1 || skip "no AddressSanitizer here"
! t "$WORK/asan" after_free >"$WORK/out" 2>&1 || skip "ASan finds nothing"

set_mode shim
t "$WORK/asan" quiet >"$WORK/out" 2>&1
status=$?
grep -q 'ASan runtime does not come first' "$WORK/out" || ((status == 0)) ||
	fail "asan: status $status: $(head -n 3 "$WORK/out")"
((status < 128)) || fail "asan: status $status"

runtime=$(gcc -print-file-name=libasan.so)
t env LD_PRELOAD="$runtime:$KM_PRELOAD_LIB" "$WORK/asan" quiet \
	>"$WORK/out" 2>&1 || fail "asan in front: $(head -n 3 "$WORK/out")"
grep -q 'library mapped' "$WORK/out" || fail "asan in front: not preloaded"
! t env LD_PRELOAD="$runtime:$KM_PRELOAD_LIB" "$WORK/asan" after_free \
	>"$WORK/out" 2>&1 || fail "asan in front: the bug was not seen"
grep -q 'heap-use-after-free' "$WORK/out" ||
	fail "asan in front: $(head -n 3 "$WORK/out")"

set_mode plain
t "$WORK/tsan" quiet >/dev/null 2>&1 || skip "no ThreadSanitizer here"
set_mode shim
t "$WORK/tsan" quiet >"$WORK/out" 2>&1 ||
	fail "tsan: status $?: $(head -n 3 "$WORK/out")"
grep -q 'library mapped' "$WORK/out" || fail "tsan: not preloaded"
