# SPDX-License-Identifier: MIT
"""redis_save.py - what redis-server and its child copy while the child saves.

A server gets 400,000 keys with values of 16 to 415 bytes, 100,000 of which are
written again, and BGSAVE, which forks. The child is slowed down, so that it is
still there after so many more keys were written. Printed is by how much private
dirty memory of child and server has grown from the fork to then.

    /usr/bin/python3 bench/redis_save.py [--writes N] [--rounds N] LIBRARY...

A LIBRARY is preloaded; "none" is what Debian's redis-server is linked with,
jemalloc.
"""
import argparse
import os
import random
import socket
import subprocess
import sys
import tempfile
import time

from redis_driver import encode

KEYS = 400000
REWRITTEN = 100000
BATCH = 200
OPTIONS = ["--port", "0", "--save", "", "--loglevel", "warning",
           "--rdb-key-save-delay", "1000"]


def private_dirty(pid):
    """MiB."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
        for line in rollup:
            if line.startswith("Private_Dirty:"):
                return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {pid} is gone")


def connect(path):
    for _ in range(600):
        client = socket.socket(socket.AF_UNIX)
        try:
            client.connect(path)
            return client
        except OSError:
            client.close()
            time.sleep(0.1)
    raise RuntimeError("redis-server does not answer")


def write_keys(client, rng, keys):
    """SETs each key; every answer is awaited, a batch at a time."""
    replies = client.makefile("rb")
    for first in range(0, len(keys), BATCH):
        batch = keys[first:first + BATCH]
        client.sendall(b"".join(
            encode("SET", f"key:{key}", b"x" * (16 + rng.randrange(400)))
            for key in batch))
        for _ in batch:
            if replies.readline() != b"+OK\r\n":
                raise RuntimeError("a SET failed")


def child_of(pid):
    path = f"/proc/{pid}/task/{pid}/children"
    for _ in range(600):
        with open(path, encoding="ascii") as children:
            found = children.read().split()
        if found:
            return int(found[0])
        time.sleep(0.1)
    raise RuntimeError("BGSAVE has no child")


def measure(server, path, writes):
    rng = random.Random(7)
    client = connect(path)
    write_keys(client, rng, range(KEYS))
    write_keys(client, rng, [rng.randrange(KEYS) for _ in range(REWRITTEN)])
    client.sendall(encode("BGSAVE"))
    client.makefile("rb").readline()
    child = child_of(server)
    time.sleep(2)  # longer than a tick
    before = private_dirty(child), private_dirty(server)
    write_keys(client, rng, [rng.randrange(KEYS) for _ in range(writes)])
    after = private_dirty(child), private_dirty(server)
    return after[0] - before[0], after[1] - before[1], after[0], after[1]


def one_round(library, writes):
    with tempfile.TemporaryDirectory() as work:
        path = os.path.join(work, "socket")
        env = dict(os.environ)
        env.pop("LD_PRELOAD", None)
        if library != "none":
            env["LD_PRELOAD"] = os.path.abspath(library)
        with subprocess.Popen(
                ["redis-server", "--unixsocket", path, "--dir", work] + OPTIONS,
                env=env, stdout=subprocess.DEVNULL) as server:
            try:
                return measure(server.pid, path, writes)
            finally:
                subprocess.run(["pkill", "-KILL", "-P", str(server.pid)],
                               check=False)
                server.kill()


def main():
    parser = argparse.ArgumentParser(
        description="what a redis-server and its saving child copy")
    parser.add_argument("--writes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("libraries", nargs="+", metavar="LIBRARY")
    args = parser.parse_args()
    for _ in range(args.rounds):
        for library in args.libraries:
            child, server, *_ = one_round(library, args.writes)
            print(f"{os.path.basename(library):32} {args.writes} writes: "
                  f"child {child:.1f} MiB, server {server:.1f} MiB")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
