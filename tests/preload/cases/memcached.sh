#!/bin/bash
# SPDX-License-Identifier: MIT
#
# memcached on a unix socket: 20,000 values set, read, replaced and deleted by
# four connections; it ends by exit() when it gets SIGTERM. Expect the same
# values, and a memcached that the library served.
. "$(dirname "$0")/../lib.sh"
begin memcached /usr/bin/python3

cat >"$WORK/client.py" <<'END'
import hashlib
import socket
import sys

files = []
for _ in range(4):
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    files.append(s.makefile("rwb"))


def ask(f, text, data=None):
    f.write(text.encode() + b"\r\n")
    if data is not None:
        f.write(data + b"\r\n")
    f.flush()
    return f.readline()


def get(f, key):
    line = ask(f, f"get {key}")
    if line == b"END\r\n":
        return b""
    data = f.read(int(line.split()[3]) + 2)[:-2]
    assert f.readline() == b"END\r\n"
    return data


total = hashlib.sha256()
for i in range(20000):
    data = b"%d-" % i * (1 + i % 400)
    assert ask(files[i % 4], f"set k{i} 0 0 {len(data)}",
               data) == b"STORED\r\n"
for i in range(0, 20000, 3):
    ask(files[i % 4], f"delete k{i}")
for i in range(0, 20000, 5):
    ask(files[i % 4], f"append k{i} 0 0 3", b"end")
for i in range(20000):
    total.update(get(files[(i + 1) % 4], f"k{i}"))
print(total.hexdigest())
files[0].write(b"stats\r\n")
files[0].flush()
for line in iter(files[0].readline, b"END\r\n"):
    if line.split()[1] in (b"curr_items", b"cmd_set", b"get_hits",
                           b"delete_hits", b"evictions", b"bytes"):
        print(line.decode().strip())
END

work() {
	serve memcached -u root -m 128 -t 4 -s "$PWD/socket"
	wait_for "$SERVER" test -S socket
	in_maps "$SERVER"
	/usr/bin/python3 "$WORK/client.py" "$PWD/socket"
	kill -TERM "$SERVER"
	wait "$SERVER"
}

run_plain work
run_shim work
same_artefact
proof_of memcached large peak=10000000
