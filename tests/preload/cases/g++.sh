#!/bin/bash
# SPDX-License-Identifier: MIT
#
# g++: a C++ file of 25 classes over the standard containers, with <regex>,
# compiled at -O1. Expect an identical object, and a cc1plus that the library
# served.
. "$(dirname "$0")/../lib.sh"
begin g++ /usr/bin/python3
/usr/bin/python3 "$KM_HERE/sample.py" c++ 25 >"$WORK/big.cc" || fail "no data"

work() {
	cp "$WORK/big.cc" .
	t g++ -std=c++17 -O1 -c big.cc
	sha256sum big.o
}

run_plain work
run_shim work
same_artefact
proof_of cc1plus large peak=4000000
proof_of as large
