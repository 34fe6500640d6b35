#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The shapes of the memory suite, small, on a malloc that counts what is held.
# Expect the names that bench/shapes.py has, marks that begin with a start, the
# same marks each time, and live bytes that are those which the program holds.
. "$(dirname "$0")/common.sh"
shopt -s extglob

gcc -O1 -fno-builtin -Wall -Wextra -Werror -pthread -o "$tmp/memory" \
	"$root"/bench/memory/*.c -lm
gcc -O1 -fno-builtin -shared -fPIC -o "$tmp/held.so" "$root/tests/scripts/held.c"
shapes=$("$tmp/memory" --list)
same "shapes" "$(PYTHONPATH=$root/bench /usr/bin/python3 -B -c \
	'import shapes; print(*shapes.SHAPES, sep="\n")')" "$shapes"

# What is held beside live bytes is what libc has: a kilobyte for each thread,
# gone when the thread is. So it is nearly the same at all marks.
cat > "$tmp/judge.awk" <<'END'
{ rest = $NF - $3; live += $3; marks = marks $4 " " }
NR == 1 { least = most = rest }
$4 == "start" { started = 1 }
!started { print "a mark before the start" }
rest < least { least = rest }
rest > most { most = rest }
END {
	if (NR < 3) print "only " NR " marks"
	if (!live && shape !~ /^idle-/) print "nothing is live at any mark"
	if (most - least > 16384) print "live differs from held by " most - least
}
END
for shape in $shapes; do
	status env LD_PRELOAD="$tmp/held.so" "$tmp/memory" "$shape" 0.04 0.01
	same "$shape: status" 0 "$rc"
	same "$shape: standard error" "" "$err"
	same "$shape" "" "$(awk -v "shape=$shape" -f "$tmp/judge.awk" \
		<<< "$out")"
	first=$(cut -d ' ' -f 2- <<< "${out// held +([0-9])/}")
	status "$tmp/memory" "$shape" 0.04 0.01
	same "$shape, again" "$first" "$(cut -d ' ' -f 2- <<< "$out")"
done

status "$tmp/memory" nothing
same "unknown shape" 1 "$rc"
status "$tmp/memory" drift 0
same "scale of 0" 1 "$rc"

finish
