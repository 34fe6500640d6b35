#!/bin/bash
# SPDX-License-Identifier: MIT
#
# sed: substitutions, the hold space grown to megabytes, and -i on 200,000
# lines. Expect the same text, and a sed that the library served.
. "$(dirname "$0")/../lib.sh"
begin sed /usr/bin/python3
/usr/bin/python3 "$KM_HERE/sample.py" words 200 >"$WORK/data" ||
	fail "no data"

work() {
	t sed -E 's/([a-z]+) ([a-z]+)/\2-\1/g; y/abc/ABC/; /zone$/d' \
		"$WORK/data" | sha256sum
	t sed -n 'H; ${x; s/\n/|/g; p}' "$WORK/data" | sha256sum
	t sed -n -e '/page page/,/free free/{s/./&&/3gp}' "$WORK/data" |
		sha256sum
	cp "$WORK/data" file
	t sed -i -e '1~3d' -e 's/kernel/&\n&/2' file
	sha256sum file
}

run_plain work
run_shim work
same_artefact
proof_of sed large peak=1000000
