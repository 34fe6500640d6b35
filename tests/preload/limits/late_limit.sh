#!/bin/bash
# SPDX-License-Identifier: MIT
#
# RLIMIT_AS set by a program on itself, when more address space than that is
# reserved already. Expect it to go on getting memory, small and large.
. "$(dirname "$0")/../lib.sh"
begin bash

LD_PRELOAD=$KM_PRELOAD_LIB t bash -c 'ulimit -v 4000000
	x=$(printf "%01000000d" 7); y=$x$x$x$x$x; echo "${#y}"' \
	>"$WORK/out" 2>"$WORK/err" || fail "bash: $(head -c 200 "$WORK/err")"
clean_stderr "$WORK/err"
[[ $(<"$WORK/out") == 5000000 ]] || fail "bash printed $(<"$WORK/out")"

PYTHONMALLOC=malloc LD_PRELOAD=$KM_PRELOAD_LIB t /usr/bin/python3 -c '
import resource
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
small = [str(i) * 50 for i in range(200000)]
large = [bytearray(6 << 20) for i in range(20)]
print(len(small), sum(map(len, large)))' \
	>"$WORK/out" 2>"$WORK/err" || fail "python3: $(tail -1 "$WORK/err")"
clean_stderr "$WORK/err"
[[ $(<"$WORK/out") == "200000 125829120" ]] || fail "got $(<"$WORK/out")"
