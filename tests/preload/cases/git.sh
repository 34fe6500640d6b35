#!/bin/bash
# SPDX-License-Identifier: MIT
#
# git: a repository of 40 commits with fixed dates is made, cloned, packed by
# gc with two threads, and checked. Expect the same commits, trees and objects
# and a clean fsck, and a git that the library served.
. "$(dirname "$0")/../lib.sh"
begin git /usr/bin/python3
/usr/bin/python3 "$KM_HERE/sample.py" words 60 >"$WORK/data" ||
	fail "no data"

export GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org
export GIT_COMMITTER_NAME=C GIT_COMMITTER_EMAIL=c@example.org

make_repository() {
	local i

	t git init -q -b main first
	cd first || return
	split -n l/150 -a 3 "$WORK/data" file.
	for i in {1..40}; do
		export GIT_AUTHOR_DATE="$((1700000000 + i * 60)) +0000"
		export GIT_COMMITTER_DATE=$GIT_AUTHOR_DATE
		sed -i "$((i * 3))s/.*/commit $i/" file.aa[a-m]
		echo "$i" >"new.$i"
		t git add -A
		t git commit -q -m "Commit $i"
	done
	t git tag -a -m "A tag" v1
	t git checkout -q -b side HEAD~10
	echo side >>file.add
	t git commit -q -a -m "On the side"
	t git checkout -q main
	t git merge -q -m "Merge" side
	cd .. || return
}

look_at() {
	t git -C "$1" fsck --full --strict --no-progress
	t git -C "$1" rev-parse HEAD 'HEAD^{tree}' v1
	t git -C "$1" log --all --stat | sha256sum
	t git -C "$1" cat-file --batch-all-objects --batch-check
	t git -C "$1" blame -s file.aaa | sha256sum
}

work() {
	make_repository
	t git clone -q --no-local first second
	t git -C second -c pack.threads=2 gc -q --prune=now
	t git -C second repack -q -a -d -f --depth=50 --window=20
	look_at first
	look_at second
}

run_plain work
run_shim work
same_artefact
proof_of git large
