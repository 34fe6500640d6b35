#!/bin/bash
# SPDX-License-Identifier: MIT
#
# grep: basic, extended, fixed and Perl patterns, back references and -r on
# 300,000 lines. Expect the same lines, and a grep that the library served.
. "$(dirname "$0")/../lib.sh"
begin grep /usr/bin/python3
/usr/bin/python3 "$KM_HERE/sample.py" words 300 >"$WORK/data" ||
	fail "no data"
tr ' ' '\n' <"$WORK/data" | head -n 3000 | sort -u >"$WORK/patterns"

work() {
	t grep -c 'alpha.*order' "$WORK/data"
	t grep -E -o '(page|zone) [a-z]+ [0-9]{5,}' "$WORK/data" | sha256sum
	t grep -E -c '([a-z]+) \1' "$WORK/data"
	t grep -P -c '(?<=slab )sheaf(?! barn)' "$WORK/data"
	t grep -F -w -f "$WORK/patterns" "$WORK/data" | sha256sum
	t grep -n -v -i 'ALPHA\|beta\|gamma\|free' "$WORK/data" | sha256sum
	mkdir tree
	split -n l/40 "$WORK/data" tree/
	t grep -r -l 'object object object object' tree | sort
}

run_plain work
run_shim work
same_artefact
proof_of grep large
