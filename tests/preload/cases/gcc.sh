#!/bin/bash
# SPDX-License-Identifier: MIT
#
# gcc: a C file of 400 functions compiled at -O2 and linked. Expect identical
# object and program, and a cc1, an as and a ld that the library served.
. "$(dirname "$0")/../lib.sh"
begin gcc /usr/bin/python3
/usr/bin/python3 "$KM_HERE/sample.py" c 400 >"$WORK/big.c" || fail "no data"

work() {
	cp "$WORK/big.c" .
	t gcc -O2 -w -c big.c
	echo 'int g7(int); int main(void) { return g7(3) == 1; }' >main.c
	t gcc -O2 -o program main.c big.o
	sha256sum big.o program
	t ./program
}

run_plain work
run_shim work
same_artefact
proof_of cc1 large peak=4000000
proof_of as large
proof_of gcc
proof_of ld large
