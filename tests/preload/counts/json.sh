#!/bin/bash
# SPDX-License-Identifier: MIT
#
# km_malloc_json() called by a program, python3. Expect JSON of schema 1, in
# which small objects, runs and areas make up what is in use, and a block of
# each kind that the program has.
. "$(dirname "$0")/../lib.sh"
begin python3
cat >"$WORK/ask.py" <<'END'
import ctypes, json, sys
lib = ctypes.CDLL(None)
lib.malloc.restype = lib.fopen.restype = ctypes.c_void_p
lib.km_malloc_json.argtypes = lib.fclose.argtypes = [ctypes.c_void_p]
lib.malloc.argtypes = [ctypes.c_size_t]
lib.fopen.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
path = sys.argv[1]
for size in [3000] * 10 + [100000, 9 << 20]:
    assert lib.malloc(size)
out = lib.fopen(path.encode(), b"w")
assert lib.km_malloc_json(out) == 0
lib.fclose(out)
info = json.load(open(path))
assert info["schema"] == 1, info
small = sum(c["size"] * c["in_use"] for c in info["caches"])
parts = small + info["runs"]["size"] + info["areas"]["size"]
assert abs(parts - info["in_use"]) < 65536, (parts, info)
assert any(c["name"] == "malloc-3072" and c["in_use"] >= 10
           for c in info["caches"]), info
assert info["runs"]["size"] >= 100000 and info["areas"]["size"] >= 9 << 20
assert info["system"] >= info["in_use"] > 0, info
print(len(info["caches"]), "caches,", info["in_use"], "bytes in use")
END
set_mode shim
t /usr/bin/python3 -S "$WORK/ask.py" "$WORK/json" 2>"$WORK/err" ||
	fail "$(<"$WORK/err") $(head -c 300 "$WORK/json")"
