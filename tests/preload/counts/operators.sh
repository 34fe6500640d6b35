#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Instructions of twelve blocks by all operators of C++, 64 bytes each, with
# loop and PLT calls. Expect at most 760: they were 830 when operator new called
# malloc, and 910 when delete called free too.
. "$(dirname "$0")/../lib.sh"
begin valgrind
set_mode shim

turn_of 10000 preload_operators
echo "$PER_TURN instructions a round of twelve blocks"
((PER_TURN > 200)) || fail "too few to be true"
((PER_TURN <= 760)) || fail "$PER_TURN instructions a round"
