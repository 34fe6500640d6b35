#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Under RLIMIT_AS: `true` at 64 MiB, bash at 64 MiB, python3 at 256 MiB and 32
# threads with stacks of 8 MiB at 512 MiB. Expect each to do the same as without
# the library, and the library to have served them.
. "$(dirname "$0")/../lib.sh"
begin true bash /usr/bin/python3 prlimit

within() {
	t prlimit --as="$(($1 << 20))" --stack="$((8 << 20)):" "${@:2}"
}

cat >"$WORK/script.py" <<'END'
import json
data = {str(i): [i, "x" * (i % 300), {"k": i * 2}] for i in range(60000)}
text = json.dumps(data)
print(len(text), json.loads(text) == data)
big = bytearray(40 << 20)
big[::4096] = b"x" * len(big[::4096])
print(sum(big))
END

work() {
	within 64 true && echo true
	within 64 bash -c 'x=$(seq 20000); echo "${#x}"'
	within 256 /usr/bin/python3 "$WORK/script.py"
	PYTHONMALLOC=malloc within 256 /usr/bin/python3 -c \
		'print(sum(len(str(i)) for i in range(300000)))'
	# glibc reserves 64 MiB an arena: it fails now and then with more
	MALLOC_ARENA_MAX=2 within 512 "$KM_PROGRAMS/preload_threads"
}

run_plain work
run_shim work
same_artefact
grep -q ' comm=true ' "$STATS" || fail "no line of true"
proof_of bash
proof_of python3 large peak=40000000
proof_of preload_threads peak=30000000
