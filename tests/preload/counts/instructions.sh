#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Instructions of a malloc and free of 64 bytes that hit, with loop and PLT
# calls. Expect at most 45, and one endbr64 at the start of either function.
. "$(dirname "$0")/../lib.sh"
begin valgrind

turn_of 200000 preload_pairs
plain=$PER_TURN
set_mode shim
turn_of 200000 preload_pairs
echo "$PER_TURN instructions a pair, $plain in libc"
((PER_TURN > 4)) || fail "too few to be true"
((PER_TURN <= 45 + 2)) || fail "$PER_TURN instructions a pair"
