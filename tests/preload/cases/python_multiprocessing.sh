#!/bin/bash
# SPDX-License-Identifier: MIT
#
# python3: CPython's own tests of multiprocessing by fork, every object in
# malloc: children of threaded parents that allocate at once. Expect the same
# tests to pass, and a python3 that the library served.
. "$(dirname "$0")/../lib.sh"
begin /usr/bin/python3

work() {
	PYTHONMALLOC=malloc t /usr/bin/python3 -m test -q \
		--junit-xml "$PWD/result.xml" test_multiprocessing_fork >&2
	/usr/bin/python3 "$KM_HERE/passed.py" result.xml
}

run_both work
same_artefact
(($(wc -l <"$WORK/shim.out") >= 300)) || fail "few tests passed"
proof_of python3 large
