#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tar: 2000 files, links and long names packed with fixed dates, compared,
# listed, unpacked and updated. Expect identical archives and trees, and a tar
# that the library served.
. "$(dirname "$0")/../lib.sh"
begin tar gzip /usr/bin/python3
/usr/bin/python3 "$KM_HERE/sample.py" words 100 >"$WORK/data" ||
	fail "no data"

work() {
	local long

	long=$(printf 'd%.0s/' {1..60})
	mkdir -p "tree/$long"
	split -n l/2000 -a 4 "$WORK/data" "tree/part-with-a-rather-long-name-"
	cp tree/*aaa[a-z] "tree/$long"
	ln -s hard tree/symbolic
	ln tree/*aaaa tree/hard
	touch -h -d @1700000000 tree tree/*
	find tree -exec touch -h -d @1700000000 {} +
	t tar --sort=name --owner=0 --group=0 --numeric-owner -cf a.tar tree
	sha256sum a.tar
	t tar -df a.tar
	t tar -tvf a.tar | sha256sum
	t tar -cf b.tgz --use-compress-program='gzip -n' --sort=name \
		--format=pax --pax-option=delete=atime,delete=ctime tree
	t tar -xf b.tgz --one-top-level=copy
	diff -r tree copy/tree
	t tar --delete -f a.tar "tree/$long"
	t tar -tf a.tar | wc -l
}

run_plain work
run_shim work
same_artefact
proof_of tar
