#!/bin/bash
# SPDX-License-Identifier: MIT
#
# python3: CPython's own tests of subprocess (fork, vfork and posix_spawn).
# Expect the same tests to pass, and a python3 that the library served.
. "$(dirname "$0")/../lib.sh"
begin /usr/bin/python3

work() {
	t /usr/bin/python3 -m test -q --junit-xml "$PWD/result.xml" \
		test_subprocess >&2
	/usr/bin/python3 "$KM_HERE/passed.py" result.xml
}

run_both work
same_artefact
(($(wc -l <"$WORK/shim.out") >= 250)) || fail "few tests passed"
proof_of python3 large
