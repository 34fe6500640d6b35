#!/bin/bash
# SPDX-License-Identifier: MIT
#
# python3: CPython's own tests of json, dict, list, re and threading, with
# Python's small-block allocator and then with every object in malloc. Expect
# the same tests to pass, and a python3 that the library served.
. "$(dirname "$0")/../lib.sh"
begin /usr/bin/python3

tests=(test_json test_dict test_list test_re test_threading)

work() {
	t /usr/bin/python3 -m test -q --junit-xml "$PWD/default.xml" \
		"${tests[@]}" >&2
	PYTHONMALLOC=malloc t /usr/bin/python3 -m test -q \
		--junit-xml "$PWD/malloc.xml" "${tests[@]}" >&2
	/usr/bin/python3 "$KM_HERE/passed.py" default.xml
	/usr/bin/python3 "$KM_HERE/passed.py" malloc.xml
}

run_both work
same_artefact
(($(wc -l <"$WORK/shim.out") >= 800)) || fail "few tests passed"
proof_of python3 large peak=20000000
