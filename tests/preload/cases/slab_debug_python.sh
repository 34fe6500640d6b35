#!/bin/bash
# SPDX-License-Identifier: MIT
#
# python3 under slab_debug=FZPU: a program of lists, dicts, strings, threads and
# subprocesses, with every object in malloc. Expect the same output as without
# the library, a python3 that it served, and no report.
. "$(dirname "$0")/../lib.sh"
begin /usr/bin/python3

KM_PARAMETERS=slab_debug=FZPU

cat >"$WORK/program.py" <<'END'
import json, re, subprocess, sys, threading, zlib

words = [f"{i * 7919 % 977:x}" for i in range(4000)]
table = {w: words.count(w) for w in set(words)}
print(json.dumps(table, sort_keys=True)[:200], len(json.dumps(words)))
print(len(re.findall(r"[a-f]+\d", " ".join(words))))
print(len(zlib.compress("".join(words).encode())))
results = []

def work(n):
    data = [bytearray(n * k % 3000) for k in range(200)]
    results.append(sum(map(len, data)))

threads = [threading.Thread(target=work, args=(n,)) for n in range(1, 9)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(sorted(results))
for i in range(3):
    print(subprocess.run([sys.executable, "-c", f"print(2 ** {i * 100})"],
                         capture_output=True, check=True).stdout)
END

work() {
	PYTHONMALLOC=malloc t /usr/bin/python3 "$WORK/program.py"
}

run_plain work
run_shim work
same_artefact
! grep -q -a '^BUG ' "$WORK/shim.err" || fail "$(cat "$WORK/shim.err")"
proof_of python3
