#!/bin/bash
# SPDX-License-Identifier: MIT
#
# runner_test.sh RUNNER - does the runner tell right from wrong? Programs that
# end as asked and ones that do not. Expect status 0 for the former only.
set -u
runner=$1
bad=0

check() {
	local want=$1
	shift
	"$runner" "$@" >/dev/null
	local got=$?
	if [[ $got -ne $want ]]; then
		echo "status $got, not $want: runner $*"
		bad=1
	fi
}

sh=/bin/sh
check 0 0 "" $sh -c true
check 0 ABRT '^one line' $sh -c 'echo one line >&2; kill -ABRT $$'
check 0 0 '^one line$' $sh -c 'echo one line >&2'
check 0 -e A=b 0 '^b$' $sh -c 'echo $A >&2'
check 1 0 "" $sh -c false
check 1 0 "" $sh -c 'echo noise >&2'
check 1 0 "" $sh -c 'kill -ABRT $$'
check 1 ABRT '^one' $sh -c 'echo one >&2'
check 1 ABRT '^one' $sh -c 'echo one >&2; kill -SEGV $$'
check 1 ABRT '^one' $sh -c 'echo two >&2; kill -ABRT $$'
check 1 ABRT '^one' $sh -c 'echo one >&2; echo two >&2; kill -ABRT $$'
check 1 ABRT '^one' $sh -c 'kill -ABRT $$'
check 1 ABRT '^one' $sh -c 'printf one >&2; kill -ABRT $$'
exit $bad
