#!/bin/bash
# SPDX-License-Identifier: MIT
#
# RLIMIT_AS set by a program on itself when it is running. Expect it to go on
# getting memory, small and large, up to the limit and no further, and its own
# mmap() to work; and large blocks that were freed not to count against it.
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

# 16 and 64 MiB above what is mapped, of which the program maps 1 MiB itself.
for mib in 16 64; do
	set_mode plain
	plain=$(t "$KM_PROGRAMS/preload_space" late $mib)
	set_mode shim
	shim=$(t "$KM_PROGRAMS/preload_space" late $mib) ||
		fail "the program's own mmap()"
	echo "$mib MiB left: $plain without the library, $shim with it"
	((${shim% MiB} <= mib && ${shim% MiB} >= ${plain% MiB} - 4)) ||
		fail "$shim of $mib"
done

# What was freed is not in the way of a limit.
set_mode shim
mapped=$(t "$KM_PROGRAMS/preload_space" returned)
((${mapped% KiB} <= 1024)) || fail "$mapped still mapped"
